"""The register of facilities: whose law, agency and clock apply comes from here."""

from typing import Annotated

import typer

from services.console.cli.client import Client
from services.console.cli.options import AsJson, DataDir
from services.console.cli.say import as_json, items, note
from shared.domain.jurisdiction import Agency

app = typer.Typer(help="The register of facilities.", no_args_is_help=True)


@app.command("list")
def list_facilities(data_dir: DataDir = None, json: AsJson = False) -> None:
    """List the facilities that are registered."""
    found = list(Client.of(data_dir, "operator").every("intake", "/v1/facilities"))
    items("Facilities", found, ("ori", "name", "jurisdiction", "agency", "time_zone", "contact"), json_wanted=json)


@app.command("add")
def add(
    ori: Annotated[str, typer.Argument(help="The facility's ORI.")],
    name: Annotated[str, typer.Option(help="Its name.")],
    jurisdiction: Annotated[str, typer.Option(help="The rulebook's code, such as CT or IL-COOK.")],
    agency: Annotated[Agency, typer.Option(help="The kind of agency.")],
    time_zone: Annotated[str, typer.Option(help="IANA name, such as America/New_York.")],
    contact: Annotated[str, typer.Option(help="Whom to call.")],
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Register a facility, or change what is registered."""
    body = {
        "name": name,
        "jurisdiction": jurisdiction,
        "agency": agency.value,
        "time_zone": time_zone,
        "contact": contact,
    }
    told = Client.of(data_dir, "operator").ask("PUT", "intake", f"/v1/facilities/{ori}", body)
    if json:
        as_json(told)
    else:
        note(f"{ori} is registered; issue its key with `countersign key issue --role jail --ori {ori}`")
