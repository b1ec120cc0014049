"""Privacy: hides the words of a text in Text Request, such as a card number, and brings them back; off by default."""

from typing import Annotated

from pydantic import Field

from textrequest_mcp.account.account import InAccount
from textrequest_mcp.account.lines import for_all_lines
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.guard.marks import Mark
from textrequest_mcp.tools.answers import Answer, Code, Flag
from textrequest_mcp.tools.declare import Toolset
from textrequest_mcp.tools.parameters import Filled

privacy = Toolset("privacy")

_ANY_TEXT = "Hiding a text, whose line is not named,"  # the service takes its id alone

MessageId = Annotated[Filled, Field(description="From list_messages"), Mark.NOBODYS]


class Redacted(Answer):
    """How a text stands now."""

    message_id: Code = None
    is_redacted: Flag = None


async def _before_redacting(message_id: MessageId) -> Question:
    for_all_lines(_ANY_TEXT)
    return Question(
        f"Hide the words of the text {message_id} from everybody in Text Request? The person's own phone keeps them."
    )


@privacy.destroys(title="Redact a text", action="", question=_before_redacting)
async def redact_message(account: InAccount, message_id: MessageId) -> Redacted:
    """Hide the words of one text in Text Request; unredact_message brings them back."""
    for_all_lines(_ANY_TEXT)
    await account.api.put("messages", message_id, "redact")
    return Redacted(message_id=message_id, is_redacted=True)


async def _before_unredacting(message_id: MessageId) -> Question:
    for_all_lines(_ANY_TEXT)
    return Question(f"Show the words of the text {message_id} again to everybody in Text Request?")


@privacy.destroys(title="Unredact a text", action="", question=_before_unredacting)
async def unredact_message(account: InAccount, message_id: MessageId) -> Redacted:
    """Show the words of a redacted text again."""
    for_all_lines(_ANY_TEXT)
    await account.api.put("messages", message_id, "unredact")
    return Redacted(message_id=message_id, is_redacted=False)
