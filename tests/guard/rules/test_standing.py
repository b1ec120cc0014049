"""What the person allowed beforehand goes unasked, as far as they allowed it, and nothing else does."""

import stat
from pathlib import Path
from typing import Any

import pytest
from tests.desk import DEVON, LINE, MARIA, OWES, Desk, call, declines, open_desk, said
from tests.unruled import ruled_but

from textrequest_mcp.commands.policy import as_table, check_rules
from textrequest_mcp.guard.rules.standing import read_standing
from textrequest_mcp.settings.table import Settings, SettingsError
from textrequest_mcp.wiring import rules_of

WISH = """
[[wish]]
name = "ready"
to = ["group:Spring Specials", "tag:vip", "+14235550105"]
texts = ["Hi {first_name}, your car is ready. We close at {time}.", "See you {day}!"]
per_day = 2
"""
READY = "Hi Maria, your car is ready. We close at 6 pm."
DAY = 86_400.0
# Maria waits for an answer, which is another rule's matter.
ANSWERED = ruled_but({"if_unanswered": False})


def written(folder: Path, text: str = WISH) -> str:
    file = folder / "standing.toml"
    file.write_text(text, "utf-8")
    file.chmod(stat.S_IRUSR | stat.S_IWUSR)
    return str(file)


async def outcome(desk: Desk, number: str = MARIA, body: str = READY, **more: Any) -> str | None:
    """What became of a text whose question a person declines."""
    async with desk.host(declines()) as host:
        return said(await call(host, "send_message", phone_number=number, body=body, **more)).get("outcome")


@pytest.mark.parametrize("confirm", ["destructive", "sends", "all"])
async def test_a_text_that_a_wish_allows_asks_nobody_whatever_was_read(tmp_path: Path, confirm: Any):
    async with open_desk(**ANSWERED, confirm=confirm, standing=written(tmp_path)) as desk:
        await desk.call("list_messages", phone_number="+14045550109")

        assert await outcome(desk) == "sent"
        rows = [row.entry async for row in desk.account.audit.trail.entries() if row.entry is not None]
    assert [row.approved_by for row in rows if row.kind == "approval"] == ["standing:ready"]


@pytest.mark.parametrize(
    ("number", "body", "more"),
    [
        (DEVON, "See you Friday!", {}),  # in another group
        (MARIA, "Hi Maria, your car is ready. We close at evil.example.", {}),
        (MARIA, "Hi Sam, your car is ready. We close at 6.", {}),
        (MARIA, READY + " Bring cash.", {}),
        (MARIA, READY, {"sender_name": "The bank"}),
        (MARIA, READY, {"dashboard_id": 122}),
    ],
)
async def test_any_other_text_asks(tmp_path: Path, number: str, body: str, more: dict[str, Any]):
    async with open_desk(**ANSWERED, confirm="sends", standing=written(tmp_path)) as desk:
        assert await outcome(desk, number, body, **more) == "not_confirmed"


async def test_whom_it_is_for(tmp_path: Path):
    wish = WISH.replace('"+14235550105"]', '"+14235550105", "had a text from us before"]\nline = 121')
    async with open_desk(**ANSWERED, confirm="sends", standing=written(tmp_path, wish)) as desk:
        assert await outcome(desk, OWES, "See you Friday!") == "sent"
        assert await outcome(desk, "+14045550109", "See you tomorrow!") == "sent"
        assert await outcome(desk, DEVON, "See you Friday!") == "not_confirmed"


@pytest.mark.parametrize("name", ["evil.co/x", "Ben your car was sold", "Ben 9005550100", "Ben at evil\u3002com"])
async def test_a_name_that_says_more_than_a_name_asks(tmp_path: Path, name: str):
    wish = WISH.replace("texts = [", 'texts = ["Hi {first_name}, come in.", ')
    async with open_desk(**ANSWERED, confirm="sends", standing=written(tmp_path, wish)) as desk:
        await desk.call("save_contact", phone_number=MARIA, first_name=name)
        assert await outcome(desk, body=f"Hi {name}, come in.") == "not_confirmed"
        await desk.call("save_contact", phone_number=MARIA, first_name="Maria del Carmen")
        assert await outcome(desk, body="Hi Maria del Carmen, come in.") == "sent"


async def test_so_many_a_day_over_all_servers_and_then_it_asks(tmp_path: Path):
    async with open_desk(**ANSWERED, confirm="sends", standing=written(tmp_path), state_dir=tmp_path) as desk:
        assert await outcome(desk) == "sent"
    async with open_desk(**ANSWERED, confirm="sends", standing=written(tmp_path), state_dir=tmp_path) as desk:
        assert await outcome(desk, body="See you Friday!") == "sent"
        assert await outcome(desk, body="See you Monday!") == "not_confirmed"
        desk.clock.forward(DAY)
        assert await outcome(desk, body="See you Monday!") == "sent"


async def test_two_calls_at_once_do_not_use_the_last_one_twice(tmp_path: Path):
    async with open_desk(**ANSWERED, standing=written(tmp_path)) as desk:
        standing = desk.account.policy.standing
        assert standing is not None
        await standing.use("ready")
        await standing.use("ready")
        with pytest.raises(Exception, match="allows 2 texts in 24 hours, and those are used") as refused:
            await standing.use("ready")

    assert "a person is asked then. The rule is TEXTREQUEST_STANDING" in str(refused.value)


async def test_what_else_has_a_doubt_still_asks(tmp_path: Path):
    async with open_desk(**ANSWERED, standing=written(tmp_path)) as desk:
        await desk.account.policy.consent.heard(LINE, MARIA, "please stop texting me", desk.clock())

        assert await outcome(desk) == "not_confirmed"


async def test_nothing_but_a_text_is_allowed(tmp_path: Path):
    async with (
        open_desk(**ANSWERED, confirm="sends", standing=written(tmp_path)) as desk,
        desk.host(declines()) as host,
    ):
        money = {"customer_phone": MARIA, "amount_requested": "5", "description": "See you Friday!"}

        assert said(await call(host, "create_payment", **money))["outcome"] == "not_confirmed"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("wish = 1", "wish: Input should be a valid tuple"),
        ("[wish", "is no TOML: "),
        (WISH + WISH, "two wishes have the same name"),
        (WISH + 'color = "red"', "wish 1 color: Extra inputs are not permitted"),
        (WISH.replace('"ready"', '" "'), "wish 1 name: String should have at least 1 character"),
        (WISH.replace("= 2", "= 0"), "wish 1 per_day: Input should be greater than 0"),
        (WISH + 'line = "121"', "wish 1 line: Input should be a valid integer"),
        (WISH.replace('to = ["group:Spring Specials", "tag:vip", "+14235550105"]', ""), "wish 1 to: Field required"),
        (WISH.replace('"tag:vip"', '"Maria"'), 'wish 1 to 2: "Maria" is neither a number, group:NAME'),
        (WISH.replace('"tag:vip"', "7"), r"wish 1 to 2: Input should be a valid string"),
        (WISH.replace("{time}", "{link}"), r"wish 1 texts 1: \{link\} is a blank that is none of first_name"),
    ],
)
def test_a_file_that_makes_no_sense_starts_no_server(tmp_path: Path, text: str, problem: str):
    settings = Settings(api_key="k", standing=written(tmp_path, text))

    with pytest.raises(SettingsError, match=f"^TEXTREQUEST_STANDING: .*{problem}"):
        check_rules(settings)


def test_nor_does_one_that_is_missing_or_that_others_can_write(tmp_path: Path):
    with pytest.raises(ValueError, match=r"^TEXTREQUEST_STANDING names a file that cannot be read \(FileNotFoundE"):
        read_standing(str(tmp_path / "none"))
    file = written(tmp_path)
    Path(file).chmod(0o666)
    with pytest.raises(ValueError, match="names a file that others can write"):
        read_standing(file)


def test_the_policy_prints_each(tmp_path: Path):
    file = written(tmp_path, WISH + "line = 121")
    told = as_table(Settings(api_key="k", standing=file))

    assert told.splitlines()[-1] == (
        "Standing wish ready: to group:Spring Specials, tag:vip, +14235550105 on line 121, at most 2 in 24 hours: "
        "'Hi {first_name}, your car is ready. We close at {time}.' / 'See you {day}!'"
    )
    assert rules_of(Settings(api_key="k")).standing == ()
    assert "Standing wish" not in as_table(Settings(api_key="k"))


class TestMany:
    """A wish that allows every text of a mailing, and has so many left."""

    @staticmethod
    def wish(folder: Path, *, per_day: int = 20, to: str = '"tag:vip"') -> str:
        text = f'[[wish]]\nname = "early"\nto = [{to}]\ntexts = ["Hi {{first_name}}, we close at {{time}}."]\n'
        return written(folder, f"{text}per_day = {per_day}")

    @staticmethod
    async def texted(desk: Desk, body: str = "Hi {first_name}, we close at 4.") -> str | None:
        async with desk.host(declines()) as host:
            return said(await call(host, "text_many", body=body, to=["tag:VIP"])).get("outcome")

    @pytest.mark.parametrize("confirm", ["destructive", "all"])
    async def test_it_goes_out_unasked_and_counts_each(self, tmp_path: Path, confirm: Any):
        async with open_desk(**ANSWERED, confirm=confirm, standing=self.wish(tmp_path)) as desk:
            await desk.call("list_messages", phone_number="+14045550109")
            assert await self.texted(desk) == "sent"
            rows = [row.entry async for row in desk.account.audit.trail.entries() if row.entry is not None]

            assert [row.approved_by for row in rows if row.kind == "approval"] == ["standing:early"]
            sent = len(desk.changes)
            assert sent > 2
            standing = desk.account.policy.standing
            assert standing is not None
            await standing.use("early", 20 - sent)
            with pytest.raises(Exception, match="allows 20 texts"):
                await standing.use("early")

    async def test_other_words_too_few_left_and_somebody_else_ask(self, tmp_path: Path):
        for file in (self.wish(tmp_path, per_day=2), self.wish(tmp_path, to='"+14235550100"')):
            async with open_desk(**ANSWERED, standing=file) as desk:
                assert await self.texted(desk) == "not_confirmed"
        async with open_desk(**ANSWERED, standing=self.wish(tmp_path)) as desk:
            assert await self.texted(desk, "Hi {first_name}, come by!") == "not_confirmed"
