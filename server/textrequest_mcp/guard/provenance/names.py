"""Finds people's names in somebody else's words, because those words may be an order about them."""

import re
from collections.abc import Iterable, Sequence

from textrequest_mcp.guard.provenance.words import plainly, words_of

_SHORTEST = 3  # letters of a given name that identifies a person
_TITLES = ("mr", "mrs", "ms", "miss", "dr", "senor", "senora")
_SENTENCE = 4  # words beside the name: a record with fewer only has a namesake's name, or a nickname
# Given names that are also words: they identify a person only with the family name.
_WORDS_TOO = frozenset(
    re.findall(
        r"\w+",
        """
        will mark bill may june april august grace hope faith joy art rose grant jack rob sue pat chase drew dawn
        autumn summer hunter mason carter cooper parker tanner miles max ray rich frank dick don gene guy jean jay
        lance nick norm pierce ruby pearl olive ivy lily daisy violet iris heather holly ginger amber crystal jade
        brook rusty dusty sandy sky star angel bishop king prince duke earl major christian penny melody harmony
        destiny charity patience trinity skip buck cliff glen dale reed rod stew chip chuck gus van win wade ward
        woody ace case cash chance forest river stone sunny honey candy dee mercedes lexus porsche ford lincoln
        royce austin houston dallas paris london carol ally sol luz mar paz pilar mercy
        """,
    )
)


def called(names: Iterable[str | None]) -> frozenset[str]:
    """The names that a text can call a person by, in plain words.

    Args:
        names: the account's whole names and given names; a family name counts only after a title.
    """
    found: set[str] = set()
    for name in names:
        words = [word for word in words_of(plainly(name or "")) if word.isalpha()]
        if len(words) > 1:
            found.update((" ".join(words), *(f"{title} {words[-1]}" for title in _TITLES)))
        if words and len(words[0]) >= _SHORTEST and words[0] not in _WORDS_TOO:
            found.add(words[0])
    return frozenset(found)


def spoken_of(names: Iterable[str], lines: Sequence[str], *, in_a_record: bool) -> str | None:
    """The longest of these names in the lines, also with an `s`; None where there is none.

    Args:
        names: the result of `called`.
        lines: plain words with one space around each.
        in_a_record: whether the lines are of a record, which has names for other reasons too: then a name counts only
            inside a whole sentence.
    """
    for name in sorted(names, key=lambda each: (-len(each), each)):
        for line in lines:
            if f" {name} " not in line and f" {name}s " not in line:
                continue
            if not in_a_record or line.count(" ") - 1 - name.count(" ") - 1 >= _SENTENCE:
                return name
    return None
