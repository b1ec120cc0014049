"""Texts with blanks, such as `Hi {first_name}`, and what fills them for a person."""

import re
from collections.abc import Mapping

from textrequest_mcp.account.person import Person
from textrequest_mcp.ground.folding import folded
from textrequest_mcp.upstream.errors import BadInput

NAMES = ("first_name", "last_name", "name")
_BLANK = re.compile(r"\{([^{}\n]{1,60})\}")


class Template:
    """A text with blanks: parts of a name, or custom fields of the line by their names.

    Args:
        text: the text.
        fields: the names of the line's custom fields, by id.

    Raises:
        BadInput: a blank is neither.
    """

    def __init__(self, text: str, fields: Mapping[str, str]) -> None:
        self.text = text
        by_name = {folded(name): field for field, name in fields.items()}
        self._fields = {blank: by_name.get(folded(blank)) for blank in blanks(text) if blank not in NAMES}
        unknown = [blank for blank, field in self._fields.items() if field is None]
        if unknown:
            there = ", ".join(f"{{{name}}}" for name in (*NAMES, *fields.values()))
            raise BadInput(
                f"The text has a blank that nothing fills: {{{unknown[0]}}}.", todo=f"The blanks there are: {there}."
            )

    def lacks(self, person: Person | None) -> str | None:
        """The first blank that nothing fills for a person; None where all can be filled."""
        return next((blank for blank in blanks(self.text) if not self._value(blank, person)), None)

    def filled(self, person: Person | None) -> str:
        """The text to a person who lacks nothing."""
        return _BLANK.sub(lambda match: self._value(match[1], person), self.text)

    def _value(self, blank: str, person: Person | None) -> str:
        if person is None:
            return ""
        if blank in NAMES:
            return str(getattr(person, blank))
        return person.fields.get(self._fields[blank] or "", "")


def blanks(text: str) -> list[str]:
    """The blanks of a text, each once."""
    return list(dict.fromkeys(_BLANK.findall(text)))
