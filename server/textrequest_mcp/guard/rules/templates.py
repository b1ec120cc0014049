"""Saved replies: texts with blanks that the owner wrote, and the rule that lets nothing else leave."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from textrequest_mcp.guard.provenance.words import plainly
from textrequest_mcp.upstream.errors import BadInput

ONLY_TEMPLATES = "TEXTREQUEST_ONLY_TEMPLATES"
LONGEST_VALUE = 40  # characters in a blank: a name or a time, and no message of its own
_HEADING = re.compile(r"\[([A-Za-z0-9][A-Za-z0-9 _-]{0,39})\]")
_BLANK = re.compile(r"\{([^{}\n]{1,60})\}")
_VALUE = rf"([^\n\r{{}}]{{1,{LONGEST_VALUE}}})"
_LEADS_AWAY = re.compile(r"://|www\.|@|[\w-]\.[^\W\d]{2,}|\d\.\d+\.\d")  # a phone makes a link of any of these


def blanks(text: str) -> list[str]:
    """The blanks of a text, each once: of `Hi {first_name}` it is `first_name`."""
    return list(dict.fromkeys(_BLANK.findall(text)))


def leads_away(value: str) -> bool:
    """Whether what fills a blank holds a link or an e-mail address, however disguised; a name or a time has none."""
    return _LEADS_AWAY.search(re.sub("[\u3002\uff61]", ".", plainly(value))) is not None


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its blanks filled; one without a value stays."""
    return _BLANK.sub(lambda match: values.get(match[1]) or match[0], text)


@dataclass(frozen=True)
class Templates:
    """Saved replies, by their names.

    Attributes:
        texts: the texts.
        only: whether nothing else may leave.
    """

    texts: Mapping[str, str] = field(default_factory=dict[str, str])
    only: bool = False

    def text(self, name: str) -> str:
        """The text of a saved reply.

        Raises:
            BadInput: there is none of this name.
        """
        found = {key.casefold(): text for key, text in self.texts.items()}.get(name.strip().casefold())
        if found is None:
            raise BadInput(
                "There is no saved reply of that name.", todo=f"There are: {', '.join(self.texts) or 'none'}."
            )
        return found

    def allows(self, words: str) -> bool:
        """Whether words are a saved reply with its blanks filled, or may be others."""
        found = (_pattern(text).fullmatch(words) for text in self.texts.values())
        return not self.only or any(match and not any(map(leads_away, match.groups())) for match in found)


def read_templates(text: str) -> dict[str, str]:
    """The saved replies of a file: a heading `[name]` on a line of its own, and the text below it.

    Raises:
        ValueError: it has none, two of one name, or text before the first heading; the sentence says which.
    """
    found: dict[str, str] = {}
    for name, body in _parts(text):
        if name.casefold() in {each.casefold() for each in found}:
            raise ValueError(f"two saved replies are called {name}")
        if not body:
            raise ValueError(f"the saved reply {name} has no text")
        found[name] = body
    if not found:
        raise ValueError(
            "it has no saved reply; each begins with its name in brackets on a line of its own, as [ready]"
        )
    return found


def _parts(text: str) -> Iterator[tuple[str, str]]:
    name, lines = "", list[str]()
    for line in [*text.lstrip("\ufeff").splitlines(), "[end]"]:
        heading = _HEADING.fullmatch(line.strip())
        if heading is None:
            lines.append(line)
            continue
        body = "\n".join(lines).strip()
        if name:
            yield name, body
        elif body:
            raise ValueError("there is text before the first name in brackets")
        name, lines = heading[1].strip(), []


def _pattern(text: str) -> re.Pattern[str]:
    parts = _BLANK.split(text)  # text, blank, text, blank, ...
    return re.compile("".join(_VALUE if place % 2 else re.escape(part) for place, part in enumerate(parts)))


def open_templates(file: Path | None, *, only: bool) -> Templates:
    """The saved replies of a file; none where none is named.

    Raises:
        ValueError: it cannot be read, or holds none, or nothing could leave; the sentence says which.
    """
    if file is None:
        if only:
            raise ValueError(f"{ONLY_TEMPLATES} needs TEXTREQUEST_TEMPLATES, or nothing could leave.")
        return Templates()
    try:
        return Templates(read_templates(file.read_text("utf-8-sig")), only=only)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ValueError(f"TEXTREQUEST_TEMPLATES cannot be used: {why}.") from None
