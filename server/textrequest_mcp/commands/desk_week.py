"""The desk's page of the week: texts and answer times by day, as plots."""

from collections.abc import Mapping

from textrequest_mcp.account.account import Account
from textrequest_mcp.account.count import count
from textrequest_mcp.account.daily import chosen_lines
from textrequest_mcp.commands.report_page import section
from textrequest_mcp.guard.approval.site import Room


def week_room(account: Account) -> Room:
    """The page of the week."""

    async def written(_: Mapping[str, str]) -> str:
        now = account.policy.now()
        parts = [
            section(await count(line, known, "last_7_days", "day", now))
            for line, known in await chosen_lines(account, None)
        ]
        return f"<h1>The last 7 days</h1>{''.join(parts)}"

    return Room(path="week", title="Week", written=written)
