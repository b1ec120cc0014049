"""Lists of more than a page: nothing is left out between two pages, however close or untidy the texts in them are."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest
from tests.live.listed_account import LINES, ListedAccount, Text

from textrequest_mcp.account.account import Account
from textrequest_mcp.live.event_filter import EventFilter
from textrequest_mcp.sandbox import make_key
from textrequest_mcp.sandbox.records import Contact, Message
from textrequest_mcp.settings.table import Settings
from textrequest_mcp.wiring import open_account

LINE = LINES[0]
MARIA = Contact(1, "14235550100", 0.0)
FULL_PAGE = 1000


@asynccontextmanager
async def watched(service: ListedAccount, folder: Path) -> AsyncGenerator[Account]:
    """An account whose line has been looked at once, when it was empty."""
    async with service.serve():
        settings = Settings(api_key=service.key, base_url=service.base_url, state_dir=folder, rate_limit=(10_000, 60.0))
        async with open_account(settings) as (account, _):
            await account.live.reader.read_on(LINE)
            yield account


async def in_the_log(account: Account) -> list[str]:
    noted = await account.live.log.read(0, EventFilter(dashboard_id=LINE), 10_000)
    return [each.event.message_id for each in noted]


def list_text(service: ListedAccount, number: int, at: float, off: float = 0.0) -> str:
    text = Text(LINE, MARIA, Message(f"text-{number}", f"Text {number}", "R", None, at))
    service.show(text, off=off)
    return text.message.id


@pytest.mark.uncounted
@pytest.mark.parametrize("before", [0, 1, 500])
async def test_more_than_a_page_within_one_second_is_read_to_its_end(before: int, tmp_path: Path):
    service = ListedAccount(make_key())
    async with watched(service, tmp_path) as account:
        now, numbers = service.now() // 1, count()
        names = [list_text(service, next(numbers), now - 200) for _ in range(before)]
        names += [list_text(service, next(numbers), now - 1 + place / 5000) for place in range(2 * FULL_PAGE + 1)]

        await account.live.reader.read_on(LINE)

        assert await in_the_log(account) == names


async def test_a_newer_text_at_the_end_of_a_page_hides_none_of_the_next_page(tmp_path: Path):
    service = ListedAccount(make_key())
    async with watched(service, tmp_path) as account:
        began, numbers = service.now() // 1 - 3000, count()
        names = [list_text(service, next(numbers), began + place) for place in range(FULL_PAGE - 1)]
        names += [list_text(service, next(numbers), began + FULL_PAGE + 3, off=-4.5)]
        names += [list_text(service, next(numbers), began + FULL_PAGE + place) for place in range(FULL_PAGE)]

        await account.live.reader.read_on(LINE)

        assert sorted(await in_the_log(account)) == sorted(names)
