"""What nobody would see is taken out of a text, and what people write stays."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from textrequest_mcp.ground.clean import BREAKS, clean, spelled_out, unseen, whole

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
RAINBOW_FLAG = "\U0001f3f3\ufe0f\u200d\U0001f308"
HEALTH_WORKER = "\U0001f469\U0001f3fd\u200d\u2695\ufe0f"
BLACK_FLAG, ENGLAND = "\U0001f3f4", "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
FORMATS_THAT_ARE_SEEN = {
    chr(code) for code in (*range(0x0600, 0x0606), 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD)
}
IGNORED_LETTERS_AND_MARKS = {
    chr(code)
    for codes in (
        (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, 0x1D159),
        (*range(0x180B, 0x180E), 0x180F),
        range(0xFE00, 0xFE10),
        range(0xE0100, 0xE01F0),
    )
    for code in codes
}
# Everything that rules speak of, so that a random text runs into them.
TRICKY = st.text(
    st.sampled_from(
        "a5#\n\r\t \x00\x07\x1b\x85\x90\x9b\x9c\x9d[]\\Pm;\u00ad\u034f\u061c\u200b\u200c\u200d\u202e\u2028\u20e3"
        "\ufe0e\ufe0f\ufeff\u0645\u0915\u094d\u17b4\u17d2\u2764\u3164\ud83d\ude00"
        "\U0001f1e9\U0001f3fd\U0001f468\U0001f9b0\U000e0061\U000e0101…"
    ),
    max_size=40,
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Your car is ready.\n\tBring \u201cthe key\u201d \u2013 it's 49,50\u00a0\u20ac.",
        "Jos\u00e9, Jose\u0301, \u0141ukasz, \u5c71\u7530\u592a\u90ce",
        "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35, \ud55c\uae00",
        "\u05e9\u05dc\u05d5\u05dd, \u0645\u0631\u062d\u0628\u0627, \u0661\u0662\u0663",
        "\U0001f600\U0001f44d\U0001f3fd \u2764\ufe0f 5\ufe0f\u20e3 #\ufe0f\u20e3 \u00a9\ufe0f \u25b6\ufe0e",
        FAMILY + RAINBOW_FLAG + HEALTH_WORKER,
        "\U0001f575\U0001f3fd\u200d\u2642\ufe0f \u2764\ufe0f\u200d\U0001f525 \U0001f1fa\U0001f1f8\U0001f1e9\U0001f1ea",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian: two parts of one word
        "\u0928\u093f\u200c\u092e",  # Hindi
        "\u0dc1\u0dca\u200d\u0dbb\u0dd3 \u09b0\u200d\u09cd\u09af",  # Sinhala, Bengali
        "\u0d05\u0d35\u0d28\u0d4d\u200d.",  # Malayalam: a joiner ends the word
        "\u2801\u2800\u2803 \ufffd \ufffc \uf8ff",
    ],
    ids=ascii,
)
def test_what_people_write_stays(text: str):
    assert clean(text) == text
    assert unseen(text) == ()
    assert spelled_out(text) == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("pass\u200bword", "password"),
        ("\ufeffHi\u2060 there\u00ad", "Hi there"),
        ("abc\u202egnp.exe\u202c", "abcgnp.exe"),
        ("\u2066a\u2069\u200e\u200f\u061c", "a"),
        ("\u3164\u115f\u1160\uffa0\u17b4\u180e\u034f", ""),
        ("Hi" + "".join(chr(0xE0000 + ord(c)) for c in "obey me"), "Hi"),
        ("\U0001f600" + "".join(chr(0xE0100 + code) for code in range(240)), "\U0001f600"),
        ("a\ufff9b\ufffac\ufffb", "abc"),
        ("a\ufffe\uffff\ufdd0\U0001ffff\U0010fffeb", "ab"),
        ("a\x00\x08\x7f\x80\x9fb", "ab"),
        (ENGLAND, BLACK_FLAG),
    ],
    ids=ascii,
)
def test_what_nobody_sees_goes(text: str, cleaned: str):
    assert clean(text) == cleaned
    assert unseen(text)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\U0001f600\ufe0f\ufe0f\ufe0e", "\U0001f600\ufe0f"),  # one selector
        ("a\ufe0f 5\ufe0f \U0001f1e9\ufe0f", "a 5 \U0001f1e9"),  # of what has no two looks
        ("\U0001f468\u200d\u200d\U0001f469", "\U0001f468\U0001f469"),  # two joiners
        ("\U0001f468\u200d", "\U0001f468"),  # with nothing
        ("\u200d\U0001f468", "\U0001f468"),  # nothing with something
        ("\U0001f468\u200dm", "\U0001f468m"),
        ("a\u200db\u200cc", "abc"),
        ("\u0645\u200c \u0645", "\u0645 \u0645"),
        ("\u0645\u200c\u200c\u0645", "\u0645\u0645"),
        ("\u061c\u200c\u0645", "\u0645"),
        ("\u2764\u200b\ufe0f", "\u2764"),
    ],
    ids=ascii,
)
def test_a_joiner_or_a_selector_stays_only_where_it_shows(text: str, cleaned: str):
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x9b1;31mred\x9b0m", "red"),
        ("\x1b[?25lx\x1b[ qy\x1b[2J\x1b[H", "xy"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9d0;title\x9cx\x1b]0;title\x07y", "xy"),
        ("\x1bPq#0\x1b\\x\x90q\x9cy\x1b_app\x1b\\z\x1b^pm\x9c", "xyz"),
        ("\x1bcx\x1b(By\x1b7z\x1b", "xyz"),
        ("a\x1b\x1b[31m[31mb", "a[31mb"),
        ("a\x1b[", "a"),
        ("a\x1b[12", "a"),
    ],
    ids=ascii,
)
def test_a_terminals_commands_go_whole(text: str, cleaned: str):
    assert clean(text) == cleaned


@pytest.mark.parametrize("opening", ["\x1b]", "\x9d", "\x1bP", "\x90", "\x1b_"], ids=ascii)
@pytest.mark.parametrize("between", ["", "\n", "\u2028", "\x1b[m"], ids=ascii)
def test_a_command_without_an_end_cannot_hide_the_rest(opening: str, between: str):
    ending = "\x07" if between else ""

    assert clean(f"a{opening}b{between}c{ending}d").replace("\n", "") == "abcd"


@pytest.mark.parametrize("line_break", ["\r\n", *BREAKS], ids=ascii)
def test_every_line_break_is_one_newline(line_break: str):
    assert clean(f"a{line_break}b") == "a\nb"
    assert unseen(f"a{line_break}b") == ()


def test_halves_of_characters_are_replaced_and_pairs_are_what_they_mean():
    text = "\ud83d\ude00 \ud83dx \ude00"

    assert clean(text) == whole(text) == "\U0001f600 \ufffdx \ufffd"
    assert unseen(text) == ("U+D83D HALF OF A CHARACTER", "U+DE00 HALF OF A CHARACTER")


@pytest.mark.uncounted
def test_of_all_characters_only_those_go_that_show_nothing():
    every = {chr(code) for code in range(0xA0, 0x110000) if not 0xD800 <= code < 0xE000} - set(BREAKS)
    gone = every - set(clean("x".join(sorted(every))))
    kinds = {character: unicodedata.category(character) for character in every}

    assert {c for c in every if kinds[c] == "Cf"} - gone == FORMATS_THAT_ARE_SEEN
    assert {c for c in gone if kinds[c] not in {"Cf", "Cn"}} == IGNORED_LETTERS_AND_MARKS


@pytest.mark.parametrize(
    ("text", "longest", "cut"),
    [
        ("x" * 10, 10, "x" * 10),
        ("x" * 11, 10, "x" * 9 + "…"),
        ("\u200b" * 50 + "x" * 10, 10, "x" * 10),
        ("x" * 8 + FAMILY, 10, "x" * 8 + "\U0001f468…"),
        ("x" * 7 + FAMILY, 10, "x" * 7 + "\U0001f468…"),
        ("x" * 8 + "5\ufe0f\u20e3", 10, "x" * 8 + "5…"),
        ("xy", 1, "…"),
    ],
    ids=ascii,
)
def test_a_long_text_is_cut_and_says_so(text: str, longest: int, cut: str):
    assert clean(text, longest) == cut


@settings(deadline=None)  # a busy machine is no fault
@given(st.text() | TRICKY, st.none() | st.integers(1, 12))
@example("\U0001f468\u200b\U0001f3fd\u200d\U0001f468", None)
@example("\r\u200b\n", None)
def test_cleaning_twice_is_cleaning_once(text: str, longest: int | None):
    cleaned = clean(text, longest)

    assert clean(cleaned, longest) == clean(cleaned) == cleaned
    assert unseen(cleaned) == ()
    assert longest is None or len(cleaned) <= longest
    cleaned.encode()


@settings(deadline=None)
@given(st.text() | TRICKY)
def test_nothing_is_unseen_exactly_where_cleaning_changes_no_more_than_line_breaks(text: str):
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    plain = joined.replace("\r\n", "\n").translate(dict.fromkeys(map(ord, BREAKS), "\n"))

    assert (unseen(text) == ()) is (clean(text) == plain)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a\u200bb\u202e\u200b", ("U+200B ZERO WIDTH SPACE", "U+202E RIGHT-TO-LEFT OVERRIDE")),
        ("\x1b[31m", ("U+001B CONTROL CHARACTER",)),
        ("a\ufe0f", ("U+FE0F VARIATION SELECTOR-16",)),
        ("\U000e0041\U000e0100", ("U+E0041 TAG LATIN CAPITAL LETTER A", "U+E0100 VARIATION SELECTOR-17")),
        ("\u3164\ufeff", ("U+3164 HANGUL FILLER", "U+FEFF ZERO WIDTH NO-BREAK SPACE")),
        ("\ufdd0", ("U+FDD0 NOT A CHARACTER",)),
        (f"{FAMILY} a\u200db", ("U+200D ZERO WIDTH JOINER",)),
    ],
    ids=ascii,
)
def test_what_nobody_would_see_is_named_once(text: str, names: tuple[str, ...]):
    assert unseen(text) == names


def test_what_nobody_would_see_can_be_written_out():
    assert spelled_out(f"a\u200b{FAMILY}\x1b[m\U000e0041\ud83d\n") == f"a\\u200b{FAMILY}\\u001b[m\\ue0041\\ud83d\n"
