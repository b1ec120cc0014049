"""Traces and figures of a real server: what a collector and a scraper get, and that no number or word is in them."""

import json
import os
import re
import socket
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx2
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.served import INITIALIZE, running
from tests.unruled import UNRULED_ENVIRONMENT

from textrequest_mcp.commands import telemetry
from textrequest_mcp.ground import telemetry as ground
from textrequest_mcp.settings.table import SettingsError

BODY = "The cat of Devon is well again"
NUMBER = "+14235550102"


class Collector:
    """What an OpenTelemetry collector was sent, by path."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes]] = []

    @property
    def spans(self) -> list[Any]:
        requests = [ExportTraceServiceRequest.FromString(body) for path, body in self.got if path == "/v1/traces"]
        return [
            span for each in requests for of in each.resource_spans for scope in of.scope_spans for span in scope.spans
        ]

    @property
    def metrics(self) -> dict[str, Any]:
        requests = [ExportMetricsServiceRequest.FromString(body) for path, body in self.got if path == "/v1/metrics"]
        return {
            metric.name: metric
            for each in requests
            for of in each.resource_metrics
            for scope in of.scope_metrics
            for metric in scope.metrics
        }


@pytest.fixture
def collector() -> Generator[tuple[Collector, str]]:
    collected = Collector()

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collected.got.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base class has it
            pass

    with HTTPServer(("127.0.0.1", 0), Taking) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield collected, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def send_text(to: str = NUMBER, **more: Any) -> dict[str, Any]:
    arguments = {"dashboard_id": 121, "phone_number": to, "body": BODY} | more
    return {
        "jsonrpc": "2.0",
        "id": 2,
        "method": "tools/call",
        "params": {"name": "send_message", "arguments": arguments},
    }


@contextmanager
def talked_to(*messages: dict[str, Any], **environment: str) -> Generator[None]:
    """A sandbox over stdio that has answered all of these, before it ends."""
    with running("serve", "--sandbox", environment=UNRULED_ENVIRONMENT | environment) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for message in (INITIALIZE, *messages):
            child.stdin.write(json.dumps(message) + "\n")
            child.stdin.flush()
            json.loads(child.stdout.readline())
        yield
        child.stdin.close()
        assert child.wait(20) == 0


def attributes(of: Any) -> dict[str, str]:
    return {each.key: each.value.string_value for each in of.attributes}


def test_a_collector_gets_the_spans_and_figures_of_a_text_without_number_or_words(collector: tuple[Collector, str]):
    collected, address = collector
    unknown = {"jsonrpc": "2.0", "id": f"call of {NUMBER}", "method": "tools/call", "params": {"name": f"t{NUMBER}"}}
    with talked_to(send_text(), unknown, OTEL_EXPORTER_OTLP_ENDPOINT=address):
        pass

    names = {span.name for span in collected.spans}
    assert "tools/call send_message" in names
    assert "POST /dashboards/{id}/contacts/{id}/messages" in names
    sends = collected.metrics["textrequest.sends"].sum.data_points
    assert [(attributes(each), each.as_double or each.as_int) for each in sends] == [
        ({"outcome": "sent", "tool": "send_message"}, 1)
    ]
    timed = collected.metrics["mcp.server.operation.duration"].histogram.data_points
    assert {"mcp.method.name": "tools/call", "gen_ai.tool.name": "other", "error.type": "-32602"} in map(
        attributes, timed
    )
    assert {"mcp.method.name": "tools/call", "gen_ai.tool.name": "send_message"} in map(attributes, timed)
    assert collected.metrics["textrequest.limiter.wait"].histogram.data_points[0].count >= 1
    everything = b"".join(body for _, body in collected.got)
    assert BODY.encode() not in everything
    assert not re.search(rb"4235550", everything)


def test_a_scraper_gets_the_figures():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    asked = {"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_PORT": port}
    with talked_to(send_text(), send_text("911"), **asked):
        scraped = httpx2.get(f"http://127.0.0.1:{port}/metrics").text

    assert re.search(r'^textrequest_sends_total\{[^}]*outcome="sent"[^}]*\} 1\.0$', scraped, re.MULTILINE)
    failed = re.compile(r'^mcp_server_operation_duration_seconds_count\{[^}]*"tool_error"[^}]*\} 1\.0$', re.MULTILINE)
    assert failed.search(scraped)
    assert NUMBER[1:] not in scraped


def test_a_port_that_is_taken_is_said_and_nothing_starts():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        asked = {"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_PORT": str(taken.getsockname()[1])}
        with running("serve", "--sandbox", environment=asked) as child:
            _, complaint = child.communicate(timeout=20)

    assert child.returncode == 2
    assert "cannot be offered at 127.0.0.1" in complaint


def test_a_collector_that_is_away_keeps_no_text_from_going_out_and_no_server_from_ending():
    with talked_to(send_text(), OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9"):
        pass


@pytest.mark.parametrize("asked", [{}, {"OTEL_SERVICE_NAME": "x"}, {"OTEL_TRACES_EXPORTER": "none"}])
def test_without_an_exporter_nothing_is_started(asked: dict[str, str]):
    telemetry.start_telemetry(asked)

    assert not ground.is_listened_to()


def test_it_can_be_switched_off_as_a_whole():
    telemetry.start_telemetry({"OTEL_SDK_DISABLED": "TRUE", "OTEL_METRICS_EXPORTER": "prometheus"})

    assert not ground.is_listened_to()


def test_an_unknown_exporter_is_named():
    with pytest.raises(SettingsError, match="OTEL_METRICS_EXPORTER is one of none, otlp, prometheus, not 'statsd'"):
        telemetry.start_telemetry({"OTEL_METRICS_EXPORTER": "statsd"})


def test_without_the_sdk_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in sys.modules if name.startswith("opentelemetry.sdk")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk", None)

    with pytest.raises(SettingsError, match=r"install textrequest-mcp\[otel\]"):
        telemetry.start_telemetry({"OTEL_TRACES_EXPORTER": "otlp"})


def test_a_server_without_these_variables_loads_no_sdk():
    program = "import sys, textrequest_mcp.commands.serve; print([n for n in sys.modules if 'telemetry.sdk' in n])"
    with running(program=("-c", program), environment=dict(os.environ)) as child:
        said, _ = child.communicate(timeout=20)

    assert said.strip() == "[]"
