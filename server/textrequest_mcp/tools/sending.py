"""Carries out what must happen at most once: written down first, shielded on its way, its outcome recorded and told."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import anyio
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from textrequest_mcp.ground.keyed_hash import as_read
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.once.departure import Check, Departing, tag_of
from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.guard.once.ledger_rows import Act, Ending, Send
from textrequest_mcp.guard.once.lost_sends import Once, Settler, written
from textrequest_mcp.guard.outcome import not_sent, same_as_before, unknown
from textrequest_mcp.guard.rules.caps import Caps
from textrequest_mcp.guard.rules.remaining import Room, Use
from textrequest_mcp.tools.declare import ToolSpec
from textrequest_mcp.upstream.errors import NotFound, Refused, TextRequestError
from textrequest_mcp.upstream.phone import mask_numbers
from textrequest_mcp.upstream.times import show_time

logger = logging.getLogger(__name__)

Judge = Callable[[], Awaitable[bool]]

CALL_SECONDS = 55.0  # hosts give up on a tool call after about 60
_PLACE = frozenset({"line", "account", "if_unanswered_since"})  # no part of what is done


@dataclass(frozen=True)
class Told:
    """What a host is told of an act.

    Attributes:
        said: the structured part.
        answer: what the service answered, where this very call made it happen.
        failed: whether it is an error: certainly nothing happened.
        rule: the setting of the rule or cap that said no.
    """

    said: dict[str, Any]
    answer: BaseModel | None = None
    failed: bool = False
    rule: str | None = None


@dataclass(frozen=True)
class Sender:
    """What stands between a tool's act and the account.

    Attributes:
        ledger: where acts are written down.
        settler: finds out what became of those whose answer was lost.
        tagged: whether sends are marked, to be known again in the account.
        caps: how much may leave; None for as much as anybody likes.
        keeps_bodies: whether the audit is to have the words of texts, whoever writes its row.
    """

    ledger: Ledger
    settler: Settler
    tagged: bool = False
    caps: Caps | None = None
    keeps_bodies: bool = False

    async def describe(self, spec: ToolSpec, once: Once, caller: str, given: Mapping[str, Any], key: str | None) -> Act:
        """A call's act as the ledger knows it.

        Args:
            spec: the tool.
            once: how its act is known again.
            caller: the host that calls.
            given: the arguments of the tool's function, and what its line and account resolved to.
            key: the caller's own name for the act.

        Raises:
            StoreError: the ledger cannot be used.
        """
        line = given.get("line")
        values = {
            name: to_jsonable_python(value) for name, value in given.items() if name not in _PLACE and value is not None
        }
        dashboard_id: int | None = line.id if line is not None else None
        place = [spec.name, dashboard_id]
        same = {name: as_read(value) if isinstance(value, str) else value for name, value in values.items()}
        person = values.get(spec.about.argument or "")
        hashed = await self.ledger.hasher()
        return Act(
            tool=spec.name,
            caller=caller,
            dashboard_id=dashboard_id,
            person=hashed(person) if person else None,
            fingerprint=hashed(json.dumps([*place, {name: same.get(name) for name in once.same}])),
            arguments=hashed(json.dumps([*place, values], sort_keys=True)),
            idempotency_key=hashed(key) if key else None,
            facts={name: values[name] for name in once.facts if name in values}
            | {name: hashed(written(values[name])) for name in once.words if name in values}
            | ({"tagged": True} if self.tagged else {})
            | ({"audit_body": values["body"]} if self.keeps_bodies and "body" in values else {}),
        )

    async def done_before(self, act: Act) -> list[str]:
        """What a person is told who is asked about a repetition; nothing where there was nothing to repeat.

        Raises:
            StoreError: the ledger cannot be used.
        """
        earlier = await self.ledger.alike(act)
        if earlier is None:
            return []
        happened = "was done" if earlier.state == "SENT" else "was tried, and may have happened,"
        return [f"The same {happened} at {show_time(earlier.called_at)}; this does it once more."]

    async def carry_out(
        self,
        spec: ToolSpec,
        once: Once,
        act: Act,
        arguments: Mapping[str, Any],
        *,
        repeat: bool,
        may_act: bool,
        judge: Judge | None = None,
        check: Check | None = None,
        claimed: Callable[[], None] = lambda: None,
    ) -> Told:
        """Make the act happen once, or tell what became of the same act before.

        Args:
            spec: the tool.
            once: how its act is known again.
            act: what is to happen.
            arguments: of the tool's function.
            repeat: whether a person agreed to a repetition.
            may_act: whether the rules were looked at, and everybody who had to be asked agreed; if not, only an
                earlier result can be told.
            judge: looks at the rules after all, where that was spared because of an earlier result, and it is gone.
            check: as `Departing`.
            claimed: called when the act is in the ledger as this call's own.

        Raises:
            BadInput: the idempotency key was used with other arguments.
            StoreError: the ledger cannot be used, so nothing was sent.
        """
        until = anyio.current_time() + CALL_SECONDS
        looked = False
        while True:
            send, fresh = await self.ledger.claim(act, repeat=repeat, may_act=may_act)
            if send is None and judge is not None:
                may_act, judge = await judge(), None
                continue
            if send is None:
                raise TextRequestError(
                    "The record of the earlier call is gone, so a person has to be asked.", todo="Call again."
                )
            if fresh:
                claimed()
                return await self._act(spec, once, act, send, arguments, until, check)
            send = await self.ledger.wait_for(send, until)
            if send.state == "UNKNOWN" and not looked:
                looked = True
                send = await self.settler.settle(send, until, at_once=True)
                if send.state == "UNKNOWN":
                    continue  # if looking is over, and so is the time in which it counts, the claim is free again
            return tell(spec, send, earlier=True)

    async def _act(
        self,
        spec: ToolSpec,
        once: Once,
        act: Act,
        send: Send,
        arguments: Mapping[str, Any],
        until: float,
        check: Check | None,
    ) -> Told:
        tag = tag_of(send.send_id) if self.tagged else None
        departing = Departing(self.ledger, send.send_id, check=check, tag=tag)
        rule: str | None = None
        answer: BaseModel | None = None
        said: dict[str, Any] = {}
        ending = self._torn(left=False)
        with departing.scope:
            try:
                left = await self._room(spec, act, send, arguments)
                answer = await spec.function(**arguments, departure=departing)
                said = {**answer.model_dump(mode="json", exclude_none=True), **left}
                kept = once.keep(said)
                ending = Ending(state="SENT", upstream_id=str(kept.get(once.id_field)), result=kept)
            except Exception as error:  # noqa: BLE001 - whatever it is, its outcome is recorded, and told
                rule = rule_of(error)
                ending = replace(self._judge(spec, error, left=departing.left), rule=rule)
            except BaseException:
                await self.ledger.end(send.send_id, self._torn(left=departing.left))
                raise
            # A refusal can name numbers, such as those that are free; who called is told them, and the disk is not.
            written_down = None if ending.said is None else mask_numbers(ending.said)
            await self.ledger.end(send.send_id, replace(ending, said=written_down))
        if ending.state == "NOT_SENT" and self.caps is not None:
            with suppress(StoreError):  # the place is then free when its window is over
                await self.caps.release(send.send_id)
        if ending.state == "SENT":
            await _announce(once, arguments, answer)
            return Told(_named(spec) | said | {"send_id": send.send_id}, answer)
        if ending.state == "UNKNOWN":
            return tell(spec, await self._settled(replace(send, state="UNKNOWN", said=ending.said), until))
        return _refused(send.send_id, ending.said, rule)

    async def _room(self, spec: ToolSpec, act: Act, send: Send, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Take a place under the caps; answers what is left of them, in the answer's own words.

        Raises:
            OverCap: there is no place.
            StoreError: they cannot be counted.
        """
        if self.caps is None or spec.risk != "sends" or act.dashboard_id is None:
            return {}
        amount = arguments.get("amount_requested")
        use = Use(
            send_id=send.send_id,
            dashboard_id=act.dashboard_id,
            person=act.person,
            texts=1,
            dollars=amount if isinstance(amount, Decimal) else None,
        )
        return left_over(await self.caps.reserve(use), with_dollars=amount is not None)

    async def _settled(self, send: Send, until: float) -> Send:
        """The row after looking; as it is known here where the ledger cannot be used any more."""
        with suppress(StoreError):
            return await self.settler.settle(await self.ledger.get(send.send_id) or send, until)
        return send

    def _judge(self, spec: ToolSpec, error: Exception, *, left: bool) -> Ending:
        """What a failure says of the act: once bytes left, only a complete answer that says no is a no."""
        if not isinstance(error, TextRequestError | StoreError):
            logger.error("%s crashed", spec.name, exc_info=error)
        if not left:
            known = isinstance(error, TextRequestError | StoreError)
            crashed = f"{spec.name} failed inside this server before anything left. Nothing was sent or changed."
            return Ending(state="NOT_SENT", said=str(error) if known else crashed)
        if isinstance(error, Refused | NotFound):
            return Ending(state="NOT_SENT", said=str(error))
        what = error.what if isinstance(error, TextRequestError) else f"{spec.name} failed inside this server."
        return self._in_doubt(what)

    def _torn(self, *, left: bool) -> Ending:
        if left:
            return self._in_doubt("The call was torn off on its way.")
        return Ending(
            state="NOT_SENT", said="The call was cancelled before anything left. Nothing was sent or changed."
        )

    def _in_doubt(self, what: str) -> Ending:
        said = f"{what} Whether it took effect is unknown."
        return Ending(state="UNKNOWN", said=said, look_at=self.settler.first_look_at())


def tell(spec: ToolSpec, send: Send, *, earlier: bool = False) -> Told:
    """What the ledger knows of an act, for a host.

    Args:
        spec: the tool.
        send: its row.
        earlier: whether another call made it.
    """
    known = send.result | {"send_id": send.send_id}
    suppressed = {"duplicate_suppressed": True} if earlier else {}
    if send.state == "SENT":
        message = same_as_before(show_time(send.called_at)) if earlier else send.said
        found = "The answer was lost, but it is in the account: it happened, once. Do not repeat it."
        return Told(_named(spec) | known | suppressed | {"message": message or found})
    if send.state == "NOT_SENT":
        return _refused(send.send_id, send.said)
    on_its_way = "The same is on its way from another call, which has no answer yet. This call sent nothing."
    outcome = unknown(send.said or on_its_way, send.send_id)
    return Told(known | outcome.model_dump(mode="json", exclude_none=True) | suppressed)


async def _announce(once: Once, arguments: Mapping[str, Any], answer: BaseModel | None) -> None:
    """Tell who listens; what happened has happened, whatever becomes of this."""
    if once.announce is None:
        return
    try:
        await once.announce(arguments, answer)
    except Exception:
        logger.exception("a send could not be announced")


def left_over(room: Room, *, with_dollars: bool) -> Mapping[str, Any]:
    """What is left under the caps, as an answer says it; nothing of caps that are off."""
    said = {
        "texts_left_this_hour": room.texts_per_hour,
        "texts_left_today": room.texts_per_day,
        "new_people_left_today": room.new_people_per_day,
        "dollars_left_today": str(room.dollars_per_day) if with_dollars and room.dollars_per_day is not None else None,
    }
    return {name: value for name, value in said.items() if value is not None}


def _named(spec: ToolSpec) -> dict[str, Any]:
    return {"outcome": "sent" if spec.risk == "sends" else "done"}


def rule_of(error: Exception) -> str | None:
    """The setting of the rule or cap that says no, where one does."""
    return getattr(error, "rule", None) or getattr(error, "setting", None)


def _refused(send_id: str, said: str | None, rule: str | None = None) -> Told:
    outcome = not_sent(said or "Nothing was sent or changed.", send_id)
    return Told(outcome.model_dump(mode="json", exclude_none=True), failed=True, rule=rule)
