"""Reads numbers in English and Spanish words, as the digits of a phone number and as an amount."""

import re
from collections.abc import Iterator

_ENGLISH_UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SPANISH_UNITS = ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")
_ENGLISH_TEENS = (
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_SPANISH_TEENS = (
    *("diez", "once", "doce", "trece", "catorce", "quince", "dieciseis", "diecisiete", "dieciocho", "diecinueve"),
)
_ENGLISH_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SPANISH_TENS = ("veinte", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa")

_UNITS = (
    {word: n for words in (_ENGLISH_UNITS, _SPANISH_UNITS) for n, word in enumerate(words)}
    | dict.fromkeys(("oh", "nought"), 0)
    | dict.fromkeys(("un", "una"), 1)
)
_TEENS = {word: n for words in (_ENGLISH_TEENS, _SPANISH_TEENS) for n, word in enumerate(words, 10)} | {
    f"veinti{word}": 20 + n for n, word in enumerate(_SPANISH_UNITS) if n
}
_TENS = {word: n * 10 for words in (_ENGLISH_TENS, _SPANISH_TENS) for n, word in enumerate(words, 2)} | {"fourty": 40}
_SPANISH_HUNDREDS = (
    *("ciento", "doscientos", "trescientos", "cuatrocientos", "quinientos", "seiscientos", "setecientos"),
    *("ochocientos", "novecientos"),
)
_HUNDREDS = {word: n * 100 for n, word in enumerate(_SPANISH_HUNDREDS, 1)} | {"cien": 100}
_HUNDRED = "hundred"
_THOUSANDS = frozenset({"thousand", "mil", "grand"})
_TIMES = {"double": 2, "doble": 2, "triple": 3}
_FILLERS = frozenset(
    {
        *("and", "then", "followed", "by", "a", "y", "luego", "mas"),
        *("dash", "hyphen", "minus", "dot", "point", "comma", "plus", "space", "guion", "punto", "coma", "espacio"),
    }
)
NUMBER_WORDS = frozenset({*_UNITS, *_TEENS, *_TENS, *_HUNDREDS, *_THOUSANDS, _HUNDRED})

_PIECE = re.compile(r"[^\W_]+|[\W_]+")
_FURTHEST_APART = 6  # characters between two digits of one number
_UNIT = re.compile("[0-9]|" + "|".join(sorted(_UNITS, key=len, reverse=True)))
_RUN_TOGETHER = re.compile(f"(?:{_UNIT.pattern})++")
_AS_DIGITS = str.maketrans("oil", "011")
_DIGITS = re.compile(r"[0-9]+")


def digit_chains(text: str) -> Iterator[str]:
    """Chains of digits, in figures or words, with only short punctuation between them.

    Args:
        text: in small letters, as `disguises.Form` has it.
    """
    chain = _Chain()
    for piece in _PIECE.findall(text):
        if not piece[0].isalnum():
            if len(piece) > _FURTHEST_APART:
                yield from chain.ended()
        elif not chain.takes(piece) and piece not in _FILLERS:
            yield from chain.ended()
            yield from _DIGITS.findall(piece)
    yield from chain.ended()


def value_of(words: list[str]) -> int:
    """The value of number words: `twelve hundred`, `one thousand and fifty`, `mil doscientos`."""
    total = part = 0
    for word in words:
        if word in _THOUSANDS:
            total, part = total + max(part, 1) * 1000, 0
        elif word == _HUNDRED:
            part = max(part, 1) * 100
        else:
            part += _UNITS.get(word, 0) + _TEENS.get(word, 0) + _TENS.get(word, 0) + _HUNDREDS.get(word, 0)
    return total + part


class _Chain:
    """Digits so far."""

    def __init__(self) -> None:
        self._digits: list[str] = []
        self._times = 1
        self._after = ""  # the kind of the last word, which may belong together with the next

    def ended(self) -> Iterator[str]:
        if self._digits:
            yield "".join(self._digits)
        self.__init__()

    def takes(self, piece: str) -> bool:
        """Add the digits of a word or a run of digits; whether it has any."""
        if piece in _TIMES:
            self._times = _TIMES[piece]
            return True
        if piece == _HUNDRED and self._after == "unit":
            self._digits.append("00")
            self._after = ""
            return True
        if piece in _UNITS:
            self._unit(_UNITS[piece])
            return True
        digits = self._meant(piece)
        if digits:
            self._digits.append(digits)
            self._after = "tens" if piece in _TENS else ""
        return bool(digits)

    def _unit(self, unit: int) -> None:
        if self._after == "tens" and unit:
            self._digits[-1] = self._digits[-1][0]
        self._digits.append(str(unit) * self._times)
        self._times, self._after = 1, "unit"

    def _meant(self, piece: str) -> str:
        if piece in _TENS or piece in _TEENS or piece in _HUNDREDS:
            return str(_TENS.get(piece, 0) + _TEENS.get(piece, 0) + _HUNDREDS.get(piece, 0))
        digits = piece.translate(_AS_DIGITS)
        if digits.isdecimal() and digits.isascii() and (digits == piece or self._digits or _DIGITS.search(piece)):
            return digits
        if _RUN_TOGETHER.fullmatch(piece):
            return "".join(str(_UNITS.get(word, word)) for word in _UNIT.findall(piece))
        return ""
