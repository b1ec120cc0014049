"""Remembers of each answer whose words the model has read, and what it says about people."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from pydantic import BaseModel

from textrequest_mcp.guard.marks import Fields, Mark, fields_of
from textrequest_mcp.guard.provenance.readings import Called, Opened, Said
from textrequest_mcp.guard.provenance.source import TEXT_RECEIVED, Source
from textrequest_mcp.guard.rules.optout import read_wish
from textrequest_mcp.guard.rules.policy import Policy
from textrequest_mcp.upstream.times import read_time


class Notice:
    """Notes the answers of one call.

    Args:
        policy: keeps the notes.
        caller: the host that is told.
        line: of the call.
        person: the number that the call was about, in E.164.
    """

    def __init__(self, policy: Policy, caller: str, line: int | None, person: str | None) -> None:
        self._policy = policy
        self._caller = caller
        self._line = line or 0
        self._person = person

    async def note(
        self,
        model: type[BaseModel],
        said: Mapping[str, Any],
        *,
        shown: Mapping[str, Any] | None = None,
        words: bool = True,
    ) -> None:
        """Note an answer or a document; of a change only the facts, because its words were the caller's own.

        Args:
            model: the type of the answer.
            said: its fields as JSON.
            shown: the part of it that a model is shown, whose words are noted; all of it where left out.
            words: whether its words are noted.

        Raises:
            StoreError: a wish about further texts cannot be kept, so nobody may be told it.
        """
        if self._policy.rules.provenance and words:
            records = list(_records(model, said if shown is None else shown, self._line, self._person))
            texters = {person for fields, record, _, person in records if fields.one(record, Mark.BODY)}
            for fields, record, line, person in records:
                self._words(fields, record, line, person, is_alone=len(texters) == 1)
            await self._policy.provenance.share()
        for fields, record, line, person in _records(model, said, self._line, self._person):
            if person is not None:
                await self._record(fields, record, line, person)

    def _words(
        self, fields: Fields, record: Mapping[str, Any], line: int, person: str | None, *, is_alone: bool
    ) -> None:
        memory = self._policy.provenance
        names = fields.all(record, Mark.CALLED) or [""]
        memory.take(*(Called((line, number), names[-1], names[0]) for number in fields.all(record, Mark.PERSON)))
        thing = fields.one(record, Mark.TEXT) or fields.one(record, Mark.PAYMENT)
        said = partial(Said, thing=None if thing is None else str(thing), here=memory.shares and thing is not None)
        if ours := fields.all(record, Mark.OURS, Mark.LINE):
            memory.take(said(words="\n".join(ours)))
        if theirs := fields.all(record, Mark.THEIRS):  # one record is one source
            kind = "a contact's record" if person is not None else "a name"
            memory.take(Source(kind=kind, line=line or None, person=person, words="\n".join(theirs)))
        body, at = fields.one(record, Mark.BODY), read_time(fields.one(record, Mark.AT))
        if body and fields.one(record, Mark.DIRECTION) == "S":
            memory.take(said(words=body, line=line, person=person, at=at, by=fields.one(record, Mark.BY)))
        elif body:
            memory.take(Source(kind=TEXT_RECEIVED, line=line, person=person, at=at, words=body))
            if person is not None and (is_alone or person == fields.one(record, Mark.PERSON)):
                memory.take(Opened((line, person)))  # not in a list that shows the last words of many

    async def _record(self, fields: Fields, record: Mapping[str, Any], line: int, person: str) -> None:
        """Note the facts that a payment or a text states of a person."""
        payment_id = fields.one(record, Mark.PAYMENT)
        if payment_id is not None and fields.one(record, Mark.PERSON):
            self._policy.known.pays(line, payment_id, person)
        body: str = fields.one(record, Mark.BODY) or ""
        moment = read_time(fields.one(record, Mark.AT))
        at = None if moment is None else moment.timestamp()
        direction = fields.one(record, Mark.DIRECTION)
        # A text without a time may forbid texts from now on, but allows none.
        heard = direction == "R" and (at is not None or read_wish(body) != "start")
        if heard and self._policy.rules.consent:
            await self._policy.consent.heard(line, person, body, self._policy.now() if at is None else at)
        if at is not None and direction in ("R", "S"):
            self._policy.known.read(self._caller, (line, person), at)


def _records(
    model: type[BaseModel], record: Mapping[str, Any], line: int, person: str | None
) -> Iterator[tuple[Fields, Mapping[str, Any], int, str | None]]:
    """A record and every one inside it, with the line and number that it, or the one around it, is about."""
    fields = fields_of(model)
    line, person = fields.one(record, Mark.WHERE) or line, fields.one(record, Mark.PERSON) or person
    yield fields, record, line, person
    for name, inner in fields.inner.items():
        inside: Any = record.get(name) or []
        records: list[Any] = inside if isinstance(inside, list) else [inside]  # pyright: ignore[reportUnknownVariableType] - JSON
        for each in records:
            yield from _records(inner, each, line, person)
