"""Follow one event through every process: spans under one trace, carried in the messages' ``traceparent`` headers.

Off unless ``COUNTERSIGN_TRACES_TO`` names a collector: then nothing is loaded, and a batch costs one look at a name.
Spans hold topics, places in logs and counts, never a key, a case or a person. A letter that a sweep has to publish
after a crash has lost its trace; it has lost nothing else.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

TRACEPARENT = "traceparent"

#: The tracer of this process; None while traces are off.
_tracer: Any = None


def set_up_tracing(service: str, instance: str, collector: str) -> None:
    """Send spans to a collector, which takes OTLP over HTTP; with an empty address leave traces off."""
    if not collector:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - only if wanted
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    trace_with(BatchSpanProcessor(OTLPSpanExporter(endpoint=collector)), service, instance)


def trace_with(processor: Any, service: str, instance: str) -> None:
    """Hand spans to a processor; for the tests as well."""
    global _tracer  # noqa: PLW0603 - one for each process, set once at its start
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415

    provider = TracerProvider(
        resource=Resource({"service.name": f"countersign-{service}", "service.instance.id": instance}),
        shutdown_on_exit=True,
    )
    provider.add_span_processor(processor)
    _tracer = provider.get_tracer("countersign")


def stop_tracing() -> None:
    """Leave traces off from now on; for the tests."""
    global _tracer  # noqa: PLW0603
    _tracer = None


@contextmanager
def accepting(parent: str | None, name: str) -> Iterator[str | None]:
    """Give the ``traceparent`` under which what is accepted here goes on; None while traces are off."""
    if _tracer is None:
        yield None
        return
    span = _tracer.start_span(name, context=_under(parent))
    try:
        yield _traceparent(span)
    finally:
        # The text of an error is left out: drivers quote the values they choke on.
        span.end()


@contextmanager
def hearing(
    group: str, heard: Sequence[tuple[bytes | None, Mapping[str, Any], str | None]]
) -> Iterator[dict[str, str]]:
    """Give for each message key of a batch the ``traceparent`` under which its effects go on.

    ``heard`` is key, attributes and parent of each message. A span ends when the block does, with its error's kind.
    """
    spans, traces = [], {}
    for key, attributes, parent in heard:
        if parent is not None:
            span = _tracer.start_span(f"{group} hears", context=_under(parent), attributes=dict(attributes))
            spans.append(span)
            traces[(key or b"").decode("utf-8", "replace")] = _traceparent(span)
    try:
        yield traces
    except BaseException as error:
        for span in spans:
            span.set_attribute("error.type", type(error).__name__)
        raise
    finally:
        for span in spans:
            span.end()


def is_on() -> bool:
    """Tell whether traces are wanted."""
    return _tracer is not None


def parent_in(headers: Sequence[tuple[str, bytes]]) -> str | None:
    """Give the ``traceparent`` of a message, if it has one."""
    return next((value.decode("ascii", "ignore") for name, value in headers if name == TRACEPARENT), None)


def header(trace: str | None) -> tuple[tuple[str, bytes], ...]:
    """Give the header that carries a trace on; none without one."""
    return ((TRACEPARENT, trace.encode()),) if trace else ()


def _under(parent: str | None) -> Any:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

    return TraceContextTextMapPropagator().extract({TRACEPARENT: parent} if parent else {})


def _traceparent(span: Any) -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
