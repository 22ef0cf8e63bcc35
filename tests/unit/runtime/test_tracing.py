"""Traces: off unless wanted, and then one event's way through every process, with nothing of whom it is about."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.runtime import tracing

_PARENT = f"00-{0xC0FFEE:032x}-{1:016x}-01"
_PLACE = {"messaging.destination.name": "ice.detainers.v1", "messaging.kafka.offset": 7}


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Turn traces on and keep the spans."""
    kept = InMemorySpanExporter()
    tracing.trace_with(SimpleSpanProcessor(kept), "intake", "1")
    yield kept
    tracing.stop_tracing()


def test_traces_are_off_unless_a_collector_is_named() -> None:
    """Nothing goes on under any trace, and no message gets a header."""
    tracing.set_up_tracing("intake", "1", "")
    assert not tracing.is_on()
    with tracing.accepting(_PARENT, "intake accepts") as trace:
        assert trace is None
    assert tracing.header(None) == ()


def test_a_trace_goes_on_from_the_door_to_the_message_and_beyond(spans: InMemorySpanExporter) -> None:
    """Each step is a child of the one before, all under the sender's trace."""
    with tracing.accepting(_PARENT, "intake accepts") as accepted:
        assert accepted is not None
    headers = (("content-type", b"x"), *tracing.header(accepted))
    assert tracing.parent_in(headers) == accepted
    with tracing.hearing("intake", [(b"key", _PLACE, tracing.parent_in(headers))]) as traces:
        assert set(traces) == {"key"}
    first, second = spans.get_finished_spans()
    assert {first.context.trace_id, second.context.trace_id} == {0xC0FFEE}
    assert first.parent is not None
    assert first.parent.span_id == 1
    assert second.parent is not None
    assert second.parent.span_id == first.context.span_id
    assert dict(second.attributes or {}) == _PLACE


def test_a_message_without_a_trace_begins_none(spans: InMemorySpanExporter) -> None:
    """What nobody follows costs no span."""
    with tracing.hearing("intake", [(b"key", _PLACE, None)]) as traces:
        assert traces == {}
    assert spans.get_finished_spans() == ()


def test_a_parent_that_is_none_begins_a_trace_of_its_own(spans: InMemorySpanExporter) -> None:
    """A sender's header that makes no sense is no error."""
    with tracing.accepting("nonsense", "intake accepts") as trace:
        assert trace is not None
    assert len(spans.get_finished_spans()) == 1


def test_an_error_is_named_and_not_quoted(spans: InMemorySpanExporter) -> None:
    """Drivers quote the values they choke on, and a span must not."""
    fails = "Canary Zzyzx"
    with (
        pytest.raises(ValueError, match=fails),
        tracing.hearing("intake", [(b"Canary", _PLACE, _PARENT)]),
        tracing.accepting(_PARENT, "intake accepts"),
    ):
        raise ValueError(fails)
    told = [span.to_json() for span in spans.get_finished_spans()]
    assert len(told) == 2
    assert any("ValueError" in one for one in told)
    assert not any("Canary" in one for one in told)
