"""Tells why a customer's words are a reason to ask: with names, and times by the line's clock."""

from collections.abc import Callable
from contextlib import suppress

from textrequest_mcp.guard.change import Account, Change, Reason
from textrequest_mcp.guard.provenance.doubts import Doubt, doubts, in_order
from textrequest_mcp.guard.provenance.expiring import Expiring
from textrequest_mcp.guard.provenance.memory import Memory
from textrequest_mcp.guard.provenance.source import origin
from textrequest_mcp.guard.rules.forbidden import PROVENANCE
from textrequest_mcp.guard.rules.line_times import LineTimes
from textrequest_mcp.upstream.errors import TextRequestError

COVERED_SECONDS = 300.0
_MOST_COVERED = 1000
_TOLD = 3  # doubts about one change; a person is asked anyway, and reads no more


class WhoseWords:
    """Tells the doubts about a change.

    Args:
        memory: answers what the assistant of the current member has read.
        times: tells when.
    """

    def __init__(self, memory: Callable[[], Memory], times: LineTimes) -> None:
        self._memory = memory
        self._times = times
        self._covered = Expiring[str, None](seconds=COVERED_SECONDS, most=_MOST_COVERED)

    async def doubts(self, account: Account, change: Change) -> list[str]:
        """The reasons to ask that lie in whose words the assistant has read, each once.

        Raises:
            TextRequestError: somebody's record has to be read, and cannot be.
            StoreError: the store cannot be used.
        """
        memory = self._memory()
        await memory.catch_up()
        why: list[str] = []
        reads, looked_up = in_order(memory), 0
        for use in change.uses:
            if len(why) >= _TOLD:
                break
            if reads.all and use.person is not None and change.texts is None and looked_up < _TOLD:
                looked_up += 1  # their name, because somebody may have written of them
                await account.contact(use.line, use.person)
            why += [
                await self._told(account, doubt, use.line)
                for doubt in doubts(memory, use, reads, final=change.closes, asked=change.is_asked)
                if not (doubt.reason == "floor" and change.alike and self._covered.has(_key(change, memory)))
            ]
        return [Reason(each, PROVENANCE) for each in dict.fromkeys(why)]

    def cover(self, change: Change) -> None:
        """Have the floor ask no more before changes that are alike: a person who was asked about one said so."""
        self._covered.put(_key(change, self._memory()), None)

    async def _told(self, account: Account, doubt: Doubt, line: int) -> str:
        """A doubt as a sentence, with the name of the words' author, and the time by the line's clock."""
        source = doubt.source
        if source is None:
            return doubt.what
        on, person, memory = source.line or line, source.person, self._memory()
        with suppress(TextRequestError):
            if person is not None and memory.name(on, person) is None:
                await account.contact(on, person)
        when = await self._times.told(source.at, line) if source.at is not None else None
        place = origin(source, line, doubt.clue, name=memory.name(on, person), when=when)
        return f"{doubt.what} {place}."


def _key(change: Change, memory: Memory) -> str:
    """What is alike of a change, without its person's name."""
    name = memory.name(change.uses[0].line, change.uses[0].person) if change.uses else None
    key = change.alike or ""
    for part in (name or "").split():
        key = key.replace(part, "")
    return key
