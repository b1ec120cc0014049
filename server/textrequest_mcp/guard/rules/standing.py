"""Standing wishes: texts that the person allowed beforehand, in a file that only they write, so that nobody is asked.

[[wish]]
name = "ready for pickup"
to = ["tag:In the shop", "+14235550100"]
texts = ["Hi {first_name}, your car is ready. We close at {time}."]
per_day = 20
"""

import re
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.store import Store
from textrequest_mcp.ground.succession import Owned
from textrequest_mcp.guard.change import Account, Change, PersonAndWords, PersonFacts
from textrequest_mcp.guard.provenance.memory import Memory
from textrequest_mcp.guard.provenance.words import plainly, words_of
from textrequest_mcp.guard.rules.forbidden import Forbidden
from textrequest_mcp.guard.rules.templates import leads_away
from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.phone import e164

STANDING = "TEXTREQUEST_STANDING"
KNOWN = "had a text from us before"
_DAY = 86_400.0
_LONGEST_NAME = 4  # words
_NAMES = ("first_name", "name")
_BLANKS = {
    **dict.fromkeys(_NAMES, r"([^\n]{1,60}?)"),
    "time": r"([0-9]{1,2}(?::[0-9]{2})?(?: ?[AaPp]\.?[Mm]\.?)?)",
    "day": r"((?i:(?:mon|tues|wednes|thurs|fri|satur|sun)day|today|tomorrow))",
    "number": r"([0-9]{1,6})",
    "amount": r"(\$[0-9]{1,4}(?:\.[0-9]{2})?)",
}
_WRITABLE_BY_OTHERS = 0o022

SCHEMA = """
CREATE TABLE IF NOT EXISTS standing_used (
    number INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, wish TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS standing_used_of ON standing_used (account, wish, at);
"""


def _whom(who: str) -> str:
    if who == KNOWN or who.startswith(("group:", "tag:")):
        return who
    try:
        return e164(who)
    except BadInput:
        raise ValueError(f'"{who}" is neither a number, group:NAME, tag:NAME nor "{KNOWN}"') from None


@cache
def _pattern(text: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    parts = re.split(r"\{([^{}]*)\}", text.strip())
    blanks = tuple(parts[1::2])
    if unknown := [blank for blank in blanks if blank not in _BLANKS]:
        raise ValueError(f"{{{unknown[0]}}} is a blank that is none of {', '.join(_BLANKS)}")
    pattern = "".join(_BLANKS[part] if at % 2 else re.escape(part) for at, part in enumerate(parts))
    return re.compile(pattern), blanks


def _with_blanks(text: str) -> str:
    _pattern(text)
    return text


_Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, strict=True)]


class Wish(BaseModel):
    """What may be texted unasked.

    Attributes:
        name: for the person and the audit.
        to: to whom, each a number, `group:NAME`, `tag:NAME` or `KNOWN`.
        texts: the texts, with blanks.
        per_day: at most so many in any 24 hours.
        line: the line's id; None for every line.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: _Filled
    to: tuple[Annotated[_Filled, AfterValidator(_whom)], ...] = Field(min_length=1)
    texts: tuple[Annotated[_Filled, AfterValidator(_with_blanks)], ...] = Field(min_length=1)
    per_day: int = Field(gt=0, strict=True)
    line: int | None = Field(default=None, strict=True)

    def says(self, body: str, names: frozenset[str]) -> bool:
        """Whether a text is one of these; a name in it must be one that the account has for its reader."""
        for pattern, blanks in map(_pattern, self.texts):
            if match := pattern.fullmatch(body.strip()):
                said = [value for value, blank in zip(match.groups(), blanks, strict=True) if blank in _NAMES]
                if all(plain(value) in names and _is_name(value) for value in said):
                    return True
        return False

    def is_to(self, number: str, facts: PersonFacts) -> bool:
        """Whether somebody is among those whom it is for."""
        return any(
            who == number or plain(who) in facts.labels or (who == KNOWN and facts.sent_at is not None)
            for who in self.to
        )


def _is_name(value: str) -> bool:
    """Whether it says who somebody is and no more: an assistant may have written it into their record."""
    return len(plain(value).split()) <= _LONGEST_NAME and not leads_away(value) and not any(map(str.isdigit, value))


class _File(BaseModel):
    """What the file holds."""

    model_config = ConfigDict(extra="forbid")
    wish: tuple[Wish, ...]


class Standing:
    """The standing wishes of one account, and how often each was used.

    Args:
        store: counts, over all servers of the user.
        account: names the account without telling its key.
        wishes: as `read_standing` gives them.
        clock: seconds since 1970 by the service's clock.
    """

    def __init__(
        self, store: Store, account: str, wishes: tuple[Wish, ...], *, clock: Callable[[], float] = time.time
    ) -> None:
        self._store, self._account, self.wishes, self._clock = store, account, wishes, clock
        if wishes:
            store.ensure(SCHEMA, Owned("standing_used"))

    @property
    def by_label(self) -> bool:
        """Whether any is for a group or tag."""
        return any(":" in who for wish in self.wishes for who in wish.to)

    async def covering(self, account: Account, change: Change, memory: Memory) -> str | None:
        """The wish that allows a text, or every one of many, and has so many left; then neither words nor a policy ask.

        Raises:
            TextRequestError: the record of a reader cannot be read.
            StoreError: the store cannot be used.
        """
        if change.texts is None or not change.uses:
            return None
        for wish in self.wishes:
            if all([await _fits(wish, account, use, memory) for use in change.uses]):
                used = await self._store.transact(partial(self._used, wish))
                return wish.name if used + len(change.uses) <= wish.per_day else None
        return None

    async def use(self, name: str, texts: int = 1) -> None:
        """Count texts.

        Raises:
            Forbidden: it allows no more; the same call asks a person then.
            StoreError: the store cannot be used.
        """
        wish = next(wish for wish in self.wishes if wish.name == name)

        def count(connection: Connection) -> bool:
            if self._used(wish, connection) + texts > wish.per_day:
                return False
            for _ in range(texts):
                connection.execute(
                    "INSERT INTO standing_used (account, wish, at) VALUES (?, ?, ?)",
                    (self._account, name, self._clock()),
                )
            old = self._store.today(connection, self._clock()) - _DAY
            connection.execute("DELETE FROM standing_used WHERE at < ?", (old,))
            return True

        if not await self._store.transact(count):
            what = f"The standing wish {name} allows {wish.per_day} texts in 24 hours, and those are used."
            raise Forbidden(what, rule=STANDING, todo="Call again the same way: a person is asked then.")

    def _used(self, wish: Wish, connection: Connection) -> int:
        (used,) = connection.execute(
            "SELECT count(*) FROM standing_used WHERE account = ? AND wish = ? AND at > ?",
            (self._account, wish.name, self._clock() - _DAY),
        ).fetchone()
        return used


async def _fits(wish: Wish, account: Account, use: PersonAndWords, memory: Memory) -> bool:
    """Whether a wish allows one text."""
    words = dict(use.words or {})
    body = words.pop("body", None)
    if use.person is None or use.kind != "reply" or body is None or words or wish.line not in (None, use.line):
        return False
    if not wish.is_to(use.person, await account.contact(use.line, use.person)):
        return False
    known = memory.people.get((use.line, use.person))
    return wish.says(body, frozenset() if known is None else known.names)


def plain(text: str) -> str:
    """A name or a label as it is compared."""
    kind, colon, name = text.partition(":")
    if colon and kind in ("group", "tag"):
        return f"{kind}:{' '.join(words_of(plainly(name)))}"
    return " ".join(words_of(plainly(text)))


def read_standing(file: str) -> tuple[Wish, ...]:
    """The wishes in a file; none where no file is named.

    Raises:
        ValueError: it cannot be read, others can write it, or a wish makes no sense; the sentence says which.
    """
    if not file:
        return ()
    try:
        wishes = _File.model_validate(_toml(Path(file).expanduser())).wish
    except ValidationError as error:
        first = error.errors()[0]
        where = " ".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
        raise ValueError(f"{STANDING}: {where}: {first['msg'].removeprefix('Value error, ')}.") from None
    if len({wish.name for wish in wishes}) < len(wishes):
        raise ValueError(f"{STANDING}: two wishes have the same name.")
    return wishes


def _toml(path: Path) -> dict[str, Any]:
    import tomllib  # only a server with such a file needs it

    try:
        is_open = path.stat().st_mode & _WRITABLE_BY_OTHERS
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{STANDING} names a file that cannot be read ({type(error).__name__}).") from None
    if is_open:
        raise ValueError(f"{STANDING} names a file that others can write. Let only yourself write it.")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{STANDING}: the file is no TOML: {error}.") from None
