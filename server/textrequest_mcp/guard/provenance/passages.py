"""Finds words of one text that another text repeats: a run of them, or all of a short text."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_RUN = 5  # words
_LONG_RUN = 8
_FEWEST_TELLING = 2
_LONG_WORD = 8  # letters

_WORD = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]")
# Courtesies that everybody writes: alone they repeat nothing.
_COURTESIES = re.compile(
    r"\b(?:thank (?:you|u)(?: (?:so|very) much)?"
    r"(?: for (?:letting (?:me|us) know|reaching out|the update"
    r"|your (?:help|time|business|patience)))?|thanks"
    r"|let (?:me|us) know(?: if (?:you|u) have any(?: other| more)? questions?)?"
    r"|have a (?:great|good|nice|wonderful) (?:day|night|evening|weekend|one|rest of your day)"
    r"|good (?:morning|afternoon|evening|night)|(?:you are|youre) welcome|(?:sounds|looks) (?:good|great)|no problem"
    r"|no worries|happy birthday|merry christmas|on my way"
    r"|(?:i will|ill|we will|well) (?:be there|let you know|see you)"
    r"|see (?:you|u)(?: then| there| soon| later)?|looking forward to (?:it|seeing you)|of course|take care"
    r"|how (?:are|is) (?:you|it going)|any (?:other )?questions|running late|all set|got it|just checking in"
    r"|muchas gracias|de nada|buen[oa]s (?:dias|tardes|noches)|hasta (?:luego|manana|pronto)|con gusto)\b"
)
_SMALL_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        a an the and or but so if then than as of to in on at by for from with about into up out over i im me my we us
        our you u your he him his she her it its they them their this that these those is are was were be been am do
        does did can could will would shall should may might must have has had not no yes yeah yep nope ok okay sure
        please pls hi hello hey there here what when where who how why which any some all just now very too also only
        again soon anything something everything everyone somebody question questions
        today tomorrow tonight yesterday morning afternoon evening night noon day week month year am pm time date hour
        hours minutes monday tuesday wednesday thursday friday saturday sunday january february march april june july
        august september october november december
        available appointment confirmed scheduled cancelled canceled received delivered delivery estimate estimates
        birthday absolutely definitely certainly understood perfect great good thanks thank welcome sorry
        el la los las un una y o de del al en con por para que es son si gracias hola bien hoy manana
        lunes martes miercoles jueves viernes sabado domingo
        """,
    )
)


@dataclass(frozen=True)
class Passages:
    """One text, ready for a comparison.

    Attributes:
        lines: its words with one space around each, for each of its forms.
        runs: its runs of five words.
    """

    lines: tuple[str, ...]
    runs: frozenset[int]


def words_of(text: str) -> list[str]:
    """The words of a text in small letters: `don't` is one."""
    return _WORD.findall(text.replace("'", ""))


def passages(texts: Iterable[str]) -> Passages:
    """The passages of a text, given in one or more forms."""
    worded = [words_of(text) for text in texts]
    lines = tuple(f" {' '.join(words)} " for words in worded if words)
    return Passages(lines, frozenset(run for words in worded for run in _runs(words)))


def handed_on(words: Sequence[str], by: Passages, free: Sequence[Passages]) -> str | None:
    """The passage of an outgoing text that another text has too, and no free text has.

    Args:
        words: the outgoing text's.
        by: the other text.
        free: texts that may be repeated, such as our own side's.

    Returns:
        The first such run of words, or all of a short text; None where there is neither.
    """
    if len(words) < _RUN:
        phrase = " ".join(words)
        return phrase if _is_telling(words) and _says(by, phrase) and not any(_says(f, phrase) for f in free) else None
    run: list[str] = []
    runs = _runs(words)
    for at in range(len(runs) + 1):
        shared = at < len(runs) and runs[at] in by.runs and not any(runs[at] in other.runs for other in free)
        if shared:
            run = [*run, words[at + _RUN - 1]] if run else list(words[at : at + _RUN])
        elif run and _says_something(run):
            return " ".join(run)
        else:
            run = []
    return None


def _runs(words: Sequence[str]) -> list[int]:
    """Each run of five words as a number that is the same in this process."""
    return [hash(tuple(words[at : at + _RUN])) for at in range(len(words) - _RUN + 1)]


def _says(passages: Passages, phrase: str) -> bool:
    return any(f" {phrase} " in line for line in passages.lines)


def _is_telling(words: Sequence[str]) -> bool:
    if len(words) == 1 and len(_LETTERS.findall(words[0])) < _LONG_WORD:
        return False
    return bool(_telling(_without_courtesies(words)))


def _says_something(run: Sequence[str]) -> bool:
    rest = _without_courtesies(run)
    return len(rest) >= _LONG_RUN or len(_telling(rest)) >= _FEWEST_TELLING


def _without_courtesies(words: Sequence[str]) -> list[str]:
    return _COURTESIES.sub(" ", " ".join(words)).split()


def _telling(words: Sequence[str]) -> list[str]:
    """The words that are not common: those that a text is about."""
    return [word for word in words if word not in _SMALL_WORDS and not word.isdecimal()]
