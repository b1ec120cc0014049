"""Signatures: the service's own calls of the last five minutes pass, and nothing else does."""

import base64
import string
from collections.abc import Sequence

import pytest

from textrequest_mcp.live.signature import BadSignature, check_signature, sign

KEY, BEFORE, NOW = "0123456789ABCDEF", "FEDCBA9876543210", 1_780_000_000
STAMP, BODY = str(NOW), '{"message": "Grüße 👍"}'.encode()
ALPHABET = string.ascii_letters + string.digits + "+/"


def signed(key: str = KEY, stamp: str = STAMP, body: bytes = BODY) -> str:
    return base64.b64encode(sign(key, stamp, body)).decode()


def passes(
    signature: str | None, stamp: str | None = STAMP, body: bytes = BODY, *, keys: Sequence[str] = (KEY,)
) -> bool:
    try:
        check_signature(signature, stamp, body, keys=keys, now=float(NOW))
    except BadSignature:
        return False
    return True


def test_the_vector_of_the_contract_passes():
    """base64(HMAC-SHA256(key, "{timestamp}.{raw body}")), computed elsewhere."""
    vector = "fLXuy7DEAsXJ5opPWxk6KcumHlG3e+TSlOS1G6H6dbM="

    assert sign("0123456789ABCDEF", "1780000000", b'{"a":1}') == base64.b64decode(vector)
    assert passes(vector, "1780000000", b'{"a":1}')


def test_a_call_that_the_key_signed_now_passes():
    assert passes(signed())


def test_no_call_passes_with_any_byte_of_its_signature_changed():
    good = sign(KEY, STAMP, BODY)
    for place in range(len(good)):
        for bit in range(8):
            flipped = good[:place] + bytes([good[place] ^ 1 << bit]) + good[place + 1 :]
            assert not passes(base64.b64encode(flipped).decode())


def test_no_call_passes_with_any_byte_of_its_time_or_its_body_changed():
    good = signed()
    for place in range(len(STAMP)):
        for digit in set(string.digits) - {STAMP[place]}:
            assert not passes(good, STAMP[:place] + digit + STAMP[place + 1 :])
    for place in range(len(BODY)):
        assert not passes(good, STAMP, BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :])
    for other in (b"", BODY + b" ", BODY[:-1]):
        assert not passes(good, STAMP, other)


def test_no_call_passes_that_another_key_signed():
    assert not passes(signed("another"))
    assert not passes(signed(KEY.lower()))
    assert not passes(signed(), keys=[])


def test_while_the_key_is_changed_both_pass():
    assert passes(signed(KEY), keys=[KEY, BEFORE])
    assert passes(signed(BEFORE), keys=[KEY, BEFORE])
    assert not passes(signed("third"), keys=[KEY, BEFORE])


@pytest.mark.parametrize(
    ("seconds", "good"),
    [(0, True), (299, True), (300, True), (301, False), (-299, True), (-300, True), (-301, False)],
)
def test_the_clocks_may_differ_by_five_minutes(seconds: int, good: bool):
    stamp = str(NOW + seconds)

    assert passes(signed(stamp=stamp), stamp) == good


@pytest.mark.parametrize(
    "stamp",
    [None, "", " ", "now", "-1", "1.5", "1e9", "1780000000 ", "+1780000000", "\u0661", "9" * 13, "٣" * 10, "é"],
)
def test_a_time_that_is_no_number_of_seconds_does_not_pass_even_if_signed(stamp: str | None):
    assert not passes(signed(stamp=stamp or ""), stamp)


@pytest.mark.parametrize(
    "signature",
    [None, "", "=", "====", "a", "ü" * 44, "é", "\x00", "not base64!", signed()[:-1], signed() + "=", " " + signed(),
     signed().rstrip("="), base64.b64encode(b"x" * 32).decode(), signed() * 100, sign(KEY, STAMP, BODY).hex()],
)  # fmt: skip
def test_what_is_no_signature_does_not_pass_and_breaks_nothing(signature: str | None):
    assert not passes(signature)


def test_a_call_has_one_name_however_its_signature_is_spelled():
    """The last character before the padding has two bits that mean nothing."""
    good = signed()
    names = {
        check_signature(good[:-2] + last + "=", STAMP, BODY, keys=[KEY], now=float(NOW))
        for last in ALPHABET
        if passes(good[:-2] + last + "=")
    }
    other = check_signature(signed(stamp=str(NOW + 1)), str(NOW + 1), BODY, keys=[KEY], now=float(NOW))

    assert len(names) == 1
    assert other not in names
