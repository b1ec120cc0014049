"""Schemas that every host can load: references in place, no nulls, no titles, no defaults."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from textrequest_mcp.tools.schema import plain_schema


class Inner(BaseModel):
    """An object in an object."""

    title: str | None = Field(default=None, description="A field that is called title")


class Outer(BaseModel):
    """Everything that makes pydantic write references, nulls, titles and defaults."""

    default: int = 5
    inner: Inner | None = None
    inners: Annotated[list[Inner], Field(description="Several")]
    choice: Literal["a", "b"] | None = None
    by_name: dict[str, Inner] | None = None


def schema() -> dict[str, Any]:
    return plain_schema(Outer, "validation")


INNER = {"type": "string", "description": "A field that is called title"}


def test_references_are_put_in_place():
    assert "$ref" not in str(schema())
    assert "$defs" not in schema()
    assert schema()["properties"]["inners"]["items"]["properties"]["title"] == INNER
    assert schema()["properties"]["by_name"]["additionalProperties"]["properties"]["title"] == INNER


def test_what_may_be_null_is_simply_not_required():
    assert schema()["properties"]["inner"]["type"] == "object"
    assert schema()["properties"]["choice"] == {"type": "string", "enum": ["a", "b"]}
    assert schema()["required"] == ["inners"]


def test_titles_and_defaults_go_but_not_the_fields_of_that_name():
    assert set(schema()["properties"]) == {"default", "inner", "inners", "choice", "by_name"}
    assert schema()["properties"]["default"] == {"type": "integer"}
    assert "title" not in schema()


def test_a_description_of_the_parameter_wins_over_that_of_its_type():
    assert schema()["properties"]["inners"]["description"] == "Several"


def test_making_a_schema_twice_gives_the_same():
    assert schema() == schema()


def test_h9_a_bare_schema_has_names_and_types_only():
    properties = plain_schema(Outer, "serialization", bare=True)["properties"]

    assert properties["inners"] == {
        "items": {"properties": {"title": {"type": "string"}}, "type": "object"},
        "type": "array",
    }
    assert properties["choice"] == {"type": "string", "enum": ["a", "b"]}


class Open(BaseModel, extra="forbid"):
    """A closed record with a field that may say more than is known."""

    state: Literal["on", "off"] | Annotated[str, "any"] | None = None
    either: int | str = 1


def test_h9_known_values_beside_any_text_are_examples():
    properties = plain_schema(Open, "serialization")["properties"]

    assert properties["state"] == {"type": "string", "examples": ["on", "off"]}
    assert properties["either"] == {"anyOf": [{"type": "integer"}, {"type": "string"}]}


def test_h6_nothing_says_that_further_properties_are_forbidden():
    assert "additionalProperties" not in plain_schema(Open, "validation")
