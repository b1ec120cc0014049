"""Tool schemas in the plainest JSON Schema that every host can load."""

from typing import Any

_NOISE = {"title", "default"}


def flatten(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema with references put in place, and without `null` alternatives, titles and defaults.

    Some hosts drop a tool whose schema has references or lists of types, others fail on `anyOf` with null; an argument
    that may be left out is simply not required.
    """
    flat = _flat(schema, schema.get("$defs", {}))
    flat.pop("$defs", None)
    return flat


def _flat(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        target = definitions[schema["$ref"].rsplit("/", 1)[-1]]
        return _flat({**target, **{key: value for key, value in schema.items() if key != "$ref"}}, definitions)
    if "anyOf" in schema:
        kept = [part for part in schema["anyOf"] if part.get("type") != "null"]
        if len(kept) == 1:
            rest = {key: value for key, value in schema.items() if key != "anyOf"}
            return _flat({**kept[0], **rest}, definitions)
        schema = {**schema, "anyOf": kept}
    flat: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            flat[key] = {name: _flat(part, definitions) for name, part in value.items()}
        elif key in {"items", "additionalProperties"} and isinstance(value, dict):
            flat[key] = _flat(value, definitions)  # pyright: ignore[reportUnknownArgumentType] - JSON
        elif key == "anyOf":
            flat[key] = [_flat(part, definitions) for part in value]
        elif key not in _NOISE:
            flat[key] = value
    return flat
