"""What a host can say of a call of any changing tool."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a host gives of every changing tool beside the arguments of its function.

    Attributes:
        repeat: the same is meant once more.
        idempotency_key: the caller's own name for the act.
        confirmation: the token of a preview.
    """

    repeat: bool = False
    idempotency_key: str | None = None
    confirmation: str | None = None


NO_OPTIONS = Options()
