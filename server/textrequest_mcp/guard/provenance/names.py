"""Finds people's names in what somebody else wrote: whoever is spoken of may be whom an order is about."""

import re
from collections.abc import Iterable, Sequence

from textrequest_mcp.guard.provenance.disguises import plainly
from textrequest_mcp.guard.provenance.passages import words_of

_SHORTEST = 3  # letters of a given name that says who is meant
_TITLES = ("mr", "mrs", "ms", "miss", "dr", "senor", "senora")
_SENTENCE = 4  # words beside the name: a record that holds fewer only has a namesake's name, or a nickname
# Given names that are words: only with the family name do they say who is meant.
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
    """What a person can be called by, in plain words.

    Args:
        names: whole names and given names, as an account has them; a family name counts only behind a title.
    """
    found: set[str] = set()
    for name in names:
        words = [word for word in words_of(plainly(name or "").casefold()) if word.isalpha()]
        if len(words) > 1:
            found.update((" ".join(words), *(f"{title} {words[-1]}" for title in _TITLES)))
        if words and len(words[0]) >= _SHORTEST and words[0] not in _WORDS_TOO:
            found.add(words[0])
    return frozenset(found)


def spoken_of(names: Iterable[str], lines: Sequence[str], *, in_a_record: bool) -> str | None:
    """The longest of these names that stands in the lines, also with an `s`; None where none does.

    Args:
        names: as of `called`.
        lines: plain words with one space around each.
        in_a_record: where names stand for other reasons too, so that a whole sentence has to be around it.
    """
    for name in sorted(names, key=lambda each: (-len(each), each)):
        for line in lines:
            if f" {name} " not in line and f" {name}s " not in line:
                continue
            if not in_a_record or line.count(" ") - 1 - name.count(" ") - 1 >= _SENTENCE:
                return name
    return None
