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
from textrequest_mcp.upstream.phone import as_listed, e164, from_wire, mask_numbers, masked, wire

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
        ("423\x00555\x000123", "not plain digits"),
        ("423-555\r\n-0123", "not plain digits"),
    ],
)
def test_what_cannot_be_texted_is_refused_with_the_reason_and_an_example(written: str, reason: str):
    with pytest.raises(BadInput, match=rf"{reason}.*\. Nothing was sent or changed\. Give a US or Canadian number"):
        e164(written)


@pytest.mark.parametrize(
    "written",
    [
        "423\u2011555\u20110123",
        "423\u2013555\u20140123",
        "423\u2212555\u20430123",
        "423\u00a0555\u202f0123",
        "423\u2009555\u30000123",
        "423\u00b7555\u20220123",
        "\ufeff4235550123",
        "423-555-0123\u200b",
        "\u202a+1\u00ad4235550123\u202c",
        "\u2066(423) 555-0123\u2069",
        "\uff14\uff12\uff13\uff15\uff15\uff15\uff10\uff11\uff12\uff13",
        "\uff0b1\uff08423\uff09555\uff0d0123",
        "\u0664\u0662\u0663\u0665\u0665\u0665\u0660\u0661\u0662\u0663",
        "'4235550123",
        "\u20194235550123",
        '="4235550123"',
        '"(423) 555-0123"',
        "14235550123.0",
        "4235550123.00",
        "4235550123.",
        "tel://423-555-0123",
        "SMS:+14235550123",
        "TEL;TYPE=CELL:+1 423-555-0123",
        'TEL;VALUE=uri;TYPE="voice,home":tel:+1-423-555-0123',
        "tel:555-0123;phone-context=+1423",
        "tel:423-555-0123;phone-context=+1",
        "tel:+14235550123;phone-context=+44",
    ],
    ids=ascii,
)
def test_d1_what_spreadsheets_cards_and_pages_write_is_the_same_number(written: str):
    assert e164(written) == MARIA


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("1-423-JKL-0123", "character 7 is a letter"),
        ("Maria 423-555-0123", "character 1 is a letter"),
        ("423-555-0123 (Maria)", "character 15 is a letter"),
        ("\u200b423-555-O123", "character 10 is a letter"),
        ("tel:423-555-O123", "character 13 is a letter"),
        ("sms:+14235550123?body=hi", "character 18 is a letter"),
        ("4,235,550,123", "character 2 is U\\+002C COMMA"),
        ("423_555_0123", "character 4 is U\\+005F LOW LINE"),
        ("423-555-0123*", "character 13 is U\\+002A ASTERISK"),
        ("423-555-0123\n423-555-0124", "character 13 is U\\+000A"),
        ("\u202e3210555324", "character 1 is U\\+202E RIGHT-TO-LEFT OVERRIDE"),
        ("423-555-012\u00b3", "character 12 is U\\+00B3 SUPERSCRIPT THREE"),
        ("423-555-0123 / 423-555-0124", "more in it than one number"),
        ("423-555-0123/0124", "too long: 14 digits"),
        ("423-555-0123;ext=5", "has an extension"),
        ("(423)555-0123x12", "has an extension"),
        ("423-555-0123 extension 12", "has an extension"),
        ("tel:423-555-0123;isub=7", "more behind it"),
        ("4.23555E+09", "short form"),
        ("4.235550123e9", "short form"),
        ("423555012.0", "too short: 9 digits"),
        ("1423555012.0", "does not exist"),
        ("4235550123.5", "is a decimal number"),
        ("14235550.123", "is a decimal number"),
        ("423-555-012 5", "ends in a group of 1"),
        ("555-2123 423", "ends in a group of 3"),
        ("423+5550123", "a \\+ that is not at its start"),
        ("+1 423 555 0123 +", "a \\+ that is not at its start"),
        ("+0 423 555 0123", "belongs to no country"),
        ("+1 (0)423 555 0123", "too long: 11 digits"),
        ("988", "services, such as 911, are not texted"),
        ("'", "is empty"),
        ('=""', "is empty"),
    ],
    ids=ascii,
)
def test_d1_what_is_not_certainly_one_number_is_refused_with_the_place(written: str, reason: str):
    with pytest.raises(BadInput, match=rf"{reason}.*\. Nothing was sent or changed\. Give a US or Canadian number"):
        e164(written)


MARKS = "\u200b\u2060\ufeff\u202a\u202c\u00ad"
BLANKS_AND_DASHES = " .-\u00a0\u2009\u202f\u2010\u2011\u2013\u2014\u2212" + MARKS
GAPS = st.text(st.sampled_from(BLANKS_AND_DASHES), max_size=4)


@settings(deadline=None)  # a busy machine is no fault
@given(
    NUMBERS, st.lists(st.text(st.sampled_from(BLANKS_AND_DASHES), max_size=4), min_size=3, max_size=3), st.booleans()
)
def test_d1_blanks_dashes_and_marks_between_the_groups_never_make_another_number(
    number: str, between: list[str], wide: bool
):
    groups = ["+1", number[2:5], number[5:8], number[8:]]
    written = groups[0] + "".join(gap + group for gap, group in zip(between, groups[1:], strict=True))
    if wide:
        written = "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in written)

    assert e164(written) == number


@settings(deadline=None)  # a busy machine is no fault
@given(NUMBERS, st.integers(2, 11), st.sampled_from([".0", ".00", "", "."]))
def test_d1_a_number_that_lost_digits_is_no_number(number: str, kept: int, end: str):
    short = number[1:][:kept].removeprefix("1")

    with pytest.raises(BadInput):
        e164(short[:9] + end)


@pytest.mark.parametrize(
    "given", ["40404", "GOOGLE", "Lyft", "447911123456", "+447911123456", "+4712345678", "10235550123"]
)
def test_d2_what_a_list_gave_is_read_and_not_texted(given: str):
    assert as_listed(given) == as_listed(f" {given}\n") == given
    with pytest.raises(BadInput):
        e164(given)


def test_d2_a_usual_number_reads_as_it_sends():
    assert as_listed("(423) 555-0123") == MARIA


@pytest.mark.parametrize(
    "given",
    [
        "911",
        "somebody",
        "Maria Lopez",
        "555-0123",
        "5550123",
        "423555010012",
        "21012345678",
        "+44 20 7946 0123",
        "+0000000000",
    ],
)
def test_d2_what_no_list_gives_is_no_number_there_either(given: str):
    with pytest.raises(BadInput):
        as_listed(given)


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


@pytest.mark.parametrize("answered", [14235550123, 4235550123, 14235550123.0])
def test_d2_a_json_number_in_an_answer_is_shown(answered: float):
    assert from_wire(answered) == MARIA
    assert from_wire(40404) == "40404"


@pytest.mark.parametrize("answered", ["14235550123", "4235550123", "+14235550123", "(423) 555-0123", "+1 423.555.0123"])
def test_a_number_in_an_answer_is_shown_in_the_form_that_a_send_accepts(answered: str):
    assert from_wire(answered) == MARIA


@pytest.mark.parametrize("answered", ["+447700900123", "+4712345678", "12345", "anonymous", "1 023 555 0123"])
def test_what_is_no_north_american_number_is_shown_as_it_is(answered: str):
    assert from_wire(answered) == answered


@pytest.mark.parametrize("answered", [None, "", False, 5, 4235550123.5, float("inf"), []])
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
