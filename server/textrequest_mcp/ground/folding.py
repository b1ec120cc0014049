"""Folds names, so that they are found without regard to case, accents and punctuation."""

import unicodedata

# Letters that no decomposition brings to their plain form.
_PLAIN = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th", "ŋ": "n"}
)
_APOSTROPHES = dict.fromkeys(map(ord, "'\u2019\u2018\u02bc`\u00b4"))


def folded(words: str) -> str:
    """Words in lower case and without accents, with single spaces: `Chloé O'Brien-Núñez` is `chloe obrien nunez`.

    What is neither letter nor digit divides words, but for apostrophes, which people leave out.
    """
    parts = unicodedata.normalize("NFKD", words.translate(_APOSTROPHES)).casefold().translate(_PLAIN)
    kept = "".join(c if c.isalnum() else "" if unicodedata.combining(c) else " " for c in parts)
    return " ".join(kept.split())
