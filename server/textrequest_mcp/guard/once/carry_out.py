"""Carries out what must happen at most once: written down first, shielded on its way, its outcome recorded and told."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from textrequest_mcp.ground.keyed_hash import as_read
from textrequest_mcp.ground.member import current_id
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.once.departure import LedgerDeparture, tag_of
from textrequest_mcp.guard.once.doing import Doing
from textrequest_mcp.guard.once.endings import ending_of, torn
from textrequest_mcp.guard.once.later import Later
from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.guard.once.ledger_rows import Act, Ending, Send
from textrequest_mcp.guard.once.lost_sends import LostSends
from textrequest_mcp.guard.once.mailings import Mailings
from textrequest_mcp.guard.once.same_act import SameAct, written
from textrequest_mcp.guard.once.send_answer import SendAnswer, left_over, tell
from textrequest_mcp.guard.rules.caps import Caps
from textrequest_mcp.guard.rules.line_times import LineTimes
from textrequest_mcp.guard.rules.remaining import Remaining, Reservation
from textrequest_mcp.upstream.errors import TextRequestError
from textrequest_mcp.upstream.phone import mask_numbers

logger = logging.getLogger(__name__)

CALL_SECONDS = 55.0  # hosts give up on a tool call after about 60


@dataclass(frozen=True)
class AtMostOnce:
    """What stands between a tool's act and the account.

    Attributes:
        ledger: where acts are written down.
        lost_sends: finds out what became of those whose answer was lost.
        tagged: whether sends are marked, to be known again in the account.
        caps: how much may leave; None for as much as anybody likes.
        keeps_bodies: whether the audit is to have the words of texts, whoever writes its row.
        mailings: to whom texts to many were agreed.
        times: tells when something was.
        later: the texts that leave later; None where none do.
    """

    ledger: Ledger
    lost_sends: LostSends
    mailings: Mailings
    tagged: bool = False
    caps: Caps | None = None
    keeps_bodies: bool = False
    times: LineTimes = field(default_factory=LineTimes)
    later: Later | None = None

    async def describe(
        self,
        tool: str,
        once: SameAct,
        caller: str,
        line: int | None,
        person: str | None,
        arguments: Mapping[str, Any],
        key: str | None,
    ) -> Act:
        """A call's act as the ledger knows it.

        Args:
            tool: its name.
            once: how its act is known again.
            caller: the host that calls.
            line: the line it happens on; None where it is about the account.
            person: the argument that holds the number that it reaches.
            arguments: of the tool's function, without what its line and account resolved to.
            key: the caller's own name for the act.

        Raises:
            StoreError: the ledger cannot be used.
        """
        values = {name: to_jsonable_python(value) for name, value in arguments.items() if value is not None}
        same = {name: as_read(value) if isinstance(value, str) else value for name, value in values.items()}
        number = values.get(person or "")
        hashed, member = await self.ledger.hasher(), current_id()
        facts = {name: values[name] for name in once.facts if name in values}
        facts |= {name: hashed(written(values[name])) for name in once.words if name in values}
        facts |= {"tagged": True} if self.tagged else {}
        facts |= {"audit_body": values[once.text]} if self.keeps_bodies and once.text in values else {}
        return Act(
            tool=tool,
            caller=caller,
            dashboard_id=line,
            person=hashed(number) if number else None,
            fingerprint=hashed(json.dumps([once.act or tool, line, once.identity(same)])),
            arguments=hashed(json.dumps([tool, line, same], sort_keys=True)),
            idempotency_key=hashed(f"{member}/{key}" if member else key) if key else None,
            facts=facts,
            member=member,
            further=once.further,
        )

    async def done_before(self, act: Act) -> Sequence[str]:
        """What a person is told who is asked about a repetition; nothing where there was nothing to repeat.

        Raises:
            StoreError: the ledger cannot be used.
        """
        earlier = await self.ledger.alike(act)
        if earlier is None:
            return []
        happened = "was done" if earlier.state == "SENT" else "was tried, and may have happened,"
        when = await self.times.told(earlier.called_at, act.dashboard_id)
        return [f"The same {happened} {when}; this does it once more."]

    async def room(self, line: int) -> Remaining | None:
        """What a line has left under the caps; None where there are none.

        Raises:
            StoreError: they cannot be counted.
        """
        return await self.caps.left(line) if self.caps is not None else None

    async def carry_out(
        self,
        act: Act,
        doing: Doing,
        *,
        repeat: bool,
        judge: Callable[[], Awaitable[bool]] | None = None,
        until: float | None = None,
    ) -> SendAnswer:
        """Make the act happen once, or tell what became of the same act before.

        Args:
            act: what is to happen.
            doing: how.
            repeat: whether a person agreed to a repetition.
            judge: given where the ledger had the answer when the rules were to be looked at: looks at them after all,
                if that answer is gone, and answers whether nobody has to be asked.
            until: when a lost answer is looked for no longer, as `anyio.current_time`; by default when hosts give up.

        Raises:
            BadInput: the idempotency key was used with other arguments.
            TextRequestError: the answer of the earlier act is gone, and somebody has to be asked.
            StoreError: the ledger cannot be used, so nothing was sent.
        """
        until = anyio.current_time() + CALL_SECONDS if until is None else until
        may_act = judge is None
        looked = False
        while True:
            send, fresh = await self.ledger.claim(act, repeat=repeat, may_act=may_act)
            if send is None:
                may_act = judge is not None and await judge()
                judge = None
                if not may_act:
                    raise TextRequestError(
                        "The record of the earlier call is gone, so a person has to be asked.", todo="Call again."
                    )
                continue
            if fresh:
                doing.claimed()
                return await self._act(act, doing, send, until)
            send = await self.ledger.wait_for(send, until)
            if send.state == "UNKNOWN" and not looked:
                looked = True
                send = await self.lost_sends.settle(send, until, at_once=True)
                if send.state == "UNKNOWN":
                    continue  # if looking is over, and so is the time in which it counts, the claim is free again
            when = await self.times.told(send.called_at, act.dashboard_id)
            theirs = send.member == act.member
            return tell(send, texts=doing.texts, earlier=when, repeats=doing.once.repeats, theirs=theirs)

    async def _act(self, act: Act, doing: Doing, send: Send, until: float) -> SendAnswer:
        tag = tag_of(send.send_id) if self.tagged else None
        departing = LedgerDeparture(self.ledger, send.send_id, check=doing.check, tag=tag)
        answer: BaseModel | None = None
        said: dict[str, Any] = {}
        ending = torn(left=False, look_at=self.lost_sends.first_look_at())
        with departing.scope:
            try:
                left = await self._room(act, doing, send)
                answer = await doing.do(departing)
                said = {**answer.model_dump(mode="json", exclude_none=True), **left}
                kept = doing.once.keep(said)
                ending = Ending(state="SENT", upstream_id=str(kept.get(doing.once.id_field)), result=kept)
            except Exception as error:  # noqa: BLE001 - whatever it is, its outcome is recorded, and told
                look_at = self.lost_sends.first_look_at()
                ending = ending_of(doing.tool, error, left=departing.left, look_at=look_at)
            except BaseException:
                look_at = self.lost_sends.first_look_at()
                await self.ledger.end(send.send_id, torn(left=departing.left, look_at=look_at))
                raise
            # A refusal can name numbers, such as those that are free; who called is told them, and the disk is not.
            written_down = None if ending.said is None else mask_numbers(ending.said)
            await self.ledger.end(send.send_id, replace(ending, said=written_down))
        if ending.state == "NOT_SENT" and self.caps is not None:
            with suppress(StoreError):  # the place is then free when its window is over
                await self.caps.release(send.send_id)
        if answer is not None and ending.state == "SENT":
            await _announce(doing, answer)
            return SendAnswer(_named(doing) | said | {"send_id": send.send_id}, answer)
        ended = replace(send, state=ending.state, said=ending.said)
        return tell(await self._settled(ended, until), texts=doing.texts, rule=ending.rule)

    async def _room(self, act: Act, doing: Doing, send: Send) -> Mapping[str, Any]:
        """Take a place under the caps; answers what is left of them, in the answer's own words.

        Raises:
            OverCap: there is no place.
            StoreError: they cannot be counted.
        """
        if self.caps is None or not doing.texts or act.dashboard_id is None:
            return {}
        use = Reservation(
            send_id=send.send_id,
            dashboard_id=act.dashboard_id,
            person=act.person,
            texts=1,
            dollars=doing.amount,
            is_known=doing.is_known,
            member=act.member,
        )
        return left_over(await self.caps.reserve(use), with_dollars=doing.amount is not None)

    async def _settled(self, send: Send, until: float) -> Send:
        """The row after looking; as it is known here where the ledger cannot be used any more."""
        if send.state == "UNKNOWN":
            with suppress(StoreError):
                return await self.lost_sends.settle(await self.ledger.get(send.send_id) or send, until)
        return send


def _named(doing: Doing) -> dict[str, Any]:
    return {"outcome": "sent" if doing.texts else "done"}


async def _announce(doing: Doing, answer: BaseModel) -> None:
    """Tell who listens; what happened has happened, whatever becomes of this."""
    if doing.announce is None:
        return
    try:
        await doing.announce(answer)
    except Exception:
        logger.exception("a send could not be announced")
