"""Finds words of one text that another text repeats: a run of them, or all of a short text."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

RUN = 5  # words
_FEWEST_TELLING = 2
_LONG_WORD = 8  # letters

# What everybody writes, courtesies too: a text is about its other words.
_SMALL_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        a an the and or but so if then than as of to in on at by for from with about into up out over i im me my we us
        our you u your he him his she her it its they them their this that these those is are was were be been am do
        does did can could will would shall should may might must have has had not no yes yeah ok okay sure
        please pls hi hello hey there here what when where who how why which any some all just now very too also only
        again soon today tomorrow tonight morning afternoon evening night day week month year am pm time hours minutes
        monday tuesday wednesday thursday friday saturday sunday
        available appointment confirmed scheduled cancelled canceled received delivered estimate
        great good thanks thank welcome sorry much let letting know update your patience questions other more nice
        wonderful weekend one sounds looks problem worries on way looking forward seeing see take care running late ill
        well be there
        el la los las un una y o de del al en con por para que es son si gracias hola bien hoy manana
        """,
    )
)


def runs_of(words: Sequence[str]) -> list[int]:
    """Each run of five words as a number that is the same in this process."""
    return [hash(tuple(words[at : at + RUN])) for at in range(len(words) - RUN + 1)]


def handed_on(words: Sequence[str], runs: AbstractSet[int], lines: Sequence[str]) -> str | None:
    """The words of an outgoing text that another text has too.

    Args:
        words: the outgoing text's.
        runs: the other's, without those that may be repeated.
        lines: the other's.

    Returns:
        The first such run of words, or all of a short text; None where there is neither.
    """
    if len(words) < RUN:
        phrase = " ".join(words)
        says = len(words) > 1 or len(phrase) >= _LONG_WORD
        return phrase if says and telling(words) and any(f" {phrase} " in line for line in lines) else None
    run: list[str] = []
    for at, shared in enumerate([*(one in runs for one in runs_of(words)), False]):
        if shared:
            run = [*run, words[at + RUN - 1]] if run else list(words[at : at + RUN])
        elif len(telling(run)) >= _FEWEST_TELLING:
            return " ".join(run)
        else:
            run = []
    return None


def telling(words: Sequence[str]) -> list[str]:
    """The words that are not common: those that a text is about."""
    return [word for word in words if word not in _SMALL_WORDS and not word.isdecimal()]
