"""``python -m services.console.cli``: the command, where it is not on the path."""

from services.console.cli import app

app(prog_name="countersign")
