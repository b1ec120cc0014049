"""Writes down what a person answered on the page: to one question, or to several that were shown together."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from textrequest_mcp.guard.approval.approvals import Approvals
from textrequest_mcp.guard.approval.batches import challenge_of
from textrequest_mcp.guard.approval.passkeys import Passkeys
from textrequest_mcp.upstream.errors import BadInput


@dataclass(frozen=True)
class Answered:
    """A form that came from our own page.

    Attributes:
        fields: its names and values.
        ids: the rows that were shown in it.
        origin: of the page.
        by: whose answer it is, as `Entry.approved_by`, where no passkey says it.
    """

    fields: Sequence[tuple[str, str]]
    ids: Sequence[str]
    origin: str
    by: str = "page"

    def one(self, name: str) -> str:
        """The value of a field; empty where it is not there."""
        return dict(self.fields).get(name, "")

    @property
    def agreed(self) -> list[str]:
        """The rows that the person agreed to: all that were shown, or of several those that stayed ticked."""
        if self.one("answer") != "yes":
            return []
        ticked = {value for name, value in self.fields if name == "pick"}
        return [id_ for id_ in self.ids if len(self.ids) == 1 or id_ in ticked]


async def write_down(approvals: Approvals, passkeys: Passkeys, answered: Answered) -> str:
    """Write an answer down; a sentence about what became of it.

    Raises:
        StoreError: the store cannot be used, so nothing was decided.
    """
    try:
        if answered.one("answer") == "silence":
            await approvals.be_silent(answered.ids[0], by=answered.by)
            return "You said no. No new questions for 10 minutes."
        return await _settle(approvals, passkeys, answered)
    except BadInput as error:
        return str(error)


async def _settle(approvals: Approvals, passkeys: Passkeys, answered: Answered) -> str:
    """A yes for those that were agreed to, and a no for the others."""
    yes, ids = answered.agreed, answered.ids
    by = await _whose(approvals, passkeys, answered) if yes else answered.by
    for id_ in ids:
        mine = by if id_ in yes else answered.by
        with suppress(*([BadInput] if len(ids) > 1 else [])):  # of several, one that is over stops no other
            await approvals.decide(id_, yes=id_ in yes, by=mine, typed=answered.one("typed"))
    if not yes:
        return "You said no: nothing was done."
    which = "" if len(ids) == 1 else f" to {len(yes)} of {len(ids)}"
    return f"You said yes{which}: it may be done, once."


async def _whose(approvals: Approvals, passkeys: Passkeys, answered: Answered) -> str:
    """Whose yes it is: the page's, or where a question wants it that of the passkey which signed them all."""
    rows = [row for row in [await approvals.get(id_) for id_ in answered.agreed] if row is not None]
    if not any(row.shown is not None and row.shown.by_passkey for row in rows):
        return answered.by
    key = await passkeys.check(dict(answered.fields), challenge_of(rows), answered.origin)
    return f"passkey:{key.id[:8]}"
