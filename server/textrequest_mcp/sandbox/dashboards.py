"""Dashboards: the account's texting lines, and the numbers for a new line."""

from typing import Any

from starlette.responses import Response

from textrequest_mcp.sandbox.account import Account
from textrequest_mcp.sandbox.phone import eleven_digits
from textrequest_mcp.sandbox.records import Line
from textrequest_mcp.sandbox.refusals import Refusal
from textrequest_mcp.sandbox.request import Body, Call, nothing, shown

OFFERED = 30
# The seeded contacts have the fictional numbers 555-0100 to 555-0159; the rest of them are for lines.
_FIRST_OFFERED, _LAST_OFFERED = 60, 98


def view(line: Line) -> dict[str, Any]:
    return {"id": line.id, "name": line.name, "phone": line.phone, "timeZoneId": line.time_zone}


def list_all(call: Call) -> Response:
    items, meta = call.page(list(call.account.lines.values()))
    return shown({"items": [view(line) for line in items], "meta": meta})


def read(call: Call) -> Response:
    return shown(view(call.line))


def create(call: Call) -> Response:
    fields = call.fields()
    name, phone = fields.required("name"), eleven_digits(fields.required("phone"))
    lines = call.account.lines
    if any(line.phone == phone for line in lines.values()):
        raise Refusal(400, "The phone number is in use.", "phoneInUse")
    if phone not in _offer(call.account, phone[1:4]):
        raise Refusal(400, "The phone number is not provisioned.", "phoneInvalid")
    line = Line(max(lines, default=120) + 1, name, phone)
    lines[line.id] = line
    return shown(view(line))


def rename(call: Call) -> Response:
    """wire-facts, Dashboards: the name only. Without one it stays (no source: the vendor lists no refusal here)."""
    line, name = call.line, Body.of(call.body or {}).text("name") or ""
    line.name = name if name.strip() else line.name
    return shown(view(line))


def delete(call: Call) -> Response:
    """wire-facts, Dashboards: the line's hooks go with it."""
    line = call.account.lines.pop(call.path_number("dashboard_id"), None)
    if line is None:
        raise Refusal(404, "There is no such dashboard.", silent=True)
    return nothing()


def provisioning(call: Call) -> Response:
    area_code = call.query.get("area_code", "")
    if not (area_code.isascii() and area_code.isdigit() and len(area_code) == 3 and area_code[0] > "1"):
        raise Refusal(400, "area_code must be the three digits of an area code.", "parameterInvalid")
    return shown(_offer(call.account, area_code))


def _offer(account: Account, area_code: str) -> list[str]:
    taken = {line.phone for line in account.lines.values()}
    numbers = (f"1{area_code}55501{tail:02d}" for tail in range(_FIRST_OFFERED, _LAST_OFFERED + 1))
    return [number for number in numbers if number not in taken][:OFFERED]
