"""Logs: JSON lines with known fields only, so that nothing personal can slip into one."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

#: Only these fields are ever written; whatever else is bound is dropped, names of persons above all.
FIELDS = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "service",
        "instance",
        "action",
        "case_id",
        "decision_id",
        "notice_id",
        "count",
        "topic",
        "partition",
        "offset",
        "consumer",
        "error",
        "why",
        "where",
        "port",
        "pid",
        "part",
        "code",
        "status",
        "method",
        "route",
        "ms",
        "version",
        "facility_ori",
        "state",
        "kind",
        "restarts",
        "data_dir",
        "group",
        "row",
        "start",
        "end",
        "attempt",
        "seconds",
        "bytes",
        "url",
        "exception",
        "path",
        "host",
        "member",
        "generation",
        "stack",
        "outcome",
        "due",
        "name",
    }
)


def keep_known(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every field that is not on the list."""
    for field in [field for field in line if field not in FIELDS]:
        del line[field]
    return line


def _shape_of_exception(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep where an exception came from, never its text: drivers quote the values they choke on."""
    info = line.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[0] is not None:
        frames = []
        trace = info[2]
        while trace is not None:
            code = trace.tb_frame.f_code
            frames.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
            trace = trace.tb_next
        line["exception"] = f"{info[0].__name__} at " + " < ".join(reversed(frames[-8:]))
    return line


def set_up_logging(service: str, instance: str, log_format: str) -> None:
    """Write one line for each thing worth telling, to standard error."""
    last: Any = structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _shape_of_exception,
            keep_known,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service, instance=instance)
    # Libraries say little, and never at length: their texts may quote what they were given.
    logging.basicConfig(level=logging.CRITICAL)
