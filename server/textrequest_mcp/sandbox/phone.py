"""Reads a phone number in any usual spelling as the service's own: eleven digits that start with 1."""

import re

from textrequest_mcp.sandbox.refusals import Refusal

_WRITTEN = re.compile(r"\+?[\d\s().\-/]+", re.ASCII)
_OWN = re.compile(r"1\d{10}", re.ASCII)


def eleven_digits(written: str) -> str:
    """wire-facts, Phone numbers: +1..., 10 digits and punctuation are accepted, 11 digits come back."""
    digits = re.sub(r"\D", "", written)
    if len(digits) == 10 and not written.strip().startswith("+"):
        digits = f"1{digits}"
    if not _WRITTEN.fullmatch(written.strip()) or not _OWN.fullmatch(digits):
        raise Refusal(400, "The phone number is invalid.", "parameterInvalid")
    return digits


def reachable(number: str) -> bool:
    """Area codes and exchanges never start with 0 or 1; numbers of two kinds are phones that are switched off."""
    return number[1] > "1" and number[4] > "1" and number != "14235550108" and not number.endswith("5550199")
