"""The desk: a page on this machine, where a person decides what waits, out of the model's reach.

It is up only while something waits. The server opens it in the person's browser, by an address that works once; from
then on a cookie stands for that browser. No address, cookie or value of it is ever told to a host. `site` serves it,
and is loaded when the first question waits.
"""

import logging
from collections.abc import Callable

import anyio

from textrequest_mcp.guard.approval.approvals import Approvals
from textrequest_mcp.guard.approval.browser import open_browser

logger = logging.getLogger(__name__)


class Desk:
    """The desk of one server process.

    Args:
        approvals: the questions.
        open_address: opens an address in the person's browser.
        of_team: whether its page is served elsewhere, to members of a team who may approve.
    """

    def __init__(
        self, approvals: Approvals, *, open_address: Callable[[str], None] = open_browser, of_team: bool = False
    ) -> None:
        self.approvals = approvals
        self.of_team = of_team
        self._open_address = open_address
        self._wanted = anyio.Event()

    def show(self) -> None:
        """Bring what waits before the person."""
        if not self.of_team:
            self._wanted.set()

    async def run(self) -> None:
        """Serve the page whenever something waits; never returns."""
        while True:
            await self._wanted.wait()
            try:
                from textrequest_mcp.guard.approval.site import Site

                await Site(self.approvals, wish=self._take_wish, open_address=self._open_address).serve()
            except Exception:
                logger.exception("the page for approvals cannot be shown")
                self._wanted = anyio.Event()

    def _take_wish(self) -> bool:
        """Whether something is to be brought before the person since this was asked last."""
        wanted = self._wanted.is_set()
        self._wanted = anyio.Event()
        return wanted
