"""Every alert stands in the runbook and is tried out; alerts and dashboards speak only of metrics there are."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import prometheus_client.metrics
import pytest
import yaml

import shared
from shared.runtime import metrics

_ROOT = Path(shared.__file__).parent.parent
_PROMETHEUS = _ROOT / "deploy" / "prometheus"
_RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((_PROMETHEUS / "alerts.yml").read_text())["groups"] for rule in group["rules"]
]
_TESTS: list[dict[str, Any]] = yaml.safe_load((_PROMETHEUS / "alerts.test.yml").read_text())["tests"]
_DASHBOARDS = sorted((_ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
_OURS = re.compile(r"countersign_[a-z_]+")


def _metrics() -> dict[str, prometheus_client.metrics.MetricWrapperBase]:
    """Give our metrics by the name under which Prometheus knows them."""
    found = {}
    for one in vars(metrics).values():
        if isinstance(one, prometheus_client.metrics.MetricWrapperBase):
            (described,) = one.describe()
            found[described.name] = one
    return found


def _known(name: str) -> bool:
    return name in _metrics() or re.sub(r"_(bucket|count|sum)$", "", name) in _metrics()


def _sections() -> dict[str, str]:
    runbook = (_ROOT / "docs" / "runbook.md").read_text()
    alerts = runbook.partition("\n## Alerts\n")[2].partition("\n## ")[0]
    parts = re.split(r"^### ", alerts, flags=re.MULTILINE)[1:]
    return {name.strip(): words for name, _, words in (part.partition("\n") for part in parts)}


def test_every_alert_has_its_section_and_every_section_its_alert() -> None:
    """Nobody is called at night for something unexplained; the sections are in order, so that one finds them."""
    assert set(_sections()) == {rule["alert"] for rule in _RULES}
    assert list(_sections()) == sorted(_sections())
    for words in _sections().values():
        assert "**Means.**" in words
        assert "**Do.**" in words


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_to_do_and_speaks_of_metrics_there_are(rule: dict[str, Any]) -> None:
    """It links its own section, says whom it calls, and would not keep silent over a name that nobody sets."""
    assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"
    assert rule["labels"]["severity"] in {"page", "ticket"}
    names = _OURS.findall(rule["expr"])
    assert names or rule["expr"].startswith("up{")
    assert [name for name in names if not _known(name)] == []


def test_every_alert_is_shown_to_fire() -> None:
    """A rule that cannot fire is worse than none."""
    fired = {case["alertname"] for test in _TESTS for case in test["alert_rule_test"] if case["exp_alerts"]}
    assert fired == {rule["alert"] for rule in _RULES}


def test_the_alerts_fire_and_keep_silent_as_their_tests_say() -> None:
    """Prometheus' own tool plays the figures and evaluates the rules."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not here; Debian's package prometheus has it")
    for words in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts.test.yml"]):
        done = subprocess.run(  # noqa: S603  # a fixed command
            [promtool, *words], cwd=_PROMETHEUS, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def _lines() -> Iterator[tuple[str, str]]:
    """Give each metric of ours with the comment above it."""
    comment: list[str] = []
    for line in Path(metrics.__file__).read_text().splitlines():
        if line.startswith("#:"):
            comment.append(line)
        elif named := re.match(r"([A-Z_]+) = (?:Gauge|Histogram)\(", line):
            yield named[1], " ".join(comment)
            comment = []


def test_every_metric_is_explained() -> None:
    """Meaning and remedy stand above it."""
    explained = dict(_lines())
    assert len(explained) == len(_metrics())
    assert [name for name, words in explained.items() if len(words) < 30] == []


def test_every_metric_is_set_somewhere() -> None:
    """A figure that nobody makes would be believed."""
    code = "\n".join(
        path.read_text()
        for root in ("services", "shared")
        for path in (_ROOT / root).rglob("*.py")
        if path.name != "metrics.py"
    )
    assert [name for name, _ in _lines() if not re.search(rf"\b{name}\b", code.replace("import " + name, ""))] == []


@pytest.mark.parametrize("path", _DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_asks_for_metrics_there_are(path: Path) -> None:
    """Every panel has a title, a word of explanation, and a query that can have an answer."""
    board = json.loads(path.read_text())
    assert board["uid"]
    assert board["title"].startswith("Countersign")
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    for panel in panels:
        assert panel["title"]
        assert panel["description"]
        for target in panel["targets"]:
            names = _OURS.findall(target["expr"])
            assert names or target["expr"].startswith("ALERTS"), target["expr"]
            assert [name for name in names if not _known(name)] == []


def test_there_are_dashboards() -> None:
    """The check above would pass without any."""
    assert _DASHBOARDS
