"""What is found out of a call before anything happens: it happened already, it may go ahead, or a person is asked."""

from dataclasses import dataclass

from textrequest_mcp.guard.approval.question import Question


@dataclass(frozen=True)
class AlreadyDone:
    """The ledger has the answer of the same act, so nobody is asked, and the rules were not looked at."""


@dataclass(frozen=True)
class Go:
    """No rule has a doubt, and no policy asks; or `wish` is the standing wish that allows it."""

    wish: str | None = None


@dataclass(frozen=True)
class Ask:
    """A person is asked first."""

    question: Question


@dataclass(frozen=True)
class Yes:
    """A person agreed, and the yes is used up.

    Attributes:
        by: whose yes it was, as the audit says it: host, page, terminal, text, passkey or token.
        for_others: whether it holds for the same with other people too, for a while.
    """

    by: str
    for_others: bool = False


Verdict = AlreadyDone | Go | Ask
