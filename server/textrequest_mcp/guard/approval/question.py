"""The questions that a person is shown before a tool acts, and the forms in which hosts bring their answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from pydantic import BaseModel, Field, StrictBool, StrictStr

from textrequest_mcp.ground.quoting import same_name


@dataclass(frozen=True)
class Question:
    """What a person is shown before a tool acts.

    Attributes:
        text: the facts and the question; the same facts must give the same text.
        must_type: what the person has to type to agree, instead of ticking a box.
        about: the line and number of each person whom it is about.
        why: the reasons with which the text begins.
        rules: the settings of the rules that have them.
        for_others: whether a yes may hold for the same with other people too, where the person says so.
    """

    text: str
    must_type: str | None = None
    about: tuple[tuple[int, str], ...] = ()
    why: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    for_others: bool = False


class Decision(BaseModel):
    """A person's answer to an ordinary question."""

    confirm: StrictBool = Field(
        default=False, title="Yes, do this", description="Tick to go ahead; leave empty to change nothing"
    )


class WiderDecision(Decision):
    """A person's answer to a question that others like it may follow."""

    same_for_others: StrictBool = Field(
        default=False,
        title="And the same for other people",
        description="For 5 minutes, unless more speaks against it than that texts of customers were read",
    )


class TypedDecision(BaseModel):
    """A person's answer to a question that must be answered with a name."""

    typed_name: StrictStr = Field(
        default="", title="Type the name to go ahead", description="Exactly as shown; anything else stops it"
    )


def is_answer(given: object) -> bool:
    """Whether this, as JSON, is what a host may answer to a question; its content may still say no, or nothing."""
    if not isinstance(given, Mapping):
        return False
    answer = cast("Mapping[str, object]", given)
    if answer.get("action") != "accept":
        return answer.get("action") in ("decline", "cancel")
    try:
        WiderDecision.model_validate(answer.get("content"))
        TypedDecision.model_validate(answer.get("content"))
    except ValueError:
        return False
    return True


def is_filled_in(given: object) -> bool:
    """Whether a host brought any field of the form."""
    return isinstance(given, BaseModel) and bool(given.model_fields_set)


def form_of(question: Question) -> type[Decision | TypedDecision]:
    """The form in which a host brings the answer."""
    if question.must_type:
        return TypedDecision
    return WiderDecision if question.for_others else Decision


def agrees(given: object, question: Question) -> bool:
    """Whether an answer is a yes to the question."""
    if isinstance(given, TypedDecision):
        return question.must_type is not None and same_name(given.typed_name, question.must_type)
    return isinstance(given, Decision) and given.confirm
