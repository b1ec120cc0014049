"""What a model is told counts from then on: whose words, whose wishes, how far a conversation was read."""

from typing import Any

import pytest
from tests.desk import DEVON, LINE, MARIA, OWES, open_desk
from tests.guard.rules.test_policy import policy_of
from tests.sandbox.service import START, Clock

from textrequest_mcp.account.contact import Contact
from textrequest_mcp.account.dashboards import Dashboards
from textrequest_mcp.account.message import Messages
from textrequest_mcp.account.payment import Payment, Payments
from textrequest_mcp.guard.change import PersonAndWords
from textrequest_mcp.guard.notice import Notice
from textrequest_mcp.guard.provenance.doubts import doubts as found
from textrequest_mcp.guard.rules.policy import Policy
from textrequest_mcp.sandbox import receive

HOST = "desk"
PLACE = (LINE, MARIA)
LINK = "https://evil.example/x"


@pytest.fixture
def policy() -> Policy:
    return policy_of(Clock())


def notice(policy: Policy, person: str | None = MARIA, line: int | None = LINE) -> Notice:
    return Notice(policy, HOST, line, person)


def text(direction: str | None, body: str, at: str | None) -> dict[str, Any]:
    given = {"message_direction": direction, "body": body, "message_timestamp_utc": at}
    return {name: value for name, value in given.items() if value is not None}


def page(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"page": 0, "page_size": 25, "items": list(items)} | more


OLD, NEW = "2026-05-28T10:00:00Z", "2026-05-28T20:00:00Z"
NEW_SECONDS = START - 0.25 - 1600


async def doubts(policy: Policy, words: str, person: str = DEVON, line: int = LINE) -> list[str]:
    use = PersonAndWords(line=line, person=person, words={"body": words})
    return [doubt.reason for doubt in found(policy.provenance, use)]


class TestWords:
    @pytest.mark.parametrize("direction", ["R", None, "odd"])
    async def test_whatever_is_not_known_to_be_ours_is_theirs(self, policy: Policy, direction: str | None):
        await notice(policy).note(Messages, page(text(direction, LINK, NEW)))

        assert "read_before" in await doubts(policy, LINK)

    async def test_our_own_words_are_free(self, policy: Policy):
        await notice(policy).note(Messages, page(text("S", LINK, OLD), text("R", LINK, NEW)))

        assert "read_before" not in await doubts(policy, LINK)

    @pytest.mark.parametrize("field", ["note", "display_name", "suppressed_reason"])
    async def test_a_record_is_the_customers_words(self, policy: Policy, field: str):
        await notice(policy, None).note(Contact, {"phone_number": MARIA, field: LINK})

        assert "read_before" in await doubts(policy, LINK)

    async def test_so_are_values_of_fields_inside_it(self, policy: Policy):
        await notice(policy, None).note(Contact, {"phone_number": MARIA, "custom_fields": [{"value": LINK}]})

        assert "read_before" in await doubts(policy, LINK)

    async def test_a_lines_name_and_what_a_payment_is_for_are_ours(self, policy: Policy):
        await notice(policy, None).note(Dashboards, page({"name": LINK, "phone": OWES, "dashboard_id": LINE}))
        await notice(policy, None).note(Payment, {"customer_phone": MARIA, "description": "see https://b.example"})
        await notice(policy, None).note(Contact, {"phone_number": MARIA, "note": f"{LINK} https://b.example"})

        assert "read_before" not in await doubts(policy, f"{LINK} https://b.example")

    async def test_of_a_change_the_words_are_the_callers_own(self, policy: Policy):
        await notice(policy).note(Contact, {"phone_number": MARIA, "note": LINK}, words=False)

        assert await doubts(policy, LINK) == []

    async def test_switched_off_nothing_is_kept(self):
        off = policy_of(Clock(), provenance=False)
        await notice(off).note(Messages, page(text("R", LINK, NEW)))

        assert await doubts(off, LINK) == []


class TestWishes:
    async def test_a_stop_is_heard_on_the_line_of_the_call(self, policy: Policy):
        await notice(policy).note(Messages, page(text("R", "STOP", NEW)))

        assert (await policy.consent.standing(*PLACE)).stopped_at == NEW_SECONDS
        assert (await policy.consent.standing(LINE + 1, MARIA)).stopped_at is None

    @pytest.mark.parametrize("direction", ["S", None])
    async def test_what_we_wrote_is_nobodys_wish(self, policy: Policy, direction: str | None):
        await notice(policy).note(Messages, page(text(direction, "STOP", NEW)))

        assert (await policy.consent.standing(*PLACE)).stopped_at is None

    async def test_a_text_without_a_time_may_forbid_and_not_allow(self, policy: Policy):
        await notice(policy).note(Messages, page(text("R", "STOP", None)))
        await notice(policy).note(Messages, page(text("R", "START", None)))

        assert (await policy.consent.standing(*PLACE)).stopped_at == START

    async def test_switched_off_nothing_is_heard(self):
        off = policy_of(Clock(), consent=False)
        await notice(off).note(Messages, page(text("R", "STOP", NEW)))

        assert (await off.consent.standing(*PLACE)).stopped_at is None


class TestKnown:
    async def test_how_far_a_conversation_was_read_is_known_for_that_host(self, policy: Policy):
        await notice(policy).note(Messages, page(text("R", "a", NEW), text("S", "b", OLD)))

        assert policy.known.read_to(HOST, PLACE) == NEW_SECONDS
        assert policy.known.read_to("other", PLACE) is None

    async def test_a_document_counts_for_no_host_and_for_everybodys_words(self):
        async with open_desk(consent=True) as desk, desk.host() as host:
            receive(desk.sandbox, LINE, MARIA, "STOP")
            await host.read_resource(f"textrequest://dashboards/{LINE}/conversations/{MARIA}")

            assert desk.account.policy.known.read_to("test-host", PLACE) is None
            assert (await desk.account.policy.consent.standing(*PLACE)).stopped_at is not None

    async def test_of_whom_a_payment_is_asked_is_known(self, policy: Policy):
        await notice(policy, None).note(Payments, page({"payment_id": 7, "customer_phone": MARIA}))

        assert policy.known.payer(LINE, 7) == MARIA
