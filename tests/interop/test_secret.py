"""Clients that others wrote bring the secret of a real account over HTTP and SSE, and give up where they do not."""

import os
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest
from tests.interop.clients import Case, Session, need, play, sessions, why_missing
from tests.served import address_of, bearing_secret, real_account, running
from tests.surface import DEFAULT_TOOLS

STORY: list[dict[str, Any]] = [
    {
        "replies": None,
        "steps": {
            "tools": ["tools"],
            "lines": ["call", "list_dashboards", {}],
            "lines_document": ["read", "textrequest://dashboards"],
        },
    }
]
CASES = [
    Case("mcp1", "http", "legacy"),
    Case("mcp1", "sse", "legacy"),
    Case("mcp2", "http", "auto"),
    Case("mcp2", "sse", "legacy"),
    Case("fastmcp", "http", "auto"),
    Case("fastmcp", "sse", "legacy"),
    Case("ts1", "http", "legacy"),
    Case("ts1", "sse", "legacy"),
    Case("ts2", "http", "auto"),
    Case("ts2", "sse", "legacy"),
]


class Listening(NamedTuple):
    """A server for each transport, of an account that the pretend service has.

    Attributes:
        addresses: by the transport.
        secret: the header that both want.
    """

    addresses: dict[str, str]
    secret: dict[str, str]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Generator[Listening]:
    folder = tmp_path_factory.mktemp("state")
    with ExitStack() as servers:
        service = servers.enter_context(running("sandbox", "--port", "0"))
        assert service.stderr is not None
        *_, url, _, _, key = service.stderr.readline().split()
        environment = real_account(url, folder) | {"TEXTREQUEST_API_KEY": key}
        started = {
            transport: servers.enter_context(
                running("serve", "--transport", transport, "--port", "0", environment=environment)
            )
            for transport in ("http", "sse")
        }
        addresses = {transport: address_of(server) for transport, server in started.items()}
        yield Listening(addresses, bearing_secret(folder))


@pytest.fixture(scope="module")
def plays(
    request: pytest.FixtureRequest, account: Listening, clean_environment: dict[str, str]
) -> Generator[Callable[[Case], list[Session]]]:
    """All the plays that the chosen tests need, a few at a time: they mostly wait for processes to start."""
    items: list[Any] = request.session.items
    chosen = {item.callspec.params["case"] for item in items if "plays" in getattr(item, "fixturenames", ())}
    with ThreadPoolExecutor((os.cpu_count() or 1) + 1) as pool:
        started: dict[Case, Future[list[Session]]] = {
            case: pool.submit(
                sessions, case, account.addresses[case.transport], STORY, clean_environment, account.secret
            )
            for case in CASES
            if case in chosen and why_missing(case.client) is None
        }
        yield lambda case: started[case].result()


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_client_that_brings_the_secret_works_on_the_account(case: Case, plays: Callable[[Case], list[Session]]):
    need(case.client)
    [session] = plays(case)

    assert len(session.answers["tools"]["tools"]) == DEFAULT_TOOLS
    lines = session.answers["lines"]["structuredContent"]["items"]
    assert [line["id"] for line in lines] == [121, 122, 123]
    assert session.answers["lines_document"]["contents"]


@pytest.mark.parametrize("case", [case for case in CASES if case.transport == "http"], ids="-".join)
def test_client_without_the_secret_gives_up(case: Case, account: Listening, clean_environment: dict[str, str]):
    """It neither hangs nor finds a way to sign in; all but SDK 1.x for Python also show the server's sentence."""
    need(case.client)

    done = play(case, account.addresses["http"], STORY, clean_environment)

    assert done.returncode != 0
    assert done.stdout == ""
    assert ("401 Unauthorized" if case.client == "mcp1" else "It stands in the file http-token") in done.stderr
