"""Tells of each call to the service: one span, and how long it took. The path is told without its ids and numbers."""

import time
from collections.abc import Awaitable
from typing import TypeVar

from opentelemetry.trace import SpanKind, StatusCode, get_tracer

from textrequest_mcp.ground import telemetry
from textrequest_mcp.upstream.request import Request

T = TypeVar("T", bound=tuple[object, ...])

_tracer = get_tracer("textrequest_mcp")  # of no cost until a process sets OpenTelemetry up


async def traced(request: Request, exchange: Awaitable[T]) -> T:
    """What the exchange answers, a tuple that begins with the status; told of however it ends."""
    labels = {"http.request.method": request.method, "url.template": template_of(request.path)}
    began, ended = time.monotonic(), dict[str, str]()
    with _tracer.start_as_current_span(
        " ".join(labels.values()),
        kind=SpanKind.CLIENT,
        attributes=labels,
        record_exception=False,  # its text could hold more than a path without ids
        set_status_on_exception=False,
    ) as span:
        try:
            answered = await exchange
        except BaseException as error:
            ended = {"error.type": type(error).__name__}
            span.set_status(StatusCode.ERROR)
            raise
        else:
            ended = {"http.response.status_code": str(answered[0])}
            return answered
        finally:
            span.set_attributes(ended)
            telemetry.record("http.client.request.duration", time.monotonic() - began, labels | ended)


def template_of(path: str) -> str:
    """A path with `{id}` for each segment that holds a digit, as every id and number of the service does."""
    return "/".join("{id}" if any(map(str.isdigit, segment)) else segment for segment in path.split("/"))
