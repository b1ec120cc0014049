"""Counts the tokens that a text costs a model, with a vocabulary that is on this machine.

o200k_base stands for all of them: other models cut text a little differently, and the ratios hold. `bpe-openai` brings
that vocabulary in its wheel, and is one abi3 wheel for every Python from 3.9 on.
"""

import importlib
import json
from collections.abc import Callable
from functools import cache
from typing import Any


def count_tokens(value: Any) -> int:
    """Tokens of a text, or of anything else as compact JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return len(_encode()(text))


@cache
def _encode() -> Callable[[str], list[int]]:
    try:
        vocabularies = importlib.import_module("bpe_openai")  # a name only: `make lint` does not install it
    except ModuleNotFoundError:
        raise SystemExit("The benchmarks need the package bpe-openai; `make bench` installs it.") from None
    return vocabularies.get_encoding("o200k_base").encode
