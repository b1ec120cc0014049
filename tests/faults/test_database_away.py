"""A server whose database is away: it starts, reads go on, nothing is sent, and it needs no restart afterwards."""

import socket
from contextlib import closing

import psycopg.conninfo
import pytest
from tests import engines
from tests.cutting import Cutting
from tests.desk import DEVON, open_desk, refusal, said

from textrequest_mcp.ground import postgres


async def test_a_server_whose_database_is_away_reads_on_sends_nothing_and_goes_on_by_itself(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(postgres, "_AWAY_SECONDS", 0.0)
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = psycopg.conninfo.make_conninfo(engines.emptied(engines.schema(0)), host="127.0.0.1", port=port)

    async with open_desk(database_url=url) as desk:
        assert said(await desk.call("list_contacts"))["items"]
        sentence = refusal(await desk.call("send_message", phone_number=DEVON, body="Your car is ready."))
        assert "The database cannot be used" in sentence
        assert "Nothing was sent or changed by this call." in sentence
        assert desk.changes == []

        with Cutting(port=port):
            sent = said(await desk.call("send_message", phone_number=DEVON, body="Your car is ready."))
            assert sent["outcome"] == "sent"
        assert len(desk.changes) == 1

        again = said(await desk.call("list_messages", phone_number=DEVON))
        assert again["items"][0]["body"] == "Your car is ready."
