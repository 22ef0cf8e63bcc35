"""Which time zone data is in use, by name and version."""

from pathlib import Path

from shared.runtime.tz_data import tz_data, version_of


def _zones(folder: Path) -> Path:
    (folder / "America").mkdir(parents=True)
    (folder / "America" / "New_York").write_bytes(b"TZif2")
    return folder


def test_the_first_folder_with_zones_is_named(tmp_path: Path) -> None:
    """As ZoneInfo does, the folders are looked through in order, and one without zones is passed over."""
    empty, first, second = tmp_path / "empty", _zones(tmp_path / "first"), _zones(tmp_path / "second")
    (first / "tzdata.zi").write_text("# version 2025b\n# This zic input file is in the public domain.\n")
    (second / "+VERSION").write_text("2024a\n")
    assert version_of([empty, first, second]) == "2025b system"
    assert version_of([second, first]) == "2024a system"


def test_without_a_version_it_says_so(tmp_path: Path) -> None:
    """A folder that does not name its version is still the one in use."""
    assert version_of([_zones(tmp_path)]) == "unnamed system"


def test_without_folders_it_is_the_package() -> None:
    """Where the machine has no zones, the pinned package is used."""
    number, origin = version_of([]).split()
    assert origin == "package"
    assert number[:2] == "20"
    assert tz_data().split()[1] in {"package", "system"}
