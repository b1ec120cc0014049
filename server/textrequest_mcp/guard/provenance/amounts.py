"""Finds amounts of money in a text, in cents: `$1,200.50`, `1200.5 dollars`, `USD 50`, `fifty bucks`."""

import re

from textrequest_mcp.guard.provenance.spoken_numbers import NUMBER_WORDS, value_of

_NUMBER = (
    r"(?P<{0}>[0-9]{{1,3}}+(?:,[0-9]{{3}})++|[0-9]{{1,9}}+)(?P<{0}_cents>\.[0-9]{{1,2}}+(?![0-9]))?+(?P<{0}_k> ?k\b)?"
)
_BEFORE = r"(?:us ?\$|\$|\busd|\bdollars?:?)"
_AFTER = r"(?:\$|(?:us )?dol(?:lar|ar)(?:s|es)?\b|bucks?\b|usd\b)"
_MONEY = re.compile(
    rf"{_BEFORE}\s{{0,3}}{_NUMBER.format('after')}|(?<![0-9.,])(?<![0-9]-){_NUMBER.format('before')}\s{{0,3}}{_AFTER}"
)
_NUMBER_WORD = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_IN_WORDS = re.compile(
    rf"\b((?:(?:{_NUMBER_WORD})\b(?:\s(?:and|y|a)\s|[ \-])){{1,12}}+)(?:us )?(?:dol(?:lar|ar)(?:s|es)?|bucks?|usd)\b"
)
# A number that may be an amount: not part of a date, a time, a phone number or a code.
_ALONE = re.compile(rf"(?<![\w.,/:\-#+(])\$?{_NUMBER.format('n')}(?![\w/:\-%]|\.[0-9])")
_LEAST = 1000  # cents; smaller bare numbers count people, hours and steps
_SIGNS = ("$", "dol", "buck", "usd")


def amounts(text: str) -> frozenset[int]:
    """Amounts with a currency, in cents.

    Args:
        text: in small letters, as `disguises.Form` has it.
    """
    if not any(sign in text for sign in _SIGNS):
        return frozenset()
    found = {_cents(match, "after" if match["after"] else "before") for match in _MONEY.finditer(text)}
    return frozenset(found | {value_of(re.findall(r"[a-z]+", match[1])) * 100 for match in _IN_WORDS.finditer(text)})


def bare_amounts(text: str) -> frozenset[int]:
    """Numbers without a currency that can be amounts, in cents: ten dollars and more."""
    return frozenset(cents for match in _ALONE.finditer(text) if (cents := _cents(match, "n")) >= _LEAST)


def _cents(match: re.Match[str], name: str) -> int:
    cents = (match[f"{name}_cents"] or "").removeprefix(".").ljust(2, "0")
    whole = int(match[name].replace(",", ""))
    if match[f"{name}_k"]:
        return (whole * 100 + int(cents)) * 1000
    return whole * 100 + int(cents)
