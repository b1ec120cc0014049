"""An answer of the service means one of few things, whatever its bytes are."""

import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from textrequest_mcp.upstream.answer import Unusable, quote, read_answer, retry_after
from textrequest_mcp.upstream.errors import NOTHING_CHANGED, BadKey, NotFound, Refused

NOW = datetime(2026, 11, 20, 15, 4, 5, tzinfo=UTC)
BODIES = st.binary() | st.text().map(str.encode) | st.from_regex(rb"[\[\]{}\"a:,0-9.eE+\-]*", fullmatch=True)
REFUSED = Refused | NotFound


def refusal(status: int, body: object = None) -> REFUSED:
    with pytest.raises((Refused, NotFound)) as caught:
        read_answer("GET", status, b"" if body is None else json.dumps(body).encode())
    assert f" {NOTHING_CHANGED} " in str(caught.value)
    assert str(caught.value).endswith(".")
    return caught.value


@pytest.mark.parametrize("status", [200, 201, 202])
@pytest.mark.parametrize("said", [{"id": 1}, [], [1], "text", 0, False, {"amount": 220.5}])
def test_a_good_answer_is_its_json(status: int, said: object):
    assert read_answer("GET", status, json.dumps(said).encode()) == said


@pytest.mark.parametrize(("status", "body"), [(204, b""), (204, b"junk"), (200, b""), (201, b" \r\n"), (200, b"null")])
def test_an_answer_without_content_is_nothing(status: int, body: bytes):
    assert read_answer("GET", status, body) is None


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Please wait</html>",
        b'{"id": 1',
        b"{'id': 1}",
        b"NaN",
        b'{"a": Infinity}',
        b"[-1e999]",
        b"\xff\xfe\xff",
        b"[" * 100_000,
        b"9" * 10_000,
    ],
    ids=["html", "cut off", "quotes", "not a number", "infinity", "too large", "bytes", "too deep", "too many digits"],
)
def test_a_good_status_with_anything_but_json_is_not_taken_at_its_word(body: bytes):
    with pytest.raises(Unusable, match="not JSON"):
        read_answer("GET", 200, body)


@pytest.mark.parametrize("status", [100, 101, 103, 199, 500, 502, 503, 599, 600, 999])
def test_a_status_that_is_no_answer_to_the_question_is_a_fault(status: int):
    with pytest.raises(Unusable, match=f"answered {status}"):
        read_answer("GET", status, b'{"id": 1}')


@settings(deadline=None)  # a busy machine is no fault
@given(st.sampled_from(["GET", "POST"]), st.integers(100, 999), BODIES)
@example("GET", 200, b"-1e999")
@example("POST", 400, b'{"message": {"a": []}, "errorCode": [1]}')
def test_any_bytes_mean_json_or_nothing_or_a_documented_error(method: str, status: int, body: bytes):
    try:
        read = read_answer(method, status, body)
    except (Refused, NotFound, Unusable):
        return
    json.dumps(read, allow_nan=False)


@pytest.mark.parametrize(
    "body",
    [
        {"status": 400, "message": "Body is required", "errorCode": "21602"},
        {"error_message": "Body is required", "error_code": "21602"},
        {"error_message": "Body is required", "error_code": 21602, "message": None},
    ],
)
def test_both_spellings_of_an_error_are_read(body: object):
    refused = refusal(400, body)

    assert isinstance(refused, Refused)
    assert (refused.status, refused.code) == (400, "21602")
    assert str(refused).startswith('Text Request refused the call (400) (code 21602). It said: "Body is required".')


@pytest.mark.parametrize("body", [None, "no", 5, [], {}, {"message": None, "errorCode": None}, {"message": ""}])
def test_a_refusal_without_words_is_still_a_whole_sentence(body: object):
    refused = refusal(422, body)

    assert isinstance(refused, Refused)
    assert refused.code is None
    assert str(refused).startswith("Text Request refused the call (422). Nothing")


@pytest.mark.parametrize("body", [b"<html>no</html>", b"[" * 100_000])
def test_a_refusal_whose_body_is_not_json_is_a_refusal(body: bytes):
    with pytest.raises(Refused, match=r"refused the call \(400\)\. Nothing"):
        read_answer("GET", 400, body)


@pytest.mark.parametrize(("code", "todo"), [("30050", "opted out by texting STOP"), ("2001", "cannot be reached")])
def test_what_is_known_about_a_code_is_said(code: str, todo: str):
    assert todo in str(refusal(400, {"message": "no", "errorCode": code}))


def test_a_key_that_is_not_accepted_names_the_setting():
    refused = refusal(401, {"message": "Unauthorized"})

    assert isinstance(refused, BadKey)
    assert refused.status == 401
    assert "TEXTREQUEST_API_KEY" in str(refused)


def test_what_is_not_there_is_not_found():
    missing = refusal(404, {"error_message": "No group 5"})

    assert isinstance(missing, NotFound)
    assert 'It said: "No group 5".' in str(missing)


@pytest.mark.parametrize("status", [300, 302, 304, 308, 399])
def test_a_redirect_is_a_refusal_that_names_the_setting(status: int):
    refused = refusal(status)

    assert isinstance(refused, Refused)
    assert refused.status == status
    assert "TEXTREQUEST_BASE_URL" in str(refused)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308, 408])
def test_a_change_that_was_redirected_or_came_too_late_was_not_made(method: str, status: int):
    with pytest.raises(Refused, match=NOTHING_CHANGED):
        read_answer(method, status, b"")


@pytest.mark.parametrize(
    "body", [{"error_message": "No.", "error_code": None}, {"status": 400, "message": "No.", "errorCode": "17"}]
)
def test_a_change_that_is_answered_with_an_error_under_a_200_was_not_made(body: dict[str, Any]):
    with pytest.raises(Refused, match=rf'"No\.".*{NOTHING_CHANGED}'):
        read_answer("POST", 200, json.dumps(body).encode())
    assert read_answer("GET", 200, json.dumps(body).encode()) == body


@pytest.mark.parametrize("body", [{"id": 1, "error_message": "", "errorCode": None}, ["error_message"], "error_code"])
def test_an_answer_that_names_no_error_is_none(body: object):
    assert read_answer("POST", 200, json.dumps(body).encode()) == body


def test_a_read_that_the_service_gave_up_waiting_for_may_as_well_be_asked_again():
    with pytest.raises(Unusable, match="answered 408"):
        read_answer("GET", 408, b'{"message": "Request timeout"}')


def test_the_services_words_are_cut_and_cleaned_inside_a_refusal():
    words = f"Contact +14235550123\n\x1b[31m is blocked {'!' * 300}"

    told = str(refusal(400, {"message": words, "errorCode": "4235550123"}))

    assert '"Contact …23 is blocked !!!' in told
    assert "(code …23)" in told
    assert len(told) < 400


@pytest.mark.parametrize(
    ("said", "quoted"),
    [
        ("plain words", "plain words"),
        ("a\r\nb\tc\u2028d\u202ee\ud800f", "a b c de\ufffdf"),
        ("to 423\u200b555\u20600123\u3164", "to …23"),
        ("to 14235550123.", "to …23."),
        ("to (423) 555-0123 or +1 423.555.0124", "to …23 or …24"),
        ("to 423 \n\n\n\n\n\n\n 555 0123", "to …23"),
        ("at 2026-11-20T15:04:05Z", "at 2026-11-20T15:04:05Z"),
        ("id 123456, code 30050", "id 123456, code 30050"),
    ],
)
def test_a_quote_is_one_clean_line_without_whole_numbers(said: str, quoted: str):
    assert quote(said) == quoted


@settings(deadline=None)  # a busy machine is no fault
@given(st.text() | st.text(st.sampled_from("0123456789+-. ()\n\x00\u200b٣…a"), max_size=300))
def test_a_quote_never_lets_through_a_number_a_control_character_or_a_flood(said: str):
    quoted = quote(said)

    assert not re.search(r"\d{7}", quoted)
    assert quoted.isprintable()
    assert len(quoted) <= 200


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("30", 30.0),
        (" 30 ", 30.0),
        ("999999999", 999999999.0),
        ("9999999999", 9999999999.0),
        ("1.5", 2.0),
        ("1.0", 1.0),
        ("2.", 2.0),
        ("10, 20", 20.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("Fri, 20 Nov 2026 15:05:05 -0000", 60.0),
        ("Fri, 20 Nov 2026 10:05:05 -0500", 60.0),
    ],
)
def test_a_pause_is_read_from_its_number_or_its_date(value: str, seconds: float):
    assert retry_after({"retry-after": value}, now=NOW) == seconds


@pytest.mark.parametrize(
    "headers",
    [
        {},
        *(
            {"retry-after": value}
            for value in (
                "",
                "-5",
                ".5",
                "1e3",
                "soon",
                "１０",  # noqa: RUF001 - full-width on purpose
                "10, soon",
                "9" * 100,
                "Fri, 99 Nov 2026 15:05:05 GMT",
                "Fri, 20 Nov 99999999999999 15:05:05 GMT",
                "Fri, 20 Nov 2026 99999999999999999999:05:05 GMT",
            )
        ),
    ],
)
def test_a_pause_that_says_nothing_usable_is_none(headers: dict[str, str]):
    assert retry_after(headers, now=NOW) is None


def test_a_date_is_measured_from_now():
    value = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)

    assert 3590 < (retry_after({"retry-after": value}) or 0) <= 3600


@settings(deadline=None)  # a busy machine is no fault
@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,20} Nov [0-9]{1,20} [0-9:]{1,30} ([+\-][0-9]{1,20}|GMT)"))
def test_no_pause_is_ever_negative_and_no_text_breaks_the_reading(value: str):
    read: Any = retry_after({"retry-after": value}, now=NOW)

    assert read is None or read >= 0
