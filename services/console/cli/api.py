"""`countersign api …`: the services' documents for machines, made from the code."""

import json
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from shared.kafka.topics import RETENTION_MS, TOPICS

app = typer.Typer(help="OpenAPI and AsyncAPI documents, made from the code.", no_args_is_help=True)

# The services are heavy, and every other command does without them: they are read when a document is asked for.
SERVICES = ("intake", "decision", "notify")


def openapi(service: str) -> dict[str, Any]:
    """Give the OpenAPI document of a service, as its /openapi.json has it."""
    from services.decision import api as decision  # noqa: PLC0415
    from services.intake import api as intake  # noqa: PLC0415
    from services.notify import main as notify  # noqa: PLC0415
    from shared.http.app import make_app  # noqa: PLC0415

    routers = {"intake": intake.ROUTERS, "decision": decision.ROUTERS, "notify": notify.ROUTERS}[service]
    nothing = cast("Any", None)
    return make_app(service, sessions=nothing, keys=nothing, progress=nothing, routers=routers).openapi()


def asyncapi() -> dict[str, Any]:
    """Give the AsyncAPI 3.0 document of all topics: who writes, who reads, which events."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Countersign", "version": "1"},
        "defaultContentType": "application/cloudevents+json",
        "channels": {
            str(topic): {
                "address": str(topic),
                "x-written-by": sorted(shape.writers),
                "x-read-by": sorted(shape.readers),
                "bindings": {
                    "kafka": {"partitions": shape.partitions, "topicConfiguration": {"retention.ms": RETENTION_MS}}
                },
                "messages": {kind: {"$ref": f"#/components/messages/{kind}"} for kind in shape.events},
            }
            for topic, shape in TOPICS.items()
        },
        "components": {
            "messages": {kind: _message(kind) for shape in TOPICS.values() for kind in shape.events},
        },
    }


def _message(kind: str) -> dict[str, Any]:
    from services.intake.wire import SHAPES  # noqa: PLC0415
    from shared.domain.events import CaseChanged, DecisionRecorded  # noqa: PLC0415
    from shared.http.schemas import schema_of  # noqa: PLC0415

    shapes = {**SHAPES, "case.changed": CaseChanged, "decision.recorded": DecisionRecorded}
    told: dict[str, Any] = {"name": kind, "contentType": "application/cloudevents+json"}
    if kind in shapes:
        told["payload"] = {"type": "object", "properties": {"data": schema_of(kind, shapes[kind])}}
    return told


def documents() -> dict[str, str]:
    """Give every document by the name of its file."""
    made = {f"{service}.openapi.json": openapi(service) for service in SERVICES} | {"asyncapi.json": asyncapi()}
    return {name: json.dumps(document, indent=1, sort_keys=True) + "\n" for name, document in made.items()}


@app.callback()
def documents_for_machines() -> None:
    """Make documents; a group of its own, since there may be more to do with them."""


@app.command()
def write(into: Annotated[Path, typer.Option(help="Folder to write the documents into.")] = Path("docs/api")) -> None:
    """Write all documents; a test holds those in docs/api to the code."""
    into.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (into / name).write_text(text)
        typer.echo(str(into / name))
