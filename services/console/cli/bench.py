"""`countersign bench`: how fast it is on this machine, beside a plain service and the machine's own floors."""

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console

from services.console.cli.options import AsJson
from services.console.cli.say import as_json, printer, table
from shared.domain.errors import CountersignError

_GROWN, _MOST = (10_000, 100_000), 1_000_000


class NoBench(CountersignError):
    """The benchmarks or what they need are not here."""


def bench(
    quick: Annotated[bool, typer.Option("--quick", help="A few minutes: backlog, latency, HTTP, the peer.")] = False,
    cases: Annotated[
        int | None,
        typer.Option(min=10_000, help="Grow to so many cases; a million unless --quick. Ten million take some 90 GB."),
    ] = None,
    processes: Annotated[
        list[int] | None, typer.Option(min=1, max=6, help="So many of each service; 2 and 4 unless --quick.")
    ] = None,
    kafka: Annotated[bool, typer.Option("--kafka", help="On Apache Kafka too; needs Java 17 and Maven.")] = False,
    plots: Annotated[
        Path | None, typer.Option(help="Write plots into this folder; `make bench` brings what draws.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Measure events a second, latency, growth, and the same work done by a plain service in the usual style.

    Works from a checkout, after `make bench-env`. With --json the last line is the object to compare runs by.
    """
    try:
        runner: Any = import_module("benchmarks.bench")
        reporting: Any = import_module("benchmarks.report")
    except ImportError as error:
        raise NoBench(f"the benchmarks are not here ({error}): run from a checkout, after `make bench-env`") from error
    err = Console(stderr=True, highlight=False)
    most = cases or (0 if quick else _MOST)
    asked = runner.Asked(
        quick=quick,
        sizes=sorted({size for size in (*_GROWN, most) if 0 < size <= most}),
        processes=processes or (() if quick else (2, 4)),
        kafka=kafka,
        tell=err.print,
    )
    report = uvloop.run(runner.bench(asked))
    if plots is not None:
        reporting.plot(report, plots)
    if json:
        as_json(report.as_json())
        as_json(report.summary())
    else:
        printer().print(table("Measured in one run", ("what", "figure", "remark"), list(report.rows())))
