"""Brings texts to a server as webhooks: some twice, some out of order, some late, and again what did not arrive."""

import base64
import hashlib
import heapq
import hmac
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

import anyio
from anyio.abc import SocketStream
from tests.live.listed_account import Text
from tests.live.patience import until

_AGAIN_SECONDS = 0.02
_GONE = (OSError, anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError)
_OK, _FORGED, _REPLAYED = 200, 401, 200
Kind = Literal["first", "again", "replay", "forged"]


@dataclass(eq=False)
class Call:
    """One webhook call.

    Attributes:
        text: what it tells.
        kind: the text's first call, one more with a new signature, an exact replay of a call that was answered, or
            one that is signed with a wrong key and tells a text that does not exist.
        raw: the whole request, once it was signed.
        tried: whether it may have been heard already.
    """

    text: Text
    kind: Kind = "first"
    raw: bytes = b""
    tried: bool = False


@dataclass(eq=False)
class HookCourier:
    """Calls the webhooks of one server over several connections.

    Args:
        port: of the server.
        key: that the service signs with.
        chance: what it leaves to chance.
        scale: how many texts there will be in all.

    Attributes:
        counts: of calls by what became of them.
        found: answers that are wrong.
    """

    port: int
    key: str
    chance: random.Random
    scale: int
    counts: Counter[str] = field(default_factory=Counter[str])
    found: list[str] = field(default_factory=list[str])
    _due: list[tuple[int, int, Call]] = field(default_factory=list[tuple[int, int, Call]])
    _place: int = 0
    _calls: int = 0
    _attempts: Counter[str] = field(default_factory=Counter[str])
    _flying: int = 0
    _hurried: bool = False

    def tell(self, text: Text) -> None:
        """Owe the calls for a text: 1 % late, 2 % out of order, and 5 % twice."""
        self._place += 1
        dice = self.chance.random()
        if dice < 1 / 100:
            self.counts["late"] += 1
            wait = self.chance.randint(self.scale // 20, self.scale // 5)
        elif dice < 3 / 100:
            self.counts["out of order"] += 1
            wait = self.chance.randint(2, 50)
        else:
            wait = 0
        self._owe(Call(text), wait)
        if self.chance.random() < 5 / 100:
            self.counts["twice"] += 1
            self._owe(Call(text, "again"), wait + self.chance.randint(0, self.scale // 10))

    def forge(self, text: Text) -> None:
        """Owe a call that nobody who has the key has made."""
        self._owe(Call(text, "forged"), 0)

    @property
    def owing(self) -> int:
        """How many calls are to be made now: those whose turn has come, and those on their way."""
        return self._flying + sum(place <= self._place for place, _, _ in self._due[:100])

    @property
    def idle(self) -> bool:
        return not self._due and not self._flying

    def hurry(self) -> None:
        """Nothing is late any more: no further text comes."""
        self._hurried = True
        self._place += self.scale

    async def work(self) -> None:
        """Make calls over one connection at a time; never returns."""
        while True:
            try:
                async with await anyio.connect_tcp("127.0.0.1", self.port) as stream:
                    while True:
                        await until(lambda: bool(self._due) and self._due[0][0] <= self._place, look_seconds=0.002)
                        await self._make(heapq.heappop(self._due)[2], stream)
            except _GONE:
                await anyio.sleep(_AGAIN_SECONDS)

    async def _make(self, call: Call, stream: SocketStream) -> None:
        if not call.raw or (call.tried and call.kind != "replay" and self.chance.random() < 1 / 2):
            call.raw, call.tried = self._signed(call), False
        self._flying += 1
        try:
            await stream.send(call.raw)
            self._judge(call, await _status(stream))
        except _GONE:
            self.counts["failed"] += 1
            call.tried = True
            self._owe(call, 0)
            raise
        finally:
            self._flying -= 1

    def _judge(self, call: Call, status: int) -> None:
        self.counts["calls"] += 1
        if call.kind == "replay":
            wanted = {_REPLAYED}
        elif call.kind == "forged":
            wanted = {_FORGED}
        else:  # the answer to the very same call may have been lost with the server
            wanted = {_OK, _REPLAYED} if call.tried else {_OK}
        self.counts[f"{call.kind} {status}"] += 1
        if status not in wanted:
            self.found.append(f"a {call.kind} call was answered {status} instead of {wanted}")
        elif call.kind in {"first", "again"} and self.chance.random() < 2 / 100:
            self._owe(Call(call.text, "replay", call.raw), self.chance.choice([0, self.chance.randint(1, 500)]))

    def _owe(self, call: Call, wait: int) -> None:
        self._calls += 1
        heapq.heappush(self._due, (self._place + (0 if self._hurried else wait), self._calls, call))

    def _signed(self, call: Call) -> bytes:
        """A request that is signed as of now; a little later for each one before it, so that no two are the same."""
        text, body = call.text, call.text.payload
        self._attempts[text.message.id] += 1
        stamp = f"{int(time.time()) + self._attempts[text.message.id]}"
        key = f"not {self.key}" if call.kind == "forged" else self.key
        seal = hmac.digest(key.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
        head: list[Any] = [
            f"POST /webhooks/textrequest/{text.line}/{text.event} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            f"x-tr-webhook-timestamp: {stamp}",
            f"x-tr-webhook-signature: {base64.b64encode(seal).decode()}",
        ]
        return "\r\n".join([*head, "", ""]).encode() + body


async def _status(stream: SocketStream) -> int:
    """The status of an answer that has no body."""
    read = await stream.receive()
    while not read.endswith(b"\r\n\r\n"):
        read += await stream.receive()
    assert b"content-length: 0" in read.lower(), read
    return int(read[9:12])
