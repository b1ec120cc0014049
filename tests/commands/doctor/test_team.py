"""What `doctor` sees of a team: its file, who may approve, and where its people sign in."""

from pathlib import Path

from tests.commands.people.provider import provided

from textrequest_mcp.commands.doctor.team import people_of
from textrequest_mcp.settings.table import Settings

READER = "Anna texts:read * sub:1\n"


def team(file: Path, text: str, issuer: str | None = None, mode: int = 0o600) -> Settings:
    file.write_text(text, "utf-8")
    file.chmod(mode)
    return Settings(api_key="", tokens_file=file, issuer=issuer)


async def test_without_a_team_there_is_nothing_to_say():
    assert await people_of(Settings(api_key=""), online=True) == []


async def test_a_file_that_cannot_be_used_lets_nobody_in(tmp_path: Path):
    for text, mode, why in (("what?", 0o600, "line 1: a line has a name"), (READER, 0o644, "give it mode 0600")):
        [found] = await people_of(team(tmp_path / "people", text, mode=mode), online=False)
        assert (found.state, why in found.says) == ("problem", True)


async def test_a_team_in_which_nobody_may_approve_is_noted(tmp_path: Path):
    one, noted = await people_of(team(tmp_path / "people", READER), online=False)
    [both] = await people_of(team(tmp_path / "people", READER + "Ben approve * sub:2\n"), online=False)

    assert (one.state, noted.state, both.state) == ("ok", "note", "ok")
    assert "Nobody may approve" in noted.says
    assert "2 names" in both.says


async def test_online_the_provider_is_asked(tmp_path: Path):
    people = "Ben approve * sub:2\n"
    with provided() as provider:
        well = await people_of(team(tmp_path / "people", people, provider.issuer), online=True)
    away = await people_of(team(tmp_path / "people", people, provider.issuer), online=True)

    assert [each.state for each in well] == ["ok", "ok"]
    assert [each.state for each in away] == ["ok", "problem"]
    assert "cannot be asked" in away[1].says
