"""One member's many sessions: their oldest end, and colleagues get in."""

from pathlib import Path

import httpx2
from tests.commands.people.team import ACCEPT, Team, serving
from tests.served import INITIALIZE

from textrequest_mcp.commands.people.shares import MOST_OF_A_MEMBER

PING = {"jsonrpc": "2.0", "id": 2, "method": "ping"}


def opens(http: httpx2.Client, team: Team) -> str:
    answer = http.post(team.address, json=INITIALIZE)
    assert answer.status_code == 200
    return answer.headers["mcp-session-id"]


def test_a_member_who_opens_more_sessions_than_their_share_ends_their_own_oldest_ones_alone(tmp_path: Path):
    with serving(tmp_path) as team:
        headers = {name: {**ACCEPT, **team.bearing(name)} for name in ("Anna", "Ben Ruiz")}
        with httpx2.Client(headers=headers["Anna"]) as anna, httpx2.Client(headers=headers["Ben Ruiz"]) as ben:
            his = opens(ben, team)
            kept = opens(anna, team)
            hers: list[str] = []
            for _ in range(MOST_OF_A_MEMBER + 40):
                hers.append(opens(anna, team))
                if len(hers) % 20 == 0:
                    assert anna.post(team.address, json=PING, headers={"mcp-session-id": kept}).status_code == 200
            statuses = [
                anna.post(team.address, json=PING, headers={"mcp-session-id": session}).status_code
                for session in (hers[0], hers[-MOST_OF_A_MEMBER - 5], hers[-1], kept)
            ]
            assert ben.post(team.address, json=PING, headers={"mcp-session-id": his}).status_code == 200
            assert ben.delete(team.address, headers={"mcp-session-id": his}).status_code == 200
            assert opens(ben, team)

    assert statuses == [404, 404, 200, 200]
