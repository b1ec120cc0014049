"""A text's segments are what the standards make of it, to the character."""

import re
from collections import defaultdict
from itertools import groupby
from string import ascii_letters, digits

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from textrequest_mcp.account.segments import segments, why_several

# 3GPP TS 23.038, 6.2.1, told by kind and not in the order of its table.
ASCII = ascii_letters + digits + "!\"#$%&'()*+,-./:;<=>?@_ \n\r"
LATIN = "ÄÅÆÇÉÑÖØÜ" + "àäåæèéìñòöøùü" + "ß"
GREEK = "ΓΔΘΛΞΠΣΦΨΩ"
SIGNS = "¡£¤¥§¿"
BASIC = ASCII + LATIN + GREEK + SIGNS
EXTENSION = "^{}\\[~]|€\f"

EMOJI = "😀"
FAMILY = "👩\u200d👩\u200d👧"  # eight units: three pairs and two joiners
HALF = "\ud83d"


def runs(value: object) -> str | None:
    """A body as its runs, to name a case: `152a 1€ 152a`."""
    if not isinstance(value, str):
        return None
    return " ".join(f"{len(list(run))}{ascii(character)[1:-1]}" for character, run in groupby(value)) or "empty"


def reference(body: str) -> int:
    """The segments by drawing every unit, a character of two as `<>`, and cutting off the longest piece that may be."""
    gsm = all(character in BASIC + EXTENSION for character in body)
    alone, joined = (160, 153) if gsm else (70, 67)
    drawn = "".join("<>" if two_units(character, gsm=gsm) else "." for character in body)
    return 1 if len(drawn) <= alone else len(re.findall(rf".{{1,{joined}}}(?<!<)", drawn))


def two_units(character: str, *, gsm: bool) -> bool:
    return character in EXTENSION if gsm else len(character.encode("utf-16-be", "surrogatepass")) == 4


def texts(characters: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Runs of characters, long enough to meet several boundaries."""
    run = st.builds(str.__mul__, characters, st.integers(1, 160))
    return st.lists(run, max_size=6).map("".join)


GSM_TEXTS = texts(st.sampled_from(BASIC + EXTENSION))
TEXTS = GSM_TEXTS | texts(st.sampled_from(f"aé€ê\t{EMOJI}{HALF}")) | texts(st.characters()) | st.text()


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("", 1),
        ("a", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("a" * 459, 3),
        ("a" * 460, 4),
        ("a" * 1600, 11),
        ("a" * 1_530_000, 10_000),
        ("é" * 160, 1),
        ("Ç" * 161, 2),
        ("@" * 80 + "£" * 80, 1),
        ("Δ" * 160, 1),
        (GREEK * 16, 1),
        (GREEK * 16 + "\n", 2),
        ("\r\n" * 80, 1),
        ("\r\n" * 81, 2),
    ],
    ids=runs,
)
def test_a_text_in_the_basic_alphabet_has_160_characters_in_one_segment_and_153_in_each_of_several(
    body: str, count: int
):
    assert segments(body) == count


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("a" * 158 + "€", 1),
        ("a" * 159 + "€", 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("^{}\\[~]|€\f" * 8, 1),
        ("^{}\\[~]|€\f" * 8 + "a", 2),
        ("a" * 151 + "€" + "a" * 153, 2),
        ("a" * 152 + "€" + "a" * 151, 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # 306 septets, but the pair would be the 153rd and 154th
        ("a" * 153 + "€" + "a" * 151, 2),
        ("a" * 305 + "€" + "a" * 151, 3),
        ("a" * 305 + "\f" + "a" * 152, 4),  # 459 septets, the same at the second boundary
        ("a" * 152 + "[" + "a" * 151 + "]" + "a" * 151, 3),
        ("a" * 152 + "[" + "a" * 151 + "]" + "a" * 152, 4),
        ("a" * 152 + "[" + "a" * 150 + "]" + "a" * 151, 3),
        ("a" * 152 + "[" + "a" * 150 + "]" + "a" * 152, 4),  # the first segment's early end moves the next boundary
        ("€" * 152, 2),
        ("€" * 153, 3),  # 306 septets, but only 76 pairs go into 153
        ("€" * 228, 3),
        ("€" * 229, 4),
        ("€" * 1600, 22),
    ],
    ids=runs,
)
def test_an_extension_character_takes_two_septets_of_the_same_segment(body: str, count: int):
    assert segments(body) == count


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("ê" * 70, 1),
        ("ê" * 71, 2),
        ("ê" * 134, 2),
        ("ê" * 135, 3),
        ("ê" * 201, 3),
        ("ê" * 202, 4),
        ("ê" * 1600, 24),
        ("a" * 69 + "ç", 1),
        ("a" * 70 + "ç", 2),
        ("a" * 159 + "ç", 3),
        ("a" * 69 + "’", 1),  # noqa: RUF001 - a curly quote on purpose
        ("“" + "a" * 69 + "”", 2),
        ("a" * 70 + "\N{NO-BREAK SPACE}", 2),
        ("a" * 70 + "\t", 2),
        ("a" * 70 + "`", 2),
        ("a" * 70 + "\x1b", 2),
        ("€" * 69 + "ê", 1),  # an extension character is one unit here
        ("€" * 70 + "ê", 2),
        ("é[" * 33 + "ê" + "é[" * 33 + "ê", 2),
    ],
    ids=runs,
)
def test_one_character_outside_the_alphabet_makes_it_70_characters_in_one_segment_and_67_in_each_of_several(
    body: str, count: int
):
    assert segments(body) == count


@pytest.mark.parametrize(
    ("body", "count"),
    [
        (EMOJI * 35, 1),
        (EMOJI * 36, 2),
        ("\uffff" * 70, 1),
        ("\U00010000" * 35, 1),
        ("\U00010000" * 36, 2),
        ("a" * 68 + EMOJI, 1),
        ("a" * 69 + EMOJI, 2),
        ("a" * 159 + EMOJI, 3),
        (EMOJI * 66, 2),
        (EMOJI * 67, 3),  # 134 units, but only 33 pairs go into 67
        (EMOJI * 99, 3),
        (EMOJI * 100, 4),
        ("a" * 65 + EMOJI + "a" * 67, 2),
        ("a" * 66 + EMOJI + "a" * 65, 2),
        ("a" * 66 + EMOJI + "a" * 66, 3),  # 134 units, but the pair would be the 67th and 68th
        ("a" * 67 + EMOJI + "a" * 65, 2),
        ("a" * 133 + EMOJI + "a" * 65, 3),
        ("a" * 133 + EMOJI + "a" * 66, 4),  # 201 units, the same at the second boundary
        (FAMILY * 8, 1),
        (FAMILY * 9, 2),
    ],
    ids=runs,
)
def test_a_character_beyond_the_first_plane_takes_two_units_of_the_same_segment(body: str, count: int):
    assert segments(body) == count


@pytest.mark.parametrize(
    ("body", "count"), [(HALF * 70, 1), (HALF * 71, 2), ("\ude00" * 135, 3), ("a" * 66 + HALF + "a" * 67, 2)], ids=runs
)
def test_half_of_a_surrogate_pair_is_one_unit(body: str, count: int):
    assert segments(body) == count


def test_of_all_characters_of_one_unit_exactly_those_of_the_standard_are_in_the_alphabet():
    found: defaultdict[int, set[str]] = defaultdict(set)

    for character in map(chr, range(0x10000)):
        found[segments("a" * 159 + character)].add(character)

    assert (len(BASIC), len(EXTENSION)) == (128 - 1, 10)  # seven bits but for the escape
    assert found.keys() == {1, 2, 3}  # 160 septets, 161 septets, 160 code units
    assert found[1] == set(BASIC)
    assert found[2] == set(EXTENSION)


@settings(deadline=None)  # a busy machine is no fault
@given(TEXTS)
@example("a" * 152 + "€" * 77 + "a" * 151)
@example("a" * 66 + EMOJI * 34 + "a" * 66)
@example("€" * 80 + EMOJI)
def test_any_text_takes_as_many_segments_as_when_cut_piece_by_piece(body: str):
    assert segments(body) == reference(body)


@settings(deadline=None)  # a busy machine is no fault
@given(GSM_TEXTS)
@example("€" * 153)
def test_a_segment_of_a_long_text_holds_153_septets_and_wastes_one_at_most(body: str):
    septets = len(body) + sum(map(body.count, EXTENSION))
    count = segments(body)

    assert count == 1 if septets <= 160 else -(-septets // 153) <= count <= -(-septets // 152)


@settings(deadline=None)  # a busy machine is no fault
@given(texts(st.characters()).map(lambda body: "ê" + body))
@example("ê" + EMOJI * 67)
def test_a_segment_of_a_long_text_in_ucs_2_holds_67_units_and_wastes_one_at_most(body: str):
    units = len(body.encode("utf-16-be", "surrogatepass")) // 2
    count = segments(body)

    assert count == 1 if units <= 70 else -(-units // 67) <= count <= -(-units // 66)


@settings(deadline=None)  # a busy machine is no fault
@given(GSM_TEXTS, st.sampled_from(BASIC))
@example("a" * 160, "a")
@example("a" * 152 + "€" + "a" * 151, "a")
def test_a_plain_character_more_never_costs_less_and_costs_one_segment_more_at_most(body: str, character: str):
    assert segments(body) <= segments(body + character) <= segments(body) + 1


@settings(deadline=None)  # a busy machine is no fault
@given(TEXTS, TEXTS)
@example("€" * 80, EMOJI)
@example("a" * 160, "ê")
def test_a_text_that_goes_on_never_costs_less_than_its_beginning(beginning: str, rest: str):
    assert segments(beginning) <= segments(beginning + rest)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("a" * 160, None),
        ("a" * 161, "billed as 2 texts: 161 characters, and one holds 160"),
        (
            "It\u2019s ready" + "a" * 61,
            (
                "billed as 2 texts: \u2019 (right single quotation mark) leaves 70 characters for one; "
                "without such characters it would be 1"
            ),
        ),
        (
            "\U0001f600" * 36,
            (
                "billed as 2 texts: \U0001f600 (grinning face) leaves 70 characters for one; without such "
                "characters it would be 1"
            ),
        ),
    ],
)
def test_a_text_of_several_names_the_character_that_makes_it_so(body: str, why: str | None):
    assert why_several(body) == why
