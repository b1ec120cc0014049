"""Writes a saved reply as the text to a person, before anything looks at the call that names it."""

from collections.abc import Mapping
from typing import Any, Protocol

from textrequest_mcp.account.blanks import Template
from textrequest_mcp.account.line import Home, TextingLine
from textrequest_mcp.guard.rules.templates import blanks, filled
from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.phone import e164


class HomeOfLines(Home, Protocol):
    """The part of an account that a saved reply needs."""

    async def line(self, dashboard_id: int | None) -> TextingLine:
        """The line with this id, or the default, or the only one."""
        ...


async def written_out(account: HomeOfLines, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a text with the words of the saved reply that they name in place of its name.

    Where they name one person, the blanks are filled for that person; those of a text to many are filled for each.

    Raises:
        BadInput: there is no such saved reply, or nothing fills one of its blanks, or the call has words of its own.
        TextRequestError: the person cannot be read.
        StoreError: the store cannot be used.
    """
    given = {name: value for name, value in arguments.items() if name != "template"}
    if str(given.get("body") or "").strip():
        raise BadInput("The call has both a body and a template.", todo="Leave one of them out.")
    name, *parts = str(arguments["template"]).split(";")
    values = {key.strip(): value.strip() for key, _, value in (part.partition("=") for part in parts)}
    text = account.policy.rules.templates.text(name)
    if "phone_number" not in given:
        return given | {"body": filled(text, values)}
    return given | {"body": await _for_one(account, text, values, given)}


async def _for_one(account: HomeOfLines, text: str, values: Mapping[str, str], given: Mapping[str, Any]) -> str:
    if not set(blanks(text)) - values.keys():
        return filled(text, values)
    named = str(given.get("dashboard_id") or "")
    line = await account.line(int(named) if named.isdecimal() else None)
    template = Template(text, await account.directory.labels(line.id, "fields"), values)
    person = await account.directory.by_number(line.id, e164(str(given["phone_number"])))
    if (lacks := template.lacks(person)) is not None:
        raise BadInput(
            f"Nothing fills {{{lacks}}} of this saved reply for this person.", todo=f"Add it: NAME; {lacks}=VALUE."
        )
    return template.filled(person)
