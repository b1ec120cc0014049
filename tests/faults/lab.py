"""The fault lab: a real socket server between a client and the sandbox, which fails as it is told, request by request.

    async with open_lab() as lab:              # or, in a thread: with run_lab() as lab:
        lab.next(Fault.ACT_AND_RESET)          # the next POST is done, and its answer lost
        ...                                    # a client of lab.base_url with lab.key
        assert [request.acted for request in lab.received] == [True]
        assert [text.body for text in lab.sends()] == ["Hello!"]

What no fault waits for is passed on faithfully.
"""

import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress

import anyio
import anyio.from_thread
import httpx2
from anyio.abc import SocketAttribute, SocketStream, TaskGroup
from anyio.lowlevel import current_token
from tests.faults.accepted import Text, accepted_texts
from tests.faults.behaviours import FRAMING, Fault, Line, Request, faithful, written
from tests.faults.connections import Door, hang_up

from textrequest_mcp.sandbox import Account, create_app, make_key

__all__ = ["Fault", "Lab", "Request", "Text", "open_lab", "run_lab"]

_PATIENCE_SECONDS = 10.0
_CANARY = "DECAFBADDECAFBAD"  # how every lab's key begins, so that who meets one in a log or a file knows it at sight


class Lab:
    """Between client and sandbox. Everything here may be used from any thread, while the lab is open.

    Args:
        group: where connections are served.
        door: where they come in.
        elsewhere_url: of the other host.
        slow_seconds: how late ACT_SLOWLY answers.
        refuse_seconds: how long REFUSE refuses.

    Attributes:
        base_url: for the client.
        key: the only one that the sandbox accepts.
        sandbox: the service's account.
        received: every request that arrived to its last byte.
        elsewhere: what came in at the host that redirects point to, one entry for each connection.
    """

    def __init__(
        self, group: TaskGroup, door: Door, elsewhere_url: str, *, slow_seconds: float, refuse_seconds: float
    ) -> None:
        self.base_url = f"http://127.0.0.1:{door.port}/api/v3"
        self.key = _CANARY + make_key()[len(_CANARY) :]
        app = create_app(key=self.key, rate_limit=None, lively=False)
        self.sandbox: Account = app.state.account
        self.received: list[Request] = []
        self.elsewhere: list[bytes] = []
        self.elsewhere_url = elsewhere_url
        self.slow_seconds = slow_seconds
        self.refuse_seconds = refuse_seconds
        self._service = httpx2.ASGITransport(app=app)
        self._group = group
        self._door = door
        self._queues: dict[str, deque[Fault]] = {}
        self._idle: set[SocketStream] = set()
        self._refusal: anyio.CancelScope | None = None
        self._news = anyio.Event()
        self._token, self._thread = current_token(), threading.get_ident()

    def next(self, *faults: Fault, method: str = "POST") -> None:
        """Queue faults for the coming requests of a method.

        REFUSE and RESET_ON_ACCEPT strike when they are first in the queue: kept connections are hung up, and then
        connections are refused for `refuse_seconds`, or the next one is reset, whatever is to be asked on it.
        """

        def queue() -> None:
            self._queues.setdefault(method, deque()).extend(faults)
            self._arrange()

        self._here(queue)

    def peace(self) -> None:
        """Forget the faults that wait, and open the door."""

        def forget() -> None:
            self._queues.clear()
            if self._refusal is not None:
                self._refusal.cancel()
                self._refusal = None
            self._door.open()
            self._tell()

        self._here(forget)

    def shut(self) -> None:
        """Hang kept connections up, and refuse new ones until `open`."""

        def refuse() -> None:
            self._door.shut()
            hang_up(self._idle)

        self._here(refuse)

    def open(self) -> None:
        """Take connections again."""
        self._here(self._door.open)

    def hang_up(self) -> None:
        """Close the kept connections that nothing is asked on, as services do after a while."""
        self._here(lambda: hang_up(self._idle))

    @property
    def waiting(self) -> list[Fault]:
        """The faults that have not struck yet."""
        return [fault for queue in list(self._queues.values()) for fault in list(queue)]

    def posts(self) -> list[Request]:
        """Of the requests that arrived those that change something."""
        return [request for request in list(self.received) if request.method != "GET"]

    def sends(self) -> list[Text]:
        """The texts that the service accepted, whatever it said of them."""
        return accepted_texts(self.sandbox)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait, in the lab's own event loop, for something to be received, acted on, or taken from a queue."""
        with anyio.fail_after(_PATIENCE_SECONDS):
            while not condition():
                await self._news.wait()

    def note(self, request: Request) -> None:
        """Count a request as received."""
        self.received.append(request)
        self._tell()

    async def act(self, request: Request) -> httpx2.Response:
        """Pass a request on to the service."""
        headers = {name: value for name, value in request.headers.items() if name not in FRAMING}
        # The service is a function of this process; a client of its own for each request costs next to nothing.
        asked = httpx2.Request(request.method, f"http://sandbox{request.target}", headers=headers, content=request.body)
        response = await self._service.handle_async_request(asked)
        await response.aread()
        request.acted = response.is_success
        self._tell()
        return response

    async def serve_all(self) -> None:
        """Take connections for as long as the lab is open."""
        while True:
            stream = await self._door.accept()
            if self._take_at_door(Fault.RESET_ON_ACCEPT):
                await Line(stream).reset()
            else:
                self._group.start_soon(self._serve, stream)

    async def serve_elsewhere(self, stream: SocketStream) -> None:
        """Note what is sent to the other host, which never answers."""
        self.elsewhere.append(b"")
        place = len(self.elsewhere) - 1
        async with stream:
            with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
                while True:
                    self.elsewhere[place] += await stream.receive()

    async def _serve(self, stream: SocketStream) -> None:
        line = Line(stream)
        kept, stays = False, True
        async with stream:
            with suppress(anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
                while stays and await self._wait_on(stream, line):
                    fault = self._chosen(await line.method(), kept=kept)
                    visit = _Visit(self, line, fault)
                    stays = bool(await (fault.value.behave if fault else faithful)(visit))
                    kept = True

    async def _wait_on(self, stream: SocketStream, line: Line) -> bool:
        self._idle.add(stream)
        try:
            return await line.more()
        finally:
            self._idle.discard(stream)

    def _chosen(self, method: str, *, kept: bool) -> Fault | None:
        queue = self._queues.get(method)
        if not queue or queue[0].value.at_door or (queue[0].value.on_kept and not kept):
            return None
        fault = queue.popleft()
        self._arrange()
        self._tell()
        return fault

    def strikes_at_door(self) -> bool:
        """Whether a fault waits for the next connection."""
        return any(queue[0].value.at_door for queue in self._queues.values() if queue)

    def _take_at_door(self, fault: Fault) -> bool:
        queue = next((queue for queue in self._queues.values() if queue and queue[0] is fault), None)
        if queue is None:
            return False
        queue.popleft()
        self._arrange()
        self._tell()
        return True

    def _arrange(self) -> None:
        """Prepare for a fault that strikes at the door."""
        if not self.strikes_at_door():
            return
        hang_up(self._idle)
        firsts = [queue[0] for queue in self._queues.values() if queue]
        if Fault.REFUSE in firsts and self._refusal is None:
            self._refusal = anyio.CancelScope()
            self._door.shut()
            self._group.start_soon(self._refuse, self._refusal)

    async def _refuse(self, scope: anyio.CancelScope) -> None:
        with scope:
            await anyio.sleep(self.refuse_seconds)
        if scope is self._refusal:  # nobody made peace meanwhile
            self._refusal = None
            self._door.open()
            self._take_at_door(Fault.REFUSE)

    def _tell(self) -> None:
        self._news.set()
        self._news = anyio.Event()

    def _here(self, work: Callable[[], None]) -> None:
        """Do it in the thread of the lab's event loop; done when this returns."""
        if threading.get_ident() == self._thread:
            work()
        else:
            anyio.from_thread.run_sync(work, token=self._token)


class _Visit:
    """One request on its way through the lab."""

    def __init__(self, lab: Lab, wire: Line, fault: Fault | None) -> None:
        self.wire = wire
        self.slow_seconds, self.elsewhere_url = lab.slow_seconds, lab.elsewhere_url
        self._lab, self._fault = lab, fault

    async def request(self) -> Request:
        request = await self.wire.whole()
        request.fault = self._fault
        self._lab.note(request)
        return request

    async def act(self, request: Request) -> httpx2.Response:
        return await self._lab.act(request)

    async def say(self, status: int, body: bytes, *headers: str) -> bool:
        stays = not self._lab.strikes_at_door()
        await self.wire.send(written(status, body, *headers, *([] if stays else ["Connection: close"])))
        return stays


@asynccontextmanager
async def open_lab(*, slow_seconds: float = 0.2, refuse_seconds: float = 0.15) -> AsyncGenerator[Lab]:
    """A lab in this event loop, for as long as the context."""
    door = Door()
    try:
        async with (
            await anyio.create_tcp_listener(local_host="127.0.0.1") as other,
            anyio.create_task_group() as group,
        ):
            elsewhere = f"http://localhost:{other.extra(SocketAttribute.local_port)}/api/v3/dashboards"
            lab = Lab(group, door, elsewhere, slow_seconds=slow_seconds, refuse_seconds=refuse_seconds)
            group.start_soon(lab.serve_all)
            group.start_soon(other.serve, lab.serve_elsewhere)
            yield lab
            group.cancel_scope.cancel()
    finally:
        door.close()


@contextmanager
def run_lab(*, slow_seconds: float = 0.2, refuse_seconds: float = 0.15) -> Generator[Lab]:
    """A lab in a thread of its own, for as long as the context."""
    with (
        anyio.from_thread.start_blocking_portal() as portal,
        portal.wrap_async_context_manager(open_lab(slow_seconds=slow_seconds, refuse_seconds=refuse_seconds)) as lab,
    ):
        yield lab
