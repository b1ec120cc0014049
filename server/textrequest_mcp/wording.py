"""Customers' words inside our own sentences: on one line, short, and unable to pass for ours."""

_LONGEST = 80


def one_line(text: str | None, longest: int = _LONGEST) -> str:
    """A name or a message as a sentence may quote it: printable characters, single spaces, cut with `…`."""
    plain = "".join(c if c.isprintable() else " " for c in text or "")
    plain = " ".join(plain.split())
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def quoted(text: str | None, longest: int = _LONGEST) -> str:
    """The same in quotation marks, or `(no name)` where there is nothing to quote."""
    plain = one_line(text, longest).replace('"', "'")
    return f'"{plain}"' if plain else "(no name)"


def some(count: int | None, noun: str) -> str:
    """`no messages`, `1 message`, `3 messages`."""
    if not count:
        return f"no {noun}s"
    return f"{count} {noun}" + ("s" if count != 1 else "")
