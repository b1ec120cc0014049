"""Says how an act ended, in words that a model cannot misread."""

from typing import Literal

from pydantic import BaseModel, Field


class Outcome(BaseModel):
    """The fields that every changing tool's answer can have besides its own."""

    outcome: (
        Literal["done", "sent", "scheduled", "confirmation_required", "not_confirmed", "not_sent", "unknown"] | None
    ) = Field(default=None, description="Only done and sent mean that it happened")
    message: str | None = None
    confirmation: str | None = Field(default=None, description="Token, once a person agreed")
    do_not_resend: bool | None = Field(default=None, description="True: look, don't repeat")


class SendOutcome(Outcome):
    """The fields that the answer of every tool that acts at most once can have besides its own."""

    already_done: bool | None = None
    send_id: str | None = Field(default=None, description="For get_send_status")
    leaves_at_utc: str | None = None
    duplicate_suppressed: bool | None = Field(
        default=None, description="True: the result of an earlier call; this one sent nothing"
    )
    texts_left_this_hour: int | None = Field(default=None, description="Of the line, under the caps")
    texts_left_today: int | None = None
    new_people_left_today: int | None = None
    dollars_left_today: str | None = None


def confirmation_required(
    preview: str, tool: str, token: str, minutes: int, *, types_name: bool, why: str = ""
) -> Outcome:
    """The answer to a first call where no host asked a person; `why` is a sentence about one that says it can."""
    also = " and, as typed_name, the name as they typed it" if types_name else ""
    return Outcome(
        outcome="confirmation_required",
        message=(
            f"{why}Nothing was sent or changed yet. Show the person this, word for word: «{preview}» Only if they "
            f"agree, call {tool} again with the same arguments, this confirmation{also}; it works once, for {minutes} "
            "minutes."
        ),
        confirmation=token,
    )


def not_confirmed(action: str) -> Outcome:
    """The answer when the host's reply to the question was anything but a clear yes."""
    return Outcome(
        outcome="not_confirmed",
        message=(
            f"The host asked for confirmation and answered {action}, so nothing was sent or changed. "
            "Ask the person what they want before calling again. If they saw no question, another host may show it."
        ),
    )


def waits_at_the_desk(tool: str, why: str = "", *, where: str = "on a page that only they can see") -> Outcome:
    """The answer when nobody has decided yet; `why` as in `confirmation_required`."""
    return Outcome(
        outcome="confirmation_required",
        message=(
            f"{why}Nothing was sent or changed yet. A person has to agree, {where}; nobody has "
            f"decided yet. Tell the person, wait for their word, and call {tool} again with the same arguments."
        ),
    )


def declined_at_the_desk() -> Outcome:
    """The answer when a person said no, away from the host."""
    return Outcome(
        outcome="not_confirmed",
        message="The person said no, so nothing was sent or changed. Ask them what they want before calling again.",
    )


def facts_changed() -> Outcome:
    """The answer when the facts shown to the person changed meanwhile."""
    return Outcome(
        outcome="not_confirmed",
        message=(
            "While the person was asked, the facts that they were shown changed, so nothing was sent or changed. "
            "Call again: they will be asked with the facts as they are now."
        ),
    )


def unknown(what: str, send_id: str | None = None) -> SendOutcome:
    """The answer when a change left this machine and nothing readable came back."""
    look = f" Do not repeat it; get_send_status with send_id {send_id} looks for it again." if send_id else ""
    return SendOutcome(outcome="unknown", message=what + look, do_not_resend=True, send_id=send_id)


def not_sent(what: str, send_id: str | None) -> SendOutcome:
    """The answer when certainly nothing happened; `what` gives the cause and the next step."""
    return SendOutcome(outcome="not_sent", message=what, send_id=send_id)


def same_as_before(when: str, *, repeats: bool = True) -> str:
    """The sentence for a call that sent nothing, because an earlier same call did."""
    said = f"This call sent and changed nothing: the same was done {when}, and this is its result."
    again = " To do it once more on purpose, call again with repeat: true; a person confirms that."
    return said + (again if repeats else " It cannot be done twice.")
