"""Resources: lines, contacts, conversations, groups and payments as documents that a host can open by address."""

from collections.abc import Sequence
from typing import Any

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
from textrequest_mcp.tools.parameters import Id, Number, PageNumber, PageSize
from textrequest_mcp.tools.telling import Telling
from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.page import DEFAULT_SIZE

_LINE = "textrequest://dashboards/{dashboard_id}"
_PAGED = "{?page,page_size}"
_JSON = "application/json"
_NO_CALLER = ""  # documents are read by people too, so they do not count as what a host has read of a conversation
# Where a document, or the last text in it, says when it changed; the latest of them is its last_modified.
_TIMES = (
    "last_contact_date_utc",
    "last_msg_received_utc",
    "last_msg_sent_utc",
    "message_timestamp_utc",
    "request_date",
)


def add_resources(server: MCPServer[Any], account: Account, toolsets: Sequence[str]) -> None:
    """Register what belongs to the chosen toolsets."""
    if "dashboards" in toolsets:
        _add_lines(server, account)
    if "contacts" in toolsets:
        _add_contacts(server, account)
    if "conversations" in toolsets:
        _add_conversations(server, account)
    if "messages" in toolsets:
        _add_messages(server, account)
    if "groups" in toolsets:
        _add_groups(server, account)
    if "payments" in toolsets:
        _add_payments(server, account)


def _add_lines(server: MCPServer[Any], account: Account) -> None:
    @server.resource("textrequest://dashboards", name="lines", title="Texting lines", mime_type=_JSON)
    async def lines() -> str:
        """The account's texting lines: id, name, number."""
        return await _document(account, await list_dashboards(account))

    @server.resource(f"textrequest://dashboards{_PAGED}", name="lines_page", title="Texting lines", mime_type=_JSON)
    async def lines_page(page: str = "0", page_size: str = str(DEFAULT_SIZE)) -> str:
        """The account's texting lines, page by page."""
        return await _document(account, await list_dashboards(account, *_page(page, page_size)))

    @server.resource(_LINE, name="line", title="Texting line", mime_type=_JSON)
    async def line(dashboard_id: str) -> str:
        """One texting line."""
        line = await _line(account, dashboard_id)
        return await _document(account, await get_dashboard(line), line)


def _add_contacts(server: MCPServer[Any], account: Account) -> None:
    @server.resource(f"{_LINE}/contacts{_PAGED}", name="contacts", title="Contacts", mime_type=_JSON)
    async def contacts(dashboard_id: str, page: str = "0", page_size: str = str(DEFAULT_SIZE)) -> str:
        """A line's contacts, page by page."""
        number, size = _page(page, page_size)
        line = await _line(account, dashboard_id)
        return await _document(account, await list_contacts(line, page=number, page_size=size), line)

    @server.resource(f"{_LINE}/contacts/{{phone_number}}", name="contact", title="Contact", mime_type=_JSON)
    async def contact(dashboard_id: str, phone_number: str) -> str:
        """One contact of a line."""
        line = await _line(account, dashboard_id)
        return await _document(account, await get_contact(line, _number(phone_number)), line)


def _add_conversations(server: MCPServer[Any], account: Account) -> None:
    @server.resource(f"{_LINE}/conversations{_PAGED}", name="conversations", title="Conversations", mime_type=_JSON)
    async def conversations(dashboard_id: str, page: str = "0", page_size: str = str(DEFAULT_SIZE)) -> str:
        """A line's conversations with their last text, page by page."""
        number, size = _page(page, page_size)
        line = await _line(account, dashboard_id)
        return await _document(account, await list_conversations(line, page=number, page_size=size), line)


def _add_messages(server: MCPServer[Any], account: Account) -> None:
    @server.resource(
        f"{_LINE}/conversations/{{phone_number}}{_PAGED}", name="conversation", title="Conversation", mime_type=_JSON
    )
    async def conversation(
        dashboard_id: str, phone_number: str, page: str = "0", page_size: str = str(DEFAULT_SIZE)
    ) -> str:
        """The texts between a line and one contact, page by page."""
        line = await _line(account, dashboard_id)
        number = _number(phone_number)
        return await _document(account, await list_messages(line, number, *_page(page, page_size)), line, number)


def _add_groups(server: MCPServer[Any], account: Account) -> None:
    @server.resource(f"{_LINE}/groups{_PAGED}", name="groups", title="Groups", mime_type=_JSON)
    async def groups(dashboard_id: str, page: str = "0", page_size: str = str(DEFAULT_SIZE)) -> str:
        """A line's groups, page by page."""
        line = await _line(account, dashboard_id)
        return await _document(account, await list_groups(line, *_page(page, page_size)), line)


def _add_payments(server: MCPServer[Any], account: Account) -> None:
    @server.resource(f"{_LINE}/payments/{{payment_id}}", name="payment", title="Payment", mime_type=_JSON)
    async def payment(dashboard_id: str, payment_id: str) -> str:
        """One payment request of a line."""
        line = await _line(account, dashboard_id)
        return await _document(account, await get_payment(line, _id(payment_id, "payment_id")), line)


async def _line(account: Account, dashboard_id: str) -> TextingLine:
    return await account.line(_id(dashboard_id, "dashboard_id"))


async def _document(
    account: Account, answer: BaseModel, line: TextingLine | None = None, number: str | None = None
) -> str:
    """JSON without nulls, with `last_modified` where a time is known; noted for the rules like a tool's answer."""
    said = answer.model_dump(mode="json", exclude_none=True)
    telling = Telling(account.policy, _NO_CALLER, line.id if line is not None else None, number)
    await telling.note(type(answer), said)
    known = [time for time in _times_in(said) if time]
    text = answer.model_dump_json(exclude_none=True)
    return f'{{"last_modified":"{max(known)}",{text[1:]}' if known else text


def _times_in(value: Any) -> list[str]:
    if isinstance(value, list):
        items: list[Any] = value  # pyright: ignore[reportUnknownVariableType] - JSON
        return [time for item in items for time in _times_in(item)]
    if not isinstance(value, dict):
        return []
    document: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType] - JSON
    own = [document[name] for name in _TIMES if name in document]
    return own + [time for part in document.values() for time in _times_in(part)]


_ID, _NUMBER, _PAGE, _SIZE = (TypeAdapter[Any](kind) for kind in (Id, Number, PageNumber, PageSize))


def _read(adapter: TypeAdapter[Any], text: str, name: str) -> Any:
    try:
        return adapter.validate_python(text)
    except ValidationError as error:
        what = error.errors(include_url=False, include_input=False)[0]["msg"].removeprefix("Value error, ")
        raise BadInput(f"{name} in the address is wrong: {what}.", todo="Take the address from a list.") from None


def _id(text: str, name: str) -> int:
    return _read(_ID, text, name)


def _number(text: str) -> str:
    return _read(_NUMBER, text, "phone_number")


def _page(page: str, page_size: str) -> tuple[int, int]:
    return _read(_PAGE, page, "page"), _read(_SIZE, page_size, "page_size")
