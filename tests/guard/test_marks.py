"""What fields and arguments hold is what their types declare, and no tool is served that leaves it out."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from textrequest_mcp.account.contact import Contact, ContactInput
from textrequest_mcp.app import all_specs
from textrequest_mcp.guard.marks import Mark, fields_of, unmarked
from textrequest_mcp.tools.answers import Answer, Code, Listing, Text, Theirs
from textrequest_mcp.tools.declare import Toolset

SPECS = {spec.name: spec for spec in all_specs()}


class Inner(BaseModel):
    """A record inside another."""

    said: Text = None


class Outer(Answer):
    """Some of whose fields say whose words they hold."""

    id: Code = None
    number: int | None = None
    kind: Annotated[str | None, Mark.THEIRS] = None
    colour: str | Theirs = None
    shade: str | None = None
    inner: list[Inner] | None = None


def test_a_mark_is_found_inside_any_type():
    assert fields_of(Outer).names[Mark.THEIRS] == ("kind", "colour")
    assert fields_of(Outer).inner == {"inner": Inner}


def test_what_a_record_holds_is_given_without_what_is_missing_or_empty():
    fields = fields_of(Contact)
    record: dict[str, Any] = {"first_name": "", "display_name": "Maria", "note": "x", "phone_number": ""}

    assert fields.all(record, Mark.THEIRS) == ["Maria", "x"]
    assert fields.one(record, Mark.CALLED) == "Maria"
    assert fields.one(record, Mark.PERSON) is None


def test_text_that_does_not_say_whose_it_is_is_named_wherever_it_stands():
    assert unmarked(Outer) == ["shade", "inner.said"]


def test_a_tool_that_answers_such_text_is_not_served():
    with pytest.raises(TypeError, match=r"look does not say whose words its answer holds in shade, inner\.said"):

        @Toolset("odd").reads(title="Look", action="")
        async def look() -> Outer:
            raise AssertionError


LABELS = ("groups", "contact_tags", "add_tags", "remove_tags", "add_groups", "remove_groups", "clear")


@pytest.mark.parametrize("spec", SPECS.values(), ids=list(SPECS))
def test_every_tool_says_whose_words_its_answer_holds(spec: Any):
    assert unmarked(spec.answer) == []


def test_a_list_says_it_of_its_own_fields_too():
    assert unmarked(Listing) == []


@pytest.mark.parametrize(
    ("tool", "mark", "names"),
    [
        ("send_message", Mark.CALLBACK, ("status_callback", "location_callback")),
        ("send_message", Mark.SINCE, ("if_unanswered_since",)),
        ("send_message", Mark.BODY, ("body",)),
        ("save_contact", Mark.NOBODYS, LABELS),
        ("create_payment", Mark.AMOUNT, ("amount_requested",)),
    ],
)
def test_the_arguments_that_the_rules_look_at_by_themselves_are_marked(tool: str, mark: Mark, names: tuple[str, ...]):
    assert fields_of(SPECS[tool].function).names[mark] == names


def test_so_are_those_of_each_record_in_a_list():
    assert fields_of(SPECS["save_contacts"].function).inner == {"contacts": ContactInput}
    assert fields_of(ContactInput).names[Mark.NOBODYS] == LABELS
