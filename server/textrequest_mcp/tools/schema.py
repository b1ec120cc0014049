"""Tool schemas in the plainest JSON Schema that every host can load."""

from functools import cache
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema


class _Plain(GenerateJsonSchema):
    """Leaves nulls and defaults out: an optional parameter is simply not required."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - pydantic's signature
        return False


@cache
def plain_schema(
    model: type[BaseModel], mode: Literal["validation", "serialization"], *, bare: bool = False
) -> dict[str, Any]:
    """A model's schema without references, `null` alternatives, titles and defaults.

    Some hosts drop a tool whose schema has references or lists of types, others fail on `anyOf` with null or on
    `additionalProperties`: what a model does not know, it refuses by itself. Callers share the answer and must not
    change it.

    Args:
        model: what to describe.
        mode: as an argument, or as an answer.
        bare: without descriptions and known values, where another tool tells them.
    """
    schema = model.model_json_schema(schema_generator=_Plain, mode=mode)
    flat = _flat(schema, {name: _undescribed(part) for name, part in schema.get("$defs", {}).items()})
    flat = bared(flat) if bare else flat
    return {key: value for key, value in flat.items() if key not in {"$defs", "description"}}


def pared(schema: dict[str, Any], without: frozenset[str], *, may_miss: str | None) -> dict[str, Any]:
    """A schema of arguments without some of them, and without the need for one, because another can stand for it."""
    left = {name: part for name, part in schema["properties"].items() if name not in without}
    required = [name for name in schema.get("required", []) if name != may_miss]
    return schema | {"properties": left} | ({"required": required} if required else {})


def _undescribed(definition: dict[str, Any]) -> dict[str, Any]:
    """A type without its docstring, which is for programmers."""
    return {key: value for key, value in definition.items() if key != "description"}


def bared(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without descriptions, known values and formats, where another tool tells them; names and types stay."""
    bare = {key: value for key, value in schema.items() if key not in {"description", "examples", "format"}}
    if "properties" in bare:
        bare["properties"] = {name: bared(part) for name, part in bare["properties"].items()}
    return bare | ({"items": bared(bare["items"])} if "items" in bare else {})


def _flat(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        target = definitions[schema["$ref"].rsplit("/", 1)[-1]]
        return _flat({**target, **{key: value for key, value in schema.items() if key != "$ref"}}, definitions)
    flat: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            flat[key] = {name: _flat(part, definitions) for name, part in value.items()}
        elif key in {"items", "additionalProperties"} and isinstance(value, dict):
            flat[key] = _flat(value, definitions)  # pyright: ignore[reportUnknownArgumentType] - JSON
        elif key == "const":
            flat["enum"] = [value]
        elif key == "anyOf":
            flat |= _either([_flat(part, definitions) for part in value])
        elif key != "title" and not (key == "additionalProperties" and value is False):
            flat[key] = value
    return flat


def _either(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Known values and any other text are a text; the known values are examples of it."""
    known = [value for part in parts for value in part.get("enum", ())]
    return {"examples": known, "type": "string"} if known and {"type": "string"} in parts else {"anyOf": parts}
