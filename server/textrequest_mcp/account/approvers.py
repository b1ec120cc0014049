"""Asks approvers by text, and reads their answers: *Delete the group "VIPs"? Reply YES 4821*."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textrequest_mcp.account.messages import send_message
from textrequest_mcp.account.newest_texts import newest_texts
from textrequest_mcp.account.segments import segments
from textrequest_mcp.account.sent_texts import SENDING
from textrequest_mcp.ground.member import on_behalf_of
from textrequest_mcp.guard.approval.approval_rows import Row
from textrequest_mcp.guard.approval.approvals import Approvals
from textrequest_mcp.guard.once.departure import LedgerDeparture
from textrequest_mcp.guard.once.doing import Doing
from textrequest_mcp.guard.once.same_act import Candidate, SearchTerms
from textrequest_mcp.upstream.errors import BadInput, TextRequestError
from textrequest_mcp.upstream.hidden import seeing_all
from textrequest_mcp.upstream.phone import e164

if TYPE_CHECKING:
    from textrequest_mcp.account.account import Account
    from textrequest_mcp.account.line import TextingLine
    from textrequest_mcp.account.message import Message, Sent

TOOL = "ask_approver"
_CALLER = "textrequest-mcp"
_ANSWER = re.compile(r"\s*(yes|no)\W{0,3}([0-9]{4})\b[\s.!]*(.*)", re.IGNORECASE | re.DOTALL)
_TRIES = 5  # after so many wrong codes none counts: nobody tries them all
_LOOKED_AT = 25
_EARLY_SECONDS = 5.0  # the service's time of a text and ours of the question need not be quite the same


async def _find(account: "Account", facts: SearchTerms) -> Sequence[Candidate]:
    with seeing_all():
        return await SENDING.find(account, facts)


# A question is a text like any other in the ledger, but one that no tool can read.
ASKING = replace(SENDING, find=_find)


def read_approvers(text: str) -> frozenset[str]:
    """Numbers with commas between, in E.164.

    Raises:
        ValueError: an entry is no number; the sentence gives its position and does not show it.
    """
    numbers: set[str] = set()
    for position, entry in enumerate([entry for entry in text.split(",") if entry.strip()], 1):
        try:
            numbers.add(e164(entry.strip()))
        except BadInput as error:
            raise ValueError(f"TEXTREQUEST_APPROVERS makes no sense at entry {position}: {error.what}") from None
    return frozenset(numbers)


class Approvers:
    """The people who answer by text.

    Args:
        account: from whose line they are asked.
        numbers: theirs, in E.164.
        approvals: the questions.
        desk: the address of the team's desk, where they decide instead of by text; None where they answer.
    """

    def __init__(
        self, account: "Account", numbers: Sequence[str], approvals: Approvals, *, desk: str | None = None
    ) -> None:
        self._desk = desk
        self._account = account
        self._numbers = tuple(sorted(numbers))
        self._approvals = approvals

    async def ask(self, row: Row) -> None:
        """Text the question to each of them, once however often this is called.

        Raises:
            TextRequestError: the line cannot be found, or nobody could be asked.
            StoreError: the store cannot be used, so nobody was asked.
        """
        with on_behalf_of(None):  # whoever's call waits
            await self._ask(row)

    async def _ask(self, row: Row) -> None:
        line = await self._line()
        code = None if self._desk is not None else await self._approvals.code(row.id)
        body = question(row, code, desk=self._desk)
        why: list[str] = []
        for number in self._numbers:
            with seeing_all():
                try:
                    why.append(await self._text(line, number, body, row.id))
                except TextRequestError as error:
                    why.append(error.what)
        if all(why):
            raise TextRequestError(
                f"The person could not be asked by text. {why[0]}",
                todo="Tell the person you work for what you wanted to do, and why it waits.",
            )

    async def look(self, row: Row) -> None:
        """Write down what an approver answered to a question, where one did.

        Raises:
            TextRequestError: the answers cannot be read.
            StoreError: the store cannot be used.
        """
        with on_behalf_of(None):
            line = await self._line()
        code = await self._approvals.code(row.id)
        hashed = await self._account.at_most_once.ledger.hasher()
        for number in self._numbers:
            with seeing_all():
                texts = await newest_texts(line, number, _LOOKED_AT)
            for said, typed in answers(texts, code, since=row.asked_at - _EARLY_SECONDS):
                try:
                    await self._approvals.decide(row.id, yes=said, by=f"text:{hashed(number)[:8]}", typed=typed)
                except BadInput:  # decided meanwhile, or without the name that the question wants
                    continue
                return

    async def _line(self) -> "TextingLine":
        """Always the same line, so that an approver knows who asks."""
        usual = self._account.default_line
        return await self._account.line(usual or min(await self._account.line_ids(), default=None))

    async def _text(self, line: "TextingLine", number: str, body: str, id_: str) -> str:
        """Why nothing was sent; empty where it was, or may have been."""
        once = self._account.at_most_once
        given = {"phone_number": number, "body": body}
        act = await once.describe(TOOL, ASKING, _CALLER, line.id, "phone_number", given, f"{id_} {number}")

        async def leaves(departure: LedgerDeparture) -> "Sent":
            return await send_message(line, departure, number, body)

        doing = Doing(tool=TOOL, once=ASKING, texts=True, do=leaves)
        told = await once.carry_out(act, doing, repeat=False)
        return str(told.said.get("message")) if told.said.get("outcome") == "not_sent" else ""


def question(row: Row, code: str | None, *, desk: str | None = None) -> str:
    """A question in one segment, to be answered with a code or at a desk."""
    shown = row.shown
    asked = " ".join(shown.asked.split()) if shown is not None else "An assistant wants to change something?"
    asked = asked[: asked.find("?") + 1] or asked
    name = " and the name" if shown is not None and shown.must_type is not None else ""
    end = f" Reply YES {code}{name}, or NO {code}" if desk is None else f" It waits at {desk}"
    cut = asked
    while segments(cut + end) > 1:
        asked = asked[:-1]
        cut = f"{asked.rstrip()}...?"
    return cut + end


def answers(texts: Sequence["Message"], code: str, *, since: float) -> list[tuple[bool, str]]:
    """What an approver answered to the question with this code: whether yes, and what they typed after it."""
    heard = [
        match
        for text in texts
        if text.message_direction == "R"
        and text.message_timestamp_utc is not None
        and text.message_timestamp_utc.timestamp() >= since
        and (match := _ANSWER.fullmatch(text.body or ""))
    ]
    if sum(match[2] != code for match in heard) >= _TRIES:
        return []
    return [(match[1].lower() == "yes", match[3].strip()) for match in heard if match[2] == code]
