"""Sends traces and figures where OpenTelemetry's own variables say; needs the extra `otel`.

`OTEL_EXPORTER_OTLP_ENDPOINT` (or the one of a signal) sends both, `OTEL_METRICS_EXPORTER=prometheus` offers the figures
for scraping at `OTEL_EXPORTER_PROMETHEUS_HOST` and `_PORT`, this machine's 9464 where they say nothing, and `none`
switches one off. The SDK makes a span for each message of a host, with parts that a host can fill as it likes; so a
span goes out with its long digits masked and without the texts of errors.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from textrequest_mcp import __version__
from textrequest_mcp.ground.telemetry import FIGURES, Name, at_end, goes_to
from textrequest_mcp.settings.table import SettingsError
from textrequest_mcp.upstream.phone import mask_numbers

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricReader
    from opentelemetry.sdk.trace.export import SpanExporter

_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_SERVICE = "textrequest-mcp"
_OFF = "none"
_LAST_SECONDS = 2.0  # for what is still kept when the server ends
_NOT_INSTALLED = (
    "OTEL_* variables ask for telemetry, and OpenTelemetry's SDK is not installed: install textrequest-mcp[otel], or "
    "set OTEL_SDK_DISABLED=true."
)


def start_telemetry(environ: Mapping[str, str]) -> None:
    """Start what the variables ask for, until `ground.telemetry.end`.

    Raises:
        SettingsError: a variable names something that is not there.
    """
    traces = _exporter("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", environ, {"otlp"})
    metrics = _exporter("OTEL_METRICS_EXPORTER", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", environ, {"otlp", "prometheus"})
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or (traces, metrics) == (_OFF, _OFF):
        return
    try:
        from opentelemetry.sdk.resources import Resource

        resource = Resource.create(
            {"service.name": environ.get("OTEL_SERVICE_NAME", _SERVICE), "service.version": __version__}
        )
        if traces != _OFF:
            at_end(partial(_ended_soon, _trace(resource)))
        if metrics != _OFF:
            at_end(
                partial(_ended_soon, _measure(resource, _scraped(environ) if metrics == "prometheus" else _pushed()))
            )
    except ImportError:
        raise SettingsError([_NOT_INSTALLED]) from None


def _ended_soon(shutdown: Callable[[], None]) -> None:
    """A collector that is away keeps no server from ending."""
    sending = threading.Thread(target=shutdown, daemon=True)
    sending.start()
    sending.join(_LAST_SECONDS)


def _exporter(variable: str, endpoint: str, environ: Mapping[str, str], known: set[str]) -> str:
    default = "otlp" if environ.get(_ENDPOINT) or environ.get(endpoint) else _OFF
    named = environ.get(variable, "").strip().lower() or default
    if named not in {*known, _OFF}:
        raise SettingsError([f"{variable} is one of {', '.join(sorted({*known, _OFF}))}, not {named!r}."])
    return named


def _trace(resource: Any) -> Callable[[], None]:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace import set_tracer_provider

    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(masked(OTLPSpanExporter())))
    set_tracer_provider(provider)
    return provider.shutdown


def _measure(resource: Any, reader: MetricReader) -> Callable[[], None]:
    from opentelemetry.sdk.metrics import MeterProvider

    provider = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
    meter = provider.get_meter("textrequest_mcp", __version__)
    counters = {
        name: meter.create_counter(name, figure.unit, figure.says)
        for name, figure in FIGURES.items()
        if figure.kind == "counter"
    }
    histograms = {
        name: meter.create_histogram(name, figure.unit, figure.says)
        for name, figure in FIGURES.items()
        if figure.kind == "histogram"
    }

    def note(name: Name, value: float, labels: Mapping[str, str]) -> None:
        if name in counters:
            counters[name].add(value, dict(labels))
        else:
            histograms[name].record(value, dict(labels))

    goes_to(note)
    return provider.shutdown


def _pushed() -> MetricReader:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    return PeriodicExportingMetricReader(OTLPMetricExporter())


def _scraped(environ: Mapping[str, str]) -> MetricReader:
    from opentelemetry.exporter.prometheus import PrometheusMetricReader
    from prometheus_client import start_http_server

    host = environ.get("OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.1")
    port = environ.get("OTEL_EXPORTER_PROMETHEUS_PORT", "9464")
    try:
        start_http_server(int(port), host)
    except (OSError, ValueError, OverflowError) as error:
        raise SettingsError(
            [f"The figures for Prometheus cannot be offered at {host} port {port}: {error}. Nothing was started."]
        ) from None
    return PrometheusMetricReader()


def masked(exporter: SpanExporter) -> SpanExporter:
    """Hands spans on with their long digits masked, and without what errors say."""
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
    from opentelemetry.trace import Status

    class Masked(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            return exporter.export([*map(without_numbers, spans)])

        def shutdown(self) -> None:
            exporter.shutdown()

        def force_flush(self, timeout_millis: int = 30000) -> bool:
            return exporter.force_flush(timeout_millis)

    def without_numbers(span: ReadableSpan) -> ReadableSpan:
        attributes = span.attributes or {}
        return ReadableSpan(
            name=mask_numbers(span.name),
            context=span.get_span_context(),
            parent=span.parent,
            resource=span.resource,
            attributes={
                name: mask_numbers(said) if isinstance(said, str) else said for name, said in attributes.items()
            },
            events=(),  # the SDK's are exceptions, with their texts
            links=span.links,
            kind=span.kind,
            status=Status(span.status.status_code),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    return Masked()
