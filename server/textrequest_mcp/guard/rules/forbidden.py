"""A rule's refusal: its sentence, and the setting that governs it."""

from textrequest_mcp.guard.change import PersonFacts, Reason
from textrequest_mcp.upstream.errors import TextRequestError
from textrequest_mcp.upstream.phone import masked

CONSENT = "TEXTREQUEST_CONSENT"
VISIBLE_ONLY = "TEXTREQUEST_VISIBLE_ONLY"
CALLBACK_HOSTS = "TEXTREQUEST_CALLBACK_HOSTS"
PROVENANCE = "TEXTREQUEST_PROVENANCE"
IF_UNANSWERED = "TEXTREQUEST_IF_UNANSWERED"


class Forbidden(TextRequestError):
    """A rule says no; certainly nothing left.

    Attributes:
        rule: the setting that governs the rule.
        brief: the same of one of many people, after their number: `4 opted out`.

    Args:
        is_theirs: whether the texted person decides, whatever a setting says; then none is named as a way round it.
    """

    def __init__(self, what: str, *, rule: str, todo: str, brief: str = "", is_theirs: bool = False) -> None:
        whose = f" The rule is {rule}, which only the person who runs this server can set."
        super().__init__(what, todo=todo if is_theirs else todo + whose)
        self.rule = rule
        self.brief = brief or what.rstrip(".")


def rule_of(error: Exception) -> str | None:
    """The setting of the rule or cap that says no, where one does."""
    return getattr(error, "rule", None) or getattr(error, "setting", None)


def perhaps(when: str) -> Reason:
    """The reason to ask a person first, after words that may mean no more texts."""
    return Reason(f"On {when}, they wrote what may mean that they want no more texts.", CONSENT)


def check_record(facts: PersonFacts, number: str, opted_out: str) -> None:
    """Refuse a text where the contact's record forbids it; `opted_out` is when, for a sentence.

    Raises:
        Forbidden: the person opted out, or is blocked.
    """
    if facts.opted_out_at is not None:
        raise Forbidden(
            f"This person opted out by texting STOP ({opted_out}), so {masked(number)} is not texted.",
            rule=CONSENT,
            todo="Only their own START lifts that.",
            brief="opted out",
            is_theirs=True,
        )
    if facts.is_blocked:
        raise Forbidden(
            f"The contact with {masked(number)} is blocked on this line: an answer would be dropped.",
            rule=CONSENT,
            todo='Ask the person whether to unblock them: save_contact with clear: ["is_blocked"].',
            brief="blocked",
        )
