"""docker-compose.yml, .env.example and the settings classes say the same, and none of them holds a secret."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter
from pydantic_core import PydanticUndefined

import shared
from services.console.settings import Settings as Console
from services.decision.settings import Settings as Decision
from services.intake.settings import Settings as Intake
from services.notify.settings import Settings as Notify
from services.watchdog.settings import Settings as Watchdog
from shared.runtime.settings import ProcessSettings

_ROOT = Path(shared.__file__).parent.parent
_COMPOSE: dict[str, Any] = yaml.safe_load((_ROOT / "docker-compose.yml").read_text())
_SERVICES: dict[str, dict[str, Any]] = _COMPOSE["services"]
_ENV_LINES = (_ROOT / ".env.example").read_text().splitlines()
_SETTINGS: dict[str, type[ProcessSettings]] = {
    "intake": Intake,
    "decision": Decision,
    "notify": Notify,
    "console": Console,
    "watchdog": Watchdog,
}
#: Read by `countersign migrate`, which sets the passwords of the services' roles.
_PASSWORDS = {f"COUNTERSIGN_{name.upper()}_PASSWORD" for name in _SETTINGS}
_REFERENCE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
_LINE = re.compile(r"(#?)([A-Z][A-Z0-9_]*)=(.*)")


def _names(settings: type[ProcessSettings]) -> set[str]:
    return {f"COUNTERSIGN_{field.upper()}" for field in settings.model_fields}


def _environment(service: str) -> dict[str, str]:
    return {name: str(value) for name, value in _SERVICES[service].get("environment", {}).items()}


def _example() -> dict[str, tuple[bool, str]]:
    """Give each variable of .env.example: whether it is set there, and to what."""
    found = [match.groups() for line in _ENV_LINES if (match := _LINE.fullmatch(line))]
    return {name: (not mark, value) for mark, name, value in found}


def _default(settings: type[ProcessSettings], name: str) -> Any:
    return settings.model_fields[name.removeprefix("COUNTERSIGN_").lower()].default


def _read(settings: type[ProcessSettings], name: str, text: str) -> Any:
    """Read a text as the settings class would."""
    annotation: Any = settings.model_fields[name.removeprefix("COUNTERSIGN_").lower()].annotation
    kind: TypeAdapter[Any] = TypeAdapter(annotation)
    return kind.validate_json(text) if text.startswith("[") else kind.validate_python(text)


@pytest.mark.parametrize("service", _SETTINGS)
def test_a_service_is_given_every_setting_it_has_and_no_other(service: str) -> None:
    """A setting that the class does not know would be ignored in silence; one left out could not be changed."""
    assert set(_environment(service)) == _names(_SETTINGS[service])


@pytest.mark.parametrize("service", _SETTINGS)
def test_a_value_left_unset_is_the_default_of_the_class(service: str) -> None:
    """The same number stands in one place for people and in another for the code: they agree."""
    for name, text in _environment(service).items():
        reference = _REFERENCE.fullmatch(text)
        if reference and reference[2] == "-":
            assert reference[1] == name
            assert _read(_SETTINGS[service], name, reference[3]) == _default(_SETTINGS[service], name), name


def test_the_example_lists_every_setting_and_no_other() -> None:
    """Nothing that can be set is missing from .env.example, and nothing there does nothing."""
    known = set().union(*(_names(settings) for settings in _SETTINGS.values())) | _PASSWORDS
    assert {name for name in _example() if name.startswith("COUNTERSIGN_")} == known


def test_the_example_tells_the_defaults() -> None:
    """What .env.example sets is what holds anyway, so that copying it changes nothing."""
    for name, (is_set, text) in _example().items():
        for settings in _SETTINGS.values():
            if is_set and text and name in _names(settings):
                assert _read(settings, name, text) == _default(settings, name), name


def test_every_setting_is_explained() -> None:
    """Each variable of .env.example has words above it; two or three of a kind may share them."""
    explained = False
    for line in _ENV_LINES:
        if match := _LINE.fullmatch(line):
            assert explained, match[2]
        else:
            explained = line.startswith("# ") and not line.startswith("# ----")


def test_compose_asks_for_what_the_example_has() -> None:
    """Every variable of docker-compose.yml can be found in .env.example, and every one set there is used."""
    asked = {reference[0] for reference in _REFERENCE.findall((_ROOT / "docker-compose.yml").read_text())}
    asked |= {secret["environment"] for secret in _COMPOSE["secrets"].values()}
    assert asked == {name for name, (is_set, _) in _example().items() if is_set}


def test_no_secret_is_written_down() -> None:
    """Passwords come from the environment, compose does not start without them, and the example leaves them empty.

    A relay for mail is one's own choice, and nothing at all unless it is set.
    """
    secret = re.compile(r"PASSWORD|SECRET|TOKEN|_KEY\b|DATABASE_URL|SMTP_URL")
    for service in _SERVICES:
        for name, text in _environment(service).items():
            if name.endswith("__FILE"):
                assert text.removeprefix("/run/secrets/") in _SERVICES[service]["secrets"], f"{service}: {name}"
            elif secret.search(name):
                required = [reference for reference in _REFERENCE.findall(text) if reference[1] == "?"]
                assert required or text == f"${{{name}:-}}", f"{service}: {name}"
                assert re.search(r"://\w+:(?!\$)", text) is None, f"{service}: {name}"
    assert {value for name, (_, value) in _example().items() if secret.search(name)} == {""}


@pytest.mark.parametrize("service", _SERVICES)
def test_a_container_is_pinned_bounded_and_humble(service: str) -> None:
    """An exact image, limits, no root, no capabilities, no way to gain any."""
    it = _SERVICES[service]
    assert re.search(r":v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?$", it["image"]), it["image"]
    assert set(it["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert str(it["user"]).split(":")[0] not in {"", "0", "root"}
    assert it["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in it["security_opt"]


@pytest.mark.parametrize("service", [name for name in _SERVICES if name != "migrate"])
def test_what_runs_on_has_a_health_check(service: str) -> None:
    """Docker can tell whether it works, and nothing is published beyond this machine."""
    assert _SERVICES[service]["healthcheck"]["test"][0] == "CMD"
    assert all(port.startswith("127.0.0.1:") for port in _SERVICES[service].get("ports", []))


@pytest.mark.parametrize("service", _SETTINGS)
def test_a_service_waits_for_what_it_needs(service: str) -> None:
    """None starts before the migration is done, and its port is the class's own, checked where it listens."""
    it, port = _SERVICES[service], _SETTINGS[service].model_fields["port"].default
    assert port is not PydanticUndefined
    assert it["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert it["environment"]["COUNTERSIGN_PORT"] == str(port)
    assert it["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert f":{port}/readyz" in it["healthcheck"]["test"][-1]


def test_the_images_of_the_file_are_pinned() -> None:
    """Each FROM names an exact version, and the last stage does not run as root."""
    words = (_ROOT / "Dockerfile").read_text()
    images = re.findall(r"^FROM (\S+)", words, re.MULTILINE)
    assert images
    assert all(re.search(r":\d+\.\d+\.\d+-", image) for image in images)
    assert re.findall(r"^USER (\S+)", words, re.MULTILINE)[-1] == _SERVICES["intake"]["user"]


def test_one_apache_kafka_is_meant_everywhere() -> None:
    """The containers run the version whose jars the tests run on, and these are listed by digest."""
    kafka = _ROOT / "deploy" / "kafka"
    found = re.search(r"<kafka.version>(.+)</kafka.version>", (kafka / "pom.xml").read_text())
    assert found
    assert _SERVICES["kafka"]["image"] == f"apache/kafka:{found[1]}"
    jars = [line.split("  ") for line in (kafka / "jars.sha256").read_text().splitlines()]
    assert f"kafka_2.13-{found[1]}.jar" in {name for _, name in jars}
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest, _ in jars)
