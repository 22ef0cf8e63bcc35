"""Keys: what a caller sees and for which sources it speaks; a fresh key's secret is nowhere but in its token."""

import hashlib

import pytest

from shared.http.access import SEE_ALL, Caller, Role, new_key


def a_caller(role: Role = Role.JAIL, *, oris: tuple[str, ...] = (), sources: tuple[str, ...] = ()) -> Caller:
    """Give the holder of a key."""
    return Caller("k", role, frozenset(oris), sources, None)


def test_scopes() -> None:
    """A jail reaches its ORIs, ICE and bureaus what is theirs, those who look after all of it everything."""
    assert a_caller(oris=("B", "A")).scope == {"reach": "oris", "oris": "A,B"}
    assert a_caller().scope == {"reach": "oris", "oris": ""}
    assert a_caller(Role.ICE, oris=("A",)).scope == {"reach": "ice"}
    assert a_caller(Role.BUREAU).scope == {"reach": "bureau"}
    assert {role for role in Role if a_caller(role).scope == {"reach": "all"}} == SEE_ALL


@pytest.mark.parametrize(
    ("source", "speaks"),
    [
        ("/jails/A", True),
        ("/jails/A/records", True),
        ("/jails/AB", False),
        ("/jails", False),
        ("/jails/a", False),
        ("", False),
        ("x/jails/A", False),
    ],
)
def test_a_source_is_ones_own_by_whole_steps(source: str, speaks: bool) -> None:
    """A prefix counts up to a slash: no jail speaks for another whose name begins alike."""
    assert a_caller(sources=("/jails/A",)).speaks_for(source) is speaks
    assert a_caller(sources=("/jails/A/",)).speaks_for(source) is (speaks and source != "/jails/A")


def test_a_key_without_sources_speaks_for_nobody() -> None:
    """Silence is no permission."""
    assert not a_caller().speaks_for("/jails/A")


def test_a_key_is_shown_once() -> None:
    """The token holds id and secret; what is kept is a digest of the secret, and no two are alike."""
    first, second = new_key(), new_key()
    prefix, key_id, secret = first.token.split("_", 2)
    assert (prefix, key_id) == ("cs", first.id)
    assert first.digest == hashlib.sha256(secret.encode()).digest()
    assert len(secret) >= 43
    assert len({first.id, second.id, first.token, second.token}) == 4
