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
def plain_schema(model: type[BaseModel], mode: Literal["validation", "serialization"]) -> dict[str, Any]:
    """A model's schema without references, `null` alternatives, titles and defaults.

    Some hosts drop a tool whose schema has references or lists of types, others fail on `anyOf` with null or on
    `additionalProperties`: what a model does not know, it refuses by itself. Callers share the answer and must not
    change it.
    """
    schema = model.model_json_schema(schema_generator=_Plain, mode=mode)
    flat = _flat(schema, schema.get("$defs", {}))
    return {key: value for key, value in flat.items() if key not in {"$defs", "description"}}


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
        elif key == "anyOf":
            flat[key] = [_flat(part, definitions) for part in value]
        elif key != "title" and not (key == "additionalProperties" and value is False):
            flat[key] = value
    return flat
