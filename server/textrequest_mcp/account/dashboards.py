"""Dashboards: the texting lines of the account."""

from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import Field

from textrequest_mcp.account.account import Account, InAccount, Line
from textrequest_mcp.account.lines import for_all_lines
from textrequest_mcp.ground.member import has_every_line
from textrequest_mcp.ground.quoting import one_line, quoted, some, visible
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.guard.once.departure import LedgerDeparture
from textrequest_mcp.guard.once.ledger_rows import Send
from textrequest_mcp.guard.once.same_act import Candidate, SameAct, SearchTerms
from textrequest_mcp.tools.answers import Answer, Code, LineName, LinePhone, Listing, Whole
from textrequest_mcp.tools.declare import Toolset
from textrequest_mcp.tools.parameters import Filled, LineId, Number, PageNumber, PageSize
from textrequest_mcp.upstream.errors import NotFound, Refused, TextRequestError
from textrequest_mcp.upstream.page import DEFAULT_SIZE, read_page
from textrequest_mcp.upstream.phone import from_wire, wire

dashboards = Toolset("dashboards")

_FREE_NUMBERS_SHOWN = 5


class Dashboard(Answer):
    """A texting line."""

    id: Whole = None
    name: LineName = None
    phone: LinePhone = None
    time_zone: Code = Field(default=None, validation_alias="timeZoneId")


class Dashboards(Listing):
    """The account's lines."""

    told_elsewhere = True
    items: list[Dashboard] = Field(default_factory=list[Dashboard])


class DashboardRenamed(Dashboard):
    """A line under its new name."""

    was: LineName = Field(default=None, description="The old name")


class DashboardDeleted(Answer):
    """A line that is gone."""

    dashboard_id: Whole = None


@dashboards.reads(title="List lines", action="GetDashboards")
async def list_dashboards(account: InAccount, page: PageNumber = 0, page_size: PageSize = DEFAULT_SIZE) -> Dashboards:
    """List the texting lines (dashboards) of the account: id, name, number. Other tools take the id."""
    if not has_every_line():
        return await _listed(account, page, page_size)
    answer = await account.api.get("dashboards", query={"page": page, "page_size": page_size})
    return Dashboards.of(answer, page=page, page_size=page_size)


async def _listed(account: InAccount, page: int, page_size: int) -> Dashboards:
    """One page of the lines that the current member may use."""
    lines = await account.lines()
    first = page * page_size
    here = lines[first : first + page_size]
    rows = [Dashboard(id=line.id, name=line.name, phone=from_wire(line.phone), time_zone=line.zone) for line in here]
    next_page = page + 1 if first + page_size < len(lines) else None
    return Dashboards(page=page, page_size=page_size, total_items=len(lines), next_page=next_page, items=rows)


@dashboards.reads(title="Get a line", action="GetDashboard")
async def get_dashboard(line: Line) -> Dashboard:
    """Get one texting line's name and number."""
    answer = await line.get()
    if answer is None:
        raise NotFound("There is no such line.", todo="See list_dashboards.")
    return Dashboard.asked_for(answer, id=line.id)


async def _before_deleting(account: InAccount, dashboard_id: LineId) -> Question:
    line = await account.line(dashboard_id)
    dashboard = await get_dashboard(line)
    name = one_line(dashboard.name)
    if not name:
        raise TextRequestError(
            f"Line {dashboard_id} has no name that a person could type to agree.", todo="Rename it first."
        )
    counts: list[str] = []
    for noun, plural in (("contact", "contacts"), ("conversation", "conversations"), ("group", "groups")):
        query = {"page": 0, "page_size": 1} | ({"include_archived": True} if noun == "conversation" else {})
        listed = Listing.of(await line.get(plural, query=query), page=0, page_size=1)
        counts.append(some(listed.total_items, noun))
    return Question(
        f"Delete the texting line {quoted(name)} ({dashboard.phone or 'no number'}, line {dashboard_id}) with "
        f"{', '.join(counts)}, all their messages and its webhooks? Customers can no longer reach this number here. "
        f"It cannot be undone. To go ahead, type the line's name: {name}",
        must_type=name,
    )


async def _find(account: Account, facts: SearchTerms) -> list[Candidate]:
    """The line with this number: only one has it."""
    account.forget_lines()
    return [
        Candidate(str(line.id), None, {"id": line.id})
        for line in await account.lines()
        if from_wire(line.phone) == facts.kept["phone"] and facts.says("name", line.name)
    ]


async def _news(account: Account, send: Send) -> Mapping[str, Any]:
    line_id = int(send.upstream_id or 0)
    answer = await account.api.get("dashboards", line_id)
    return {"id": line_id} if answer is not None else {}


CREATING = SameAct(same=("name", "phone"), facts=("phone",), words=("name",), find=_find, news=_news, id_field="id")


async def _before_creating(name: Filled, phone: Number) -> Question:
    for_all_lines("A new line")
    return Question(f'Make a new line "{visible(name)}" with the number {phone}? It may be billed.')


async def _before_renaming(line: Line, name: Filled) -> Question:
    return Question(f'Rename {await line.title()} to "{visible(name)}"? The old name is gone then.')


@dashboards.writes(
    title="Create a line",
    action="CreateDashboard",
    overwrites=False,
    idempotent=False,
    once=CREATING,
    question=_before_creating,
)
async def create_dashboard(
    account: InAccount,
    departure: LedgerDeparture,
    name: Annotated[Filled, Field(description="For people")],
    phone: Annotated[Number, Field(description="A provisioned number of the account; an error lists free ones")],
) -> Dashboard:
    """Create a texting line on a number provisioned for the account. It may be billed; administrators get an email."""
    for_all_lines("A new line")
    try:
        answer = await account.api.post("dashboards", body={"name": name, "phone": wire(phone)}, departure=departure)
    except Refused as refused:
        if refused.status != HTTPStatus.BAD_REQUEST:
            raise
        raise await _with_free_numbers(account, refused, area_code=phone[2:5]) from None
    account.forget_lines()
    return Dashboard.changed(answer, look_with="list_dashboards", needs="id", name=name, phone=phone)


@dashboards.writes(
    title="Rename a line",
    action="UpdateDashboardsName",
    overwrites=True,
    idempotent=True,
    question=_before_renaming,
)
async def rename_dashboard(line: Line, name: Annotated[Filled, Field(description="The new name")]) -> DashboardRenamed:
    """Rename a texting line. Its number cannot change."""
    with suppress(TextRequestError, StoreError):
        await line.account.lines()
    was = line.account.known_name(line.id)
    answer = await line.put(body={"name": name})
    line.account.forget_lines()
    renamed = DashboardRenamed.changed(answer or {}, look_with="get_dashboard", id=line.id, name=name)
    renamed.was = was
    return renamed


@dashboards.destroys(title="Delete a line", action="DeleteDashboard", question=_before_deleting, types_name=True)
async def delete_dashboard(account: InAccount, dashboard_id: LineId) -> DashboardDeleted:
    """Delete a texting line with everything in it, for good."""
    await (await account.line(dashboard_id)).delete()
    account.forget_lines()
    return DashboardDeleted(dashboard_id=dashboard_id)


async def _with_free_numbers(account: InAccount, refused: Refused, area_code: str) -> Refused:
    """The same refusal, saying which numbers of the area are free (wire-facts, Dashboards)."""
    try:
        answer = await account.api.get("dashboards", "provisioning", query={"area_code": area_code})
        free = read_page(answer, page=0, page_size=0).items
    except (TextRequestError, StoreError):  # the first refusal is the news, whatever becomes of this
        return refused
    numbers = ", ".join(f"{from_wire(number)}" for number in free[:_FREE_NUMBERS_SHOWN])
    todo = f"Numbers that are free in area code {area_code}: {numbers}." if numbers else "No number is free there."
    return Refused(refused.what, status=refused.status, code=refused.code, todo=todo)
