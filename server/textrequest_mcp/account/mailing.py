"""What a person is shown before many people are texted, and what is answered after."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.segments import segments, why_several
from textrequest_mcp.ground.quoting import quoted, some, visible
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.guard.rules.remaining import Remaining
from textrequest_mcp.tools.answers import Answer, Code, PersonName, Phone, Whole
from textrequest_mcp.tools.plan import LeftOut, Plan, Recipient, Told, reasons

_SHOWN_PEOPLE = 8
_SHOWN_MISSED = 40


class Missed(Answer):
    """Somebody who did not get the text."""

    phone_number: Phone = None
    name: PersonName = None
    why: Code = None


class Mailed(Answer):
    """What became of a text to many; its rows are those who did not get it."""

    theirs = ("name",)
    columns = tuple(Missed.model_fields)
    sent: Whole = Field(default=None, description="By this call")
    have_it: Whole = Field(default=None, description="By earlier calls")
    waiting: Whole = Field(default=None, description="Call again with the same arguments for these")
    items: Annotated[list[Missed], Field(description="Who did not get it")] = Field(default_factory=list[Missed])
    message: Code = None


async def question_of(line: TextingLine, plan: Plan, body: str) -> Question:
    """What a person is shown: to how many, the words, who is among them, who is not and why, and what it costs."""
    people = plan.people
    billed = sum(segments(each.words) for each in people)
    first = f' The first reads: "{visible(people[0].words)}".' if people[0].words != body else ""
    shown = ", ".join(map(_named, people[:_SHOWN_PEOPLE]))
    more = f" and {len(people) - _SHOWN_PEOPLE} more" if len(people) > _SHOWN_PEOPLE else ""
    parts = [
        f'Text {_people(len(people))} from {await line.title()}: "{visible(body)}"?{first}',
        f"They are {shown}{more} (list {plan.code}).",
        f"The carrier bills {some(billed, 'segment')}{_dearest(people)}.",
        _strangers(people),
        f"{plan.have_it} have this very text already." if plan.have_it else "",
        f"Left out: {reasons(plan.left_out)}." if plan.left_out else "",
        _caps(plan.room, people),
    ]
    return Question(" ".join(filter(None, parts)))


def answer_of(told: Told, tool: str) -> Mailed:
    """What became of it, with those who did not get it."""
    missed = told.missed[:_SHOWN_MISSED]
    sentences = [
        f"{told.waiting} still wait: {told.stopped}. Call {tool} again with the same arguments, and it goes on: nobody "
        "is asked or texted twice."
        if told.stopped is not None
        else "",
        f"{len(told.missed)} did not get it: {reasons(told.missed)}." if told.missed else "",
    ]
    return Mailed(
        sent=told.sent,
        have_it=told.have_it or None,
        waiting=told.waiting or None,
        items=[Missed(phone_number=each.number, name=each.name or None, why=each.why) for each in missed],
        message=" ".join(filter(None, sentences)) or None,
    )


def _dearest(people: Sequence[Recipient]) -> str:
    """Why the dearest of the texts is billed as several."""
    several = why_several(max((each.words for each in people), key=segments))
    return f"; one text is {visible(several)}" if several else ""


def _strangers(people: Sequence[Recipient]) -> str:
    """How many of them never wrote to the line: they may not have agreed to be texted."""
    never = sum(not each.has_written for each in people)
    if len(people) > 1 and never == len(people):
        return "None of them ever wrote to this line."
    return f"{never} of them never wrote to this line." if never else ""


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def _named(person: Recipient | LeftOut) -> str:
    return f"{quoted(person.name)} ({person.number})" if person.name else person.number


def _caps(room: Remaining | None, people: Sequence[Recipient]) -> str:
    """What is left of the caps, where they leave no room for all."""
    if room is None:
        return ""
    new = sum(not each.has_written for each in people)
    left = [
        (room.texts_per_hour, len(people), "texts in this hour (TEXTREQUEST_TEXTS_PER_HOUR)"),
        (room.texts_per_day, len(people), "texts today (TEXTREQUEST_TEXTS_PER_DAY)"),
        (room.new_people_per_day, new, "new people today (TEXTREQUEST_NEW_PEOPLE_PER_DAY)"),
    ]
    said = [f"{most} {what}" for most, needs, what in left if most is not None and needs > most]
    if not said:
        return ""
    return f"The caps leave {' and '.join(said)}; the rest goes out when there is room and the call comes again."
