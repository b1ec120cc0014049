"""Resources: lines, contacts, conversations, groups and payments as documents that a host can open by address."""

import inspect
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from mcp.server.mcpserver import MCPServer
from pydantic import BaseModel, TypeAdapter, ValidationError

from textrequest_mcp.account.account import Account
from textrequest_mcp.account.contacts import get_contact, list_contacts
from textrequest_mcp.account.conversations import list_conversations
from textrequest_mcp.account.dashboards import get_dashboard, list_dashboards
from textrequest_mcp.account.groups import list_groups
from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.messages import list_messages
from textrequest_mcp.account.payments import get_payment
from textrequest_mcp.ground.member import Scope
from textrequest_mcp.guard.notice import Notice
from textrequest_mcp.tools.answers import Answer
from textrequest_mcp.tools.parameters import Id, ListedNumber, PageNumber, PageSize
from textrequest_mcp.tools.result_text import write_structured
from textrequest_mcp.tools.scopes import scopes_of
from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.page import DEFAULT_SIZE

_NO_CALLER = ""  # documents are read by people too, so they do not count as what a host has read of a conversation
# Where a document, or the last text in it, says when it changed; the latest of them is its last_modified.
_TIMES = (
    "last_contact_date_utc",
    "last_msg_received_utc",
    "last_msg_sent_utc",
    "message_timestamp_utc",
    "request_date",
)


class _Document(NamedTuple):
    """A document that a host can open, and the tool that reads it."""

    toolset: str
    path: str
    name: str
    read: Callable[..., Awaitable[BaseModel]]
    description: str
    title: str = ""  # the name, where it is left out


_LINE = "/{dashboard_id}"
_PAGED = "{?page,page_size}"
_TALK = f"{_LINE}/conversations/{{phone_number}}{_PAGED}"
_LINES = "The account's texting lines"
_TALKS = "A line's conversations with their last text, page by page."
_DOCUMENTS = (
    _Document("dashboards", "", "lines", list_dashboards, f"{_LINES}: id, name, number.", "Texting lines"),
    _Document("dashboards", _PAGED, "lines_page", list_dashboards, f"{_LINES}, page by page.", "Texting lines"),
    _Document("dashboards", _LINE, "line", get_dashboard, "One texting line.", "Texting line"),
    _Document("contacts", f"{_LINE}/contacts{_PAGED}", "contacts", list_contacts, "A line's contacts, page by page."),
    _Document("contacts", f"{_LINE}/contacts/{{phone_number}}", "contact", get_contact, "One contact of a line."),
    _Document("conversations", f"{_LINE}/conversations{_PAGED}", "conversations", list_conversations, _TALKS),
    _Document(
        "messages", _TALK, "conversation", list_messages, "The texts between a line and one contact, page by page."
    ),
    _Document("groups", f"{_LINE}/groups{_PAGED}", "groups", list_groups, "A line's groups, page by page."),
    _Document("payments", f"{_LINE}/payments/{{payment_id}}", "payment", get_payment, "One payment request of a line."),
)


def document_needs(address: str) -> frozenset[Scope]:
    """The scopes that a member needs for the document at an address or template."""
    return scopes_of("payments" if "/payments/" in address else "", "reads", texts=False)


def add_resources(server: MCPServer[Any], account: Account, toolsets: Sequence[str]) -> None:
    """Register the documents of the chosen toolsets."""
    for document in _DOCUMENTS:
        if document.toolset in toolsets:
            _add(server, account, document)


def _add(server: MCPServer[Any], account: Account, document: _Document) -> None:
    async def read(**given: str) -> str:
        values = {name: _read(name, text) for name, text in given.items()}
        line = await account.line(values.pop("dashboard_id")) if "dashboard_id" in values else None
        answer = await document.read(account if line is None else line, **values)
        return await _written(account, answer, line, values.get("phone_number"))

    # The SDK takes a handler's arguments from its signature, and compares them with the address.
    names = re.findall(r"[a-z_]+", "".join(re.findall(r"{.*?}", document.path)))
    parameters = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=str) for name in names]
    read.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [each.replace(default=_DEFAULTS.get(each.name, each.default)) for each in parameters]
    )
    read.__annotations__ = dict.fromkeys([*names, "return"], str)
    server.resource(
        f"textrequest://dashboards{document.path}",
        name=document.name,
        title=document.title or document.name.capitalize(),
        description=document.description,
        mime_type="application/json",
    )(read)


async def _written(account: Account, answer: BaseModel, line: TextingLine | None, number: str | None) -> str:
    """JSON without nulls, with `last_modified` where a time is known; noted for the rules like a tool's answer."""
    said = answer.model_dump(mode="json", exclude_none=True)
    notice = Notice(account.policy, _NO_CALLER, line.id if line is not None else None, number)
    shown = write_structured(said, answer.brief, answer.theirs) if isinstance(answer, Answer) else said
    await notice.note(type(answer), said, shown=shown)
    known = [time for time in _times_in(said) if time]
    document = ({"last_modified": max(known)} if known else {}) | shown
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _times_in(value: Any) -> list[str]:
    if isinstance(value, list):
        items: list[Any] = value  # pyright: ignore[reportUnknownVariableType] - JSON
        return [time for item in items for time in _times_in(item)]
    if not isinstance(value, dict):
        return []
    document: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType] - JSON
    own = [document[name] for name in _TIMES if name in document]
    return own + [time for part in document.values() for time in _times_in(part)]


_KINDS: dict[str, TypeAdapter[Any]] = {
    "dashboard_id": TypeAdapter(Id),
    "phone_number": TypeAdapter(ListedNumber),
    "payment_id": TypeAdapter(Id),
    "page": TypeAdapter(PageNumber),
    "page_size": TypeAdapter(PageSize),
}
_DEFAULTS = {"page": "0", "page_size": str(DEFAULT_SIZE)}


def _read(name: str, text: str) -> Any:
    """The value of a part of an address.

    Raises:
        BadInput: it is no such value.
    """
    try:
        return _KINDS[name].validate_python(text)
    except ValidationError as error:
        what = error.errors(include_url=False, include_input=False)[0]["msg"].removeprefix("Value error, ")
        raise BadInput(f"{name} in the address is wrong: {what}.", todo="Take the address from a list.") from None
