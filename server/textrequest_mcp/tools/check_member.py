"""Looks whether the member for whom a call is made is still let in, because a yes can come later."""

from textrequest_mcp.ground.member import current
from textrequest_mcp.upstream.errors import TextRequestError


def check_member() -> None:
    """Pass where they are, or where one person uses the server.

    Raises:
        TextRequestError: they are not.
    """
    member = current()
    if member is not None and not member.is_in():
        raise TextRequestError("You are no member of this team any more.", todo="Ask who runs this server.")
