"""Texts with blanks, such as `Hi {first_name}`, and what fills them for a person."""

from collections.abc import Mapping

from textrequest_mcp.account.person import Person
from textrequest_mcp.ground.folding import folded
from textrequest_mcp.guard.rules.templates import blanks, filled
from textrequest_mcp.upstream.errors import BadInput

NAMES = ("first_name", "last_name", "name")


class Template:
    """A text with blanks: parts of a name, or custom fields of the line by their names.

    Args:
        text: the text.
        fields: the names of the line's custom fields, by id.
        given: what fills further blanks.

    Raises:
        BadInput: a blank is neither.
    """

    def __init__(self, text: str, fields: Mapping[str, str], given: Mapping[str, str] | None = None) -> None:
        self.text = text
        self._given = given or {}
        by_name = {folded(name): field for field, name in fields.items()}
        self._fields = {
            blank: by_name.get(folded(blank)) for blank in blanks(text) if blank not in (*NAMES, *self._given)
        }
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
        return filled(self.text, {blank: self._value(blank, person) for blank in blanks(self.text)})

    def _value(self, blank: str, person: Person | None) -> str:
        if blank in self._given:
            return self._given[blank]
        if person is None:
            return ""
        if blank in NAMES:
            return str(getattr(person, blank))
        return person.fields.get(self._fields[blank] or "", "")
