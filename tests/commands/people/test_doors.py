"""What the file of people says, by now, of somebody who was let in before."""

from pathlib import Path

from textrequest_mcp.commands.people.doors import Doors
from textrequest_mcp.commands.people.issuer import Issuer
from textrequest_mcp.commands.people.roster import Roster
from textrequest_mcp.commands.people.sign_in import SignIn
from textrequest_mcp.commands.people.tokens import Tokens
from textrequest_mcp.ground.member import Member

FILE = """
Anna texts:send 121 sub:1
Anna texts:read 122 sub:2
desk texts:send 122 group:front-desk
"""


def test_who_was_let_in_before_may_send_what_the_file_says_now(tmp_path: Path):
    file = tmp_path / "people"
    file.write_text(FILE, "utf-8")
    file.chmod(0o600)
    roster = Roster(file)
    doors = [
        Doors(Tokens(roster)),
        Doors(Tokens(roster), SignIn(Issuer("https://login.example.com"), roster, "https://texts.example.com/mcp")),
    ]
    told = {
        (name, line): {each.still_may_send(Member(id=name, name=name, scopes=frozenset()), line) for each in doors}
        for name in ("Anna", "Cleo#1", "Cleo", "Ben")
        for line in (121, 122)
    }
    nobody = Doors(Tokens(Roster(tmp_path / "no such file")))

    assert [who for who, may in told.items() if may == {True}] == [("Anna", 121), ("Cleo#1", 122)]
    assert all(len(may) == 1 for may in told.values())
    assert not nobody.still_may_send(Member(id="Anna", name="Anna", scopes=frozenset()), 121)
