"""What one run of a live server is made of, and its books: what there is, what the log holds, what was told.

At the end the log must hold each text once, and who read it by cursor must have been told each text once, in the order
of the log, and nothing else.
"""

import random
import sqlite3
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Literal

import anyio
from tests.live.cursor_reader import CursorReader
from tests.live.killed_server import KilledServer
from tests.live.listed_account import LINES, ListedAccount, Text

from textrequest_mcp.sandbox.records import Contact, Message

CANARY_KEY, _CANARY_WORDS = "DECAFBADDECAFBAD", "The heron ate invoice"
_CANARY_NUMBERS = ("42355501", "(423) 555-01", "423-555-01")
_STANDSTILL_SECONDS = 30.0
_MOST_SHOWN = 5


@dataclass(eq=False)
class Run:
    """One run: its parts, what happened, and what was found.

    Attributes:
        texts: all that there are, by id.
        counts: of what was done and found.
        found: a sentence for what is not as it must be.
    """

    account: ListedAccount
    server: KilledServer
    readers: list[CursorReader]
    chance: random.Random
    texts: dict[str, Text] = field(default_factory=dict[str, Text])
    counts: Counter[str] = field(default_factory=Counter[str])
    found: list[str] = field(default_factory=list[str])

    def make(self, *, line: int | None = None, at: float | None = None, real: bool = True) -> Text:
        """A text that happens now."""
        line = line or self.chance.choice(LINES)
        direction: Literal["R", "S"] = "R" if self.chance.random() < 2 / 3 else "S"
        number = self.chance.randrange(100)
        contact = Contact(line * 1_000_000 + number, f"1423555{100 + number:04}", 0.0)
        body = f"{_CANARY_WORDS} {len(self.texts)}."
        name = str(uuid.UUID(int=self.chance.getrandbits(128)))
        text = Text(line, contact, Message(name, body, direction, None, at or self.account.now()))
        if real:
            self.texts[name] = text
        return text

    @property
    def seen(self) -> int:
        return sum(len(reader.seen) for reader in self.readers)

    async def until_read(self, more: Callable[[], bool]) -> None:
        """Wait until everybody has read everything, or nothing has moved for a long time."""
        seen, since = -1, anyio.current_time()
        while more() or self.seen < len(self.texts):
            if self.seen != seen:
                seen, since = self.seen, anyio.current_time()
            if anyio.current_time() > since + _STANDSTILL_SECONDS:
                self.found.append(f"{len(self.texts) - seen} texts were not told")
                return
            await anyio.sleep(0.02)

    def audit(self) -> None:
        """Hold the log and what was read against what there is; the server is gone."""
        with closing(sqlite3.connect(self.server.state_file)) as state:
            rows: list[tuple[int, str]] = state.execute(
                "SELECT dashboard_id, message_id FROM live_events ORDER BY number"
            ).fetchall()
        self.counts["in the log"] = len(rows)
        self._compare("the log", Counter(name for _, name in rows))
        for reader in self.readers:
            names = [item["message_id"] for item in reader.seen]
            self.counts["told"] += len(names)
            self.counts["calls without an answer"] += reader.broken
            self.found += reader.troubles[:_MOST_SHOWN]
            own = {name: text for name, text in self.texts.items() if text.line == reader.line}
            self._compare(f"the reader of line {reader.line}", Counter(names), own)
            if names != [name for line, name in rows if line == reader.line]:
                self._wrong("told wrongly", f"line {reader.line} was read in another order than that of the log")
            self._check_words(reader)
        self.counts["texts"] = len(self.texts)
        self.counts["kills"] = self.server.starts - 1
        self.counts["calls to the service"] = self.account.asked
        self._search()

    def _compare(self, who: str, names: Counter[str], wanted: dict[str, Text] | None = None) -> None:
        wanted = self.texts if wanted is None else wanted
        for kind, wrong in (
            ("missing", [name for name in wanted if name not in names]),
            ("more than once", [name for name, times in names.items() if times > 1]),
            ("that do not exist", [name for name in names if name not in wanted]),
        ):
            for name in wrong[:_MOST_SHOWN]:
                self.found.append(f"{kind}: {name} for {who}")
            self.counts[kind] += len(wrong)

    def _check_words(self, reader: CursorReader) -> None:
        for item in reader.seen:
            text = self.texts.get(item["message_id"])
            told = (item["phone_number"], item["body"], item["message_direction"])
            if text and told != (f"+{text.contact.phone}", text.message.body, text.message.direction):
                self._wrong("told wrongly", f"{item} is not {text}")

    def _search(self) -> None:
        """Look for the key, words and whole numbers wherever they must not be."""
        files = [file for file in sorted(self.server.folder.rglob("*")) if file.is_file()]
        assert any(file.name.startswith("stderr") and file.stat().st_size for file in files), "nothing was logged"
        for file in files:
            read = file.read_bytes()
            for secret in (self.account.key, _CANARY_WORDS, *_CANARY_NUMBERS):
                if secret.encode() in read:
                    self._wrong("secrets in files", f"{secret!r} can be read in {file.name}")

    def _wrong(self, kind: str, sentence: str) -> None:
        self.counts[kind] += 1
        if self.counts[kind] <= _MOST_SHOWN:
            self.found.append(sentence)
