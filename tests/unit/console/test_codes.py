"""Codes of a second factor: those of RFC 6238, each once, and kept so that a copy of the database is worth nothing."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pyotp
import pytest

from services.console.accounts.codes import Sealer, address, code_at, plain, proven_step, recovery_codes, step_of

_NOW = datetime(2026, 11, 2, 8, 0, 10, tzinfo=UTC)
_SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
_ONE, _OTHER = UUID(int=1), UUID(int=2)


def test_codes_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B: the secret 12345678901234567890 at second 59, to six digits."""
    assert code_at(_SEED, 59 // 30) == "287082"


@pytest.mark.parametrize(("seconds", "counts"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_phone_may_be_half_a_minute_off(seconds: int, counts: bool) -> None:
    """The step before and the step after count, and no other."""
    shown = code_at(_SEED, step_of(_NOW + timedelta(seconds=seconds)))
    assert (proven_step(_SEED, shown, _NOW, 0) is not None) is counts


def test_a_code_proves_once() -> None:
    """Heard again it is wrong, and so is that of the step before."""
    now = step_of(_NOW)
    assert proven_step(_SEED, code_at(_SEED, now), _NOW, 0) == now
    assert proven_step(_SEED, code_at(_SEED, now), _NOW, now) is None
    assert proven_step(_SEED, code_at(_SEED, now - 1), _NOW, now) is None
    assert proven_step(_SEED, "", _NOW, 0) is None


def test_blanks_and_dashes_do_not_matter() -> None:
    """Codes are written in groups and read aloud."""
    shown = code_at(_SEED, step_of(_NOW))
    assert proven_step(_SEED, f" {shown[:3]} {shown[3:]} ", _NOW, 0) is not None
    assert plain("ABCD-efgh ij") == "abcdefghij"


def test_what_is_sealed_opens_for_its_account_and_under_its_key_alone() -> None:
    """A row moved to another account, or read with another key, gives nothing."""
    sealer = Sealer.of("one secret")
    sealed = sealer.seal(_ONE, _SEED)
    assert sealer.opened(_ONE, sealed) == _SEED
    assert sealer.opened(_OTHER, sealed) is None
    assert Sealer.of("another secret").opened(_ONE, sealed) is None
    assert sealer.opened(_ONE, sealed[:-1]) is None
    assert _SEED.encode() not in sealed


def test_recovery_codes_are_many_and_kept_as_digests() -> None:
    """Ten different ones; the digest says nothing of the code and differs from account to account."""
    made, sealer = recovery_codes(), Sealer.of("one secret")
    assert len(set(made)) == 10
    assert all(len(plain(code)) == 16 for code in made)
    assert sealer.digest(_ONE, made[0]) == sealer.digest(_ONE, made[0].upper().replace("-", " "))
    assert sealer.digest(_ONE, made[0]) != sealer.digest(_OTHER, made[0])


def test_an_app_is_told_whose_it_is() -> None:
    """The address names the account and us; the app makes the codes that we expect."""
    app = pyotp.parse_uri(address(_SEED, "operator"))
    assert isinstance(app, pyotp.TOTP)
    assert (app.name, app.issuer) == ("operator", "Countersign")
    assert app.at(_NOW) == code_at(_SEED, step_of(_NOW))
