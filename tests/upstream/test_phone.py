"""A phone number is read in any usual form, and is never taken for somebody else's."""

import re
import subprocess
import sys
from datetime import datetime
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.phone import e164, from_wire, mask_numbers, masked, wire

MARIA = "+14235550123"
NUMBERS = st.builds(
    "+1{}5550{}".format, st.integers(200, 999).filter(lambda area: area % 100 != 11), st.integers(100, 199)
)
USUAL = [
    "+14235550123",
    "14235550123",
    "4235550123",
    "(423) 555-0123",
    "(423)555-0123",
    "423-555-0123",
    "423.555.0123",
    "423 555 0123",
    "423/555-0123",
    "+1 423 555 0123",
    "+1 (423) 555-0123",
    "+1-423-555-0123",
    "1-423-555-0123",
    "1.423.555.0123",
    "  423-555-0123 ",
    "423-555-0123\n",
]
RARE = [
    "tel:+14235550123",
    "tel:+1-423-555-0123",
    "tel:423-555-0123",
    "1-423-JKL-0123",
    "011 1 423 555 0123",
    "42 35 55 01 23",
    "[423] 555-0123",
]


@pytest.mark.parametrize("written", USUAL + RARE)
def test_every_usual_form_and_many_rare_ones_mean_the_same_number(written: str):
    assert e164(written) == MARIA


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "is empty"),
        (" \t ", "is empty"),
        ("+", "not a phone number"),
        ("Maria", "not a phone number"),
        ("Maria 4235550123", "not a phone number"),
        ("tel:", "not a phone number"),
        ("114235550123", "more in it than one number"),
        ("1 1 423 555 0123", "more in it than one number"),
        ("1", "not a phone number"),
        ("423-555-0123 or 423-555-0124", "not a phone number"),
        ("4235550123@example.com", "not a phone number"),
        ("423-555-0123 x5", "has an extension"),
        ("423-555-0123 ext. 5", "has an extension"),
        ("(423) 555-0123 #5", "has an extension"),
        ("423-555-0123,,5", "has an extension"),
        ("tel:+1-423-555-0123;ext=5", "has an extension"),
        ("+44 7700 900123", r"country code \+44"),
        ("011 44 7700 900123", r"country code \+44"),
        ("tel:7700900123;phone-context=+44", r"country code \+44"),
        ("+4235550123", r"country code \+423"),
        ("12345", "too short: 5 digits"),
        ("911", "too short: 3 digits"),
        ("555-0123", "too short: 7 digits"),
        ("423-555-012", "too short: 9 digits"),
        ("+1 423 555 012", "too short: 9 digits"),
        ("423-555-01234", "too long: 11 digits"),
        ("+1 423 555 01234", "too long: 11 digits"),
        ("0423 555 0123", "too long: 11 digits"),
        ("+1 0423 555 0123", "too long: 11 digits"),
        ("001 423 555 0123", "too long: 13 digits"),
        ("911-555-0123", "does not exist"),
        ("423-911-0123", "does not exist"),
        ("123-555-0123", "does not exist"),
        ("423-155-0123", "does not exist"),
        ("４２３５５５０１２３", "not plain digits"),  # noqa: RUF001 - full-width on purpose
        ("423–555–0123", "not plain digits"),  # noqa: RUF001 - dashes that are not hyphens, on purpose
        ("423\x00555\x000123", "not plain digits"),
        ("423-555-0123\u200b", "not plain digits"),
        ("423-555\r\n-0123", "not plain digits"),
    ],
)
def test_what_cannot_be_texted_is_refused_with_the_reason_and_an_example(written: str, reason: str):
    with pytest.raises(BadInput, match=rf"{reason}.*\. Nothing was sent or changed\. Give a US or Canadian number"):
        e164(written)


@settings(deadline=None)  # a busy machine is no fault
@given(NUMBERS)
def test_a_number_survives_the_way_to_the_service_and_back(number: str):
    assert e164(number) == number
    assert re.fullmatch("1[0-9]{10}", wire(number))
    assert from_wire(wire(number)) == number


@settings(deadline=None)  # a busy machine is no fault
@given(st.text(st.sampled_from("0123456789+()-. /x;,#*AJtel:\n")) | st.text())
@example("001 423 555 0123")
@example("tel:;phone-context=+1")
def test_any_text_is_refused_or_becomes_a_number_that_is_accepted_again_unchanged(written: str):
    try:
        number = e164(written)
    except BadInput:
        return
    assert re.fullmatch(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}", number)
    assert e164(number) == number == from_wire(wire(number))


@pytest.mark.parametrize("answered", ["14235550123", "4235550123", "+14235550123", "(423) 555-0123", "+1 423.555.0123"])
def test_a_number_in_an_answer_is_shown_in_the_form_that_a_send_accepts(answered: str):
    assert from_wire(answered) == MARIA


@pytest.mark.parametrize("answered", ["+447700900123", "+4712345678", "12345", "anonymous", "1 023 555 0123"])
def test_what_is_no_north_american_number_is_shown_as_it_is(answered: str):
    assert from_wire(answered) == answered


@pytest.mark.parametrize("answered", [None, "", False, 14235550123, []])
def test_no_number_is_shown_where_an_answer_has_no_text(answered: object):
    assert from_wire(answered) is None


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (MARIA, "the number ending in 23"),
        ("(423) 555-0123", "the number ending in 23"),
        ("23", "the number"),
        ("", "the number"),
    ],
)
def test_a_masked_number_tells_two_digits_at_most(number: str, shown: str):
    assert masked(number) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        *((f"to {number.strip()} now", "to …23 now") for number in USUAL),
        ("[423] 555-0123", "[…23"),
        ("+44 7700 900123", "…23"),
        ("+44 (0)20 7946 0123", "…23"),
        ("+(1) 423 555 0123", "…23"),
        ("(423)  -  555 - 0123", "…23"),
        ("423\N{NO-BREAK SPACE}555\N{NON-BREAKING HYPHEN}0123", "…23"),
        ("423\N{EN DASH}555\N{EN DASH}0123", "…23"),
        ("555-0123", "…23"),
        ("423 555 0123 and +1 423.555.0124", "…23 and …24"),
        ("id14235550123", "id…23"),
        ("contact_14235550123_note", "contact_…23_note"),
        ("contact-14235550123", "contact-…23"),
        ("c4235550123d", "c…23d"),
        ("/contacts/14235550123/messages", "/contacts/…23/messages"),
        ("a1b2 4235550123", "a1b…23"),
        ("2026-11-20 4235550123", "2026-11-20 …23"),
        ("2026-11-23 07:25:27 4235550123", "2026-11-23 07:25:27 …23"),
        ("2026-11-23 07:25:27-4235550123", "2026-11-23 07:25:27-…23"),
        ("2026-11-23-4235550123", "…23"),
        ("1-2026-11-20", "…20"),
        ("٠١٢٣٤٥٦٧", "…٦٧"),
    ],
)
def test_every_spelling_of_a_number_is_cut_to_its_last_two_digits(text: str, shown: str):
    assert mask_numbers(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain words",
        "2026-11-23 07:25:27",
        "2026-11-23 07:25:27,123 INFO textrequest_mcp.x: hello",
        "2026-11-20T15:04:05Z",
        "2026-11-20T15:04:05.123456+05:30",
        "from 2026-11-20 to 2026-11-21",
        "created_2026-11-20T15:04:05-0500",
        "550e8400-e29b-41d4-a716-446655440000",
        "tag_550E8400-E29B-41D4-A716-446655440000.",
        'GET "HTTP/1.1" 200',
        "HTTP/1.1 404",
        "127.0.0.1:50321",
        "dashboard 121, payment 2501, code 30050, id 123456",
        "12.50 of 100.00 dollars",
    ],
)
def test_times_and_ids_that_are_no_numbers_stay(text: str):
    assert mask_numbers(text) == text


SEPARATORS = st.text(st.sampled_from(" .-/()"), max_size=8)


@settings(deadline=None)  # a busy machine is no fault
@given(
    st.text(st.characters(exclude_categories=["Nd"])),
    st.sampled_from(["", "+", "+1 ", "1", "1-", "(", "id", "_", "-"]),
    st.lists(st.tuples(st.sampled_from("0123456789"), SEPARATORS), min_size=7, max_size=15),
    st.text(st.characters(exclude_categories=["Nd"])),
)
def test_no_number_gets_through_whatever_stands_around_it(
    before: str, sign: str, number: list[tuple[str, str]], after: str
):
    digits = "".join(digit for digit, _ in number)
    written = "".join(digit + between for digit, between in number[:-1]) + digits[-1]
    if re.fullmatch("[12][0-9]{3}-[0-9]{2}-[0-9]{2}", written):
        return  # a date

    shown = mask_numbers(before + sign + written + after)

    assert re.findall(r"\d+", shown) == [digits[-2:]]
    assert shown.endswith(digits[-2:] + after)


@settings(deadline=None)  # a busy machine is no fault
@given(st.text() | st.text(st.sampled_from("0123456789+-. ()/T:Zabcdef\n٣…_"), max_size=80))
def test_masking_any_text_leaves_no_long_run_and_changes_nothing_the_second_time(text: str):
    shown = mask_numbers(text)

    assert not re.search(r"\d{7}", shown)
    assert mask_numbers(shown) == shown


@settings(deadline=None)  # a busy machine is no fault
@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2099, 12, 31)), st.uuids())  # noqa: DTZ001
def test_any_time_and_any_id_stay_as_they_are(time: datetime, guid: UUID):
    text = f"{time.isoformat()} {time.isoformat(' ', 'seconds')} {time.date()} {guid}"

    assert mask_numbers(text) == text


def test_usual_numbers_do_not_load_the_large_library_of_numbers():
    program = (
        "import sys; from textrequest_mcp.upstream.phone import e164, from_wire, masked, wire;"
        f"[masked(str(from_wire(wire(e164(number))))) for number in {USUAL!r}];"
        "sys.exit('phonenumbers' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
