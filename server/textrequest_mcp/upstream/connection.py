"""Carries one request to Text Request and one answer back, and knows whether any byte of the request left."""

from collections.abc import Mapping
from typing import Any

import anyio
import httpx2

from textrequest_mcp import __version__
from textrequest_mcp.upstream.errors import Unreachable
from textrequest_mcp.upstream.receiving import Received, Unacceptable, receive
from textrequest_mcp.upstream.request import File, Request
from textrequest_mcp.upstream.scrub import Scrubber
from textrequest_mcp.upstream.tries import Lost

# Connecting fails fast; an answer may take long when the service is busy; nobody waits for a free connection for long.
_TIMEOUT = httpx2.Timeout(connect=5.0, read=20.0, write=10.0, pool=10.0)
_NEVER_LEFT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
# The HTTP library raises these over certificates that are missing or invalid, and over proxies that it cannot use.
_BAD_SURROUNDINGS = (OSError, ValueError, ImportError, httpx2.InvalidURL)


class Connection:
    """The HTTP client of one account.

    Args:
        base_url: e.g. `https://api.textrequest.com/api/v3`.
        key: the account's API key, sent in one header.
        scrubber: takes the keys out of what it answers.
        transport: carries the requests; the network for None.

    Attributes:
        changing: the number of changing requests on their way.
    """

    def __init__(
        self, base_url: str, key: str, scrubber: Scrubber, transport: httpx2.AsyncBaseTransport | None
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._scrubber = scrubber
        self._transport = transport
        self._client: httpx2.AsyncClient | None = None
        self.changing = 0

    async def exchange(self, request: Request, seconds: float) -> Received:
        """Send and receive within `seconds`. A request that must not repeat ignores cancellation.

        Raises:
            Lost: there is no usable answer; it says whether bytes left.
            Unreachable: as `open`.
        """
        client = self.open()  # again, because waiting for the slot may have outlasted it
        left = False
        traced = False

        async def trace(event: str, _: Mapping[str, Any]) -> None:
            nonlocal left, traced
            traced = True
            left = left or event == "http11.send_request_headers.started"

        change = request.method != "GET"
        self.changing += change
        try:
            with anyio.fail_after(seconds, shield=not request.repeatable):
                async with client.stream(
                    request.method,
                    request.path,
                    params=request.query or None,
                    **_content(request.body),
                    extensions={"trace": trace},
                ) as response:
                    received = await receive(response)
                    return received._replace(content=self._scrubber.scrub(received.content))
        except Unacceptable as refused:
            raise Lost(str(refused), left=True) from None
        except _NEVER_LEFT as error:
            raise Lost(f"no connection ({type(error).__name__})", left=left) from None
        except (httpx2.HTTPError, httpx2.StreamError, TimeoutError) as error:
            # A transport without a trace may have sent everything.
            raise Lost(f"the connection broke ({type(error).__name__})", left=left or not traced) from None
        finally:
            self.changing -= change

    def open(self) -> httpx2.AsyncClient:
        """The client, made at the first call: a server whose tools are only listed needs no TLS set-up.

        Raises:
            Unreachable: this machine's settings for certificates and proxies cannot be used.
        """
        why = ""
        if self._client is None:
            try:
                self._client = httpx2.AsyncClient(
                    base_url=self._base_url,
                    headers={
                        "x-api-key": self._key,
                        "accept": "application/json",
                        "accept-encoding": "gzip, deflate",
                        "user-agent": f"textrequest-mcp/{__version__}",
                    },
                    timeout=_TIMEOUT,
                    follow_redirects=False,
                    transport=self._transport,
                    # Plain http stays on this machine (settings); a proxy would read the key.
                    trust_env=httpx2.URL(self._base_url).scheme == "https",
                )
            except _BAD_SURROUNDINGS as error:
                why = type(error).__name__
        if self._client is None:  # raised out here, so that nothing carries the proxy's address and its password
            raise Unreachable(
                f"No connection to Text Request can be set up on this machine ({why}).",
                todo="Ask the person to check the environment that the server runs in: SSL_CERT_FILE and "
                "SSL_CERT_DIR must name certificates, and HTTPS_PROXY and ALL_PROXY an http:// proxy.",
            )
        return self._client

    async def aclose(self) -> None:
        """Close the connections; a later call opens them again."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()


def _content(body: Any) -> dict[str, Any]:
    """The body as the HTTP library takes it: a file as a form, anything else as JSON."""
    if isinstance(body, File):
        return {"files": {"file": (body.name, body.content, body.kind)}}
    return {"json": body}
