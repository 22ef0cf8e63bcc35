"""The parts of `up` that need nothing started: restarts, ports, the data directory, keys."""

import socket
import stat
from pathlib import Path

import pytest

from services.console.play.model import EventLine, Play
from services.console.up.keys import Sources, demo_keys, key_name
from services.console.up.place import NotRunning, Place, PlaceTaken, read_run
from services.console.up.ports import PortTaken, free_ports, is_free, service_ports
from services.console.up.restarts import STEADY_S, pause_before_restart, quick_deaths
from services.console.up.run import clock_text
from shared.runtime.clock import ClockSetting
from tests.unit.console.plays import NOON, a_play, an_event


def test_a_part_that_dies_once_comes_back_at_once() -> None:
    """A single kill -9 costs no waiting."""
    assert pause_before_restart(quick_deaths(0, 3.0)) == 0


def test_a_part_that_flaps_waits_longer_and_never_gives_up() -> None:
    """Deaths in quick succession are spaced out, up to a limit."""
    pauses = [pause_before_restart(deaths) for deaths in range(1, 50)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == pauses[-10] > 1


def test_a_part_that_lived_long_is_sound_again() -> None:
    """A death after a steady life counts as the first."""
    assert quick_deaths(7, STEADY_S) == 1
    assert quick_deaths(7, STEADY_S - 1) == 8


def test_as_many_ports_are_free_as_are_asked_for() -> None:
    """None for none, and never the same one twice."""
    assert free_ports(0) == []
    assert len(set(free_ports(5))) == 5


def test_services_stand_right_above_the_base() -> None:
    """The ports of the contract: the console at the base, above it intake, decision, notify, and the watchdog."""
    base = next(port for port in free_ports(50) if all(is_free(port + place) for place in range(5)))
    places = {"console": 0, "intake": 1, "decision": 2, "notify": 3, "watchdog": 4}
    assert service_ports(base) == {name: base + place for name, place in places.items()}


def test_a_taken_port_is_named() -> None:
    """Somebody else's port is refused with its number, not fought over."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_ports(1)[0]))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(PortTaken, match=str(taken)):
            service_ports(taken - 1)


def test_two_runs_on_one_directory_refuse_each_other(tmp_path: Path) -> None:
    """The second one is told; when the first is gone, the directory is free."""
    place = Place(tmp_path / "d")
    place.make()
    with place.opened(), pytest.raises(PlaceTaken, match="another"), place.opened():
        pass
    with place.opened():
        assert not place.is_guarded()


def test_what_lies_in_the_directory_is_for_the_owner_only(tmp_path: Path) -> None:
    """Keys and passwords are closed to other users of the machine, and written whole."""
    place = Place(tmp_path / "d")
    place.make()
    place.write("run.json", {"keys": {"ice": "secret"}})
    assert stat.S_IMODE(place.run.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.root.stat().st_mode) & 0o066 == 0
    assert read_run(place.root) == {"keys": {"ice": "secret"}}
    assert sorted(path.name for path in place.root.iterdir()) == ["logs", "run.json"]


def test_nothing_running_says_how_to_start(tmp_path: Path) -> None:
    """A command on an empty directory names the command that would help."""
    with pytest.raises(NotRunning, match="countersign up"):
        read_run(tmp_path)


def test_each_event_goes_with_the_key_that_may_send_it() -> None:
    """Jails send bookings and services of copies, bureaus matches, ICE the rest."""
    data = {"facility_ori": "CT0009300"}
    assert key_name({"type": "booking.created", "data": data}) == "jail:CT0009300"
    assert key_name({"type": "detainer.served", "data": data}) == "jail:CT0009300"
    assert key_name({"type": "match.reported", "data": data}) == "bureau"
    assert key_name({"type": "detainer.lodged", "data": data}) == "ice"
    assert key_name({"type": "custody.assumed", "data": data}) == "ice"


def test_keys_speak_for_the_sources_of_the_play_and_no_others() -> None:
    """A play with sources of its own can be sent; one jail's key does not speak for another's."""
    play: Play = a_play(EventLine(at=NOON, event=an_event("rd-1", source="urn:jms:nh")))
    keys = {key.name: key for key in demo_keys(["CT0002300", "CT0009300"], Sources.of(play))}
    assert "urn:jms:nh" in keys["jail:CT0009300"].sources
    assert "urn:jms:nh" not in keys["jail:CT0002300"].sources
    assert keys["jail:CT0009300"].oris == ("CT0009300",)
    assert keys["reviewer"].office == keys["reviewer2"].office == "Commissioner of Correction"


@pytest.mark.parametrize(
    "text", ["system", "stepped:2012-02-15T05:00:00+00:00", "scaled:2012-02-15T05:00:00+00:00@3600"]
)
def test_a_clock_is_handed_on_as_it_was_asked_for(text: str) -> None:
    """What `up` hands to the services is what they read."""
    assert clock_text(ClockSetting.parse(text)) == text
