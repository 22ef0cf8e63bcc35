"""Signatures that any library for Standard Webhooks verifies."""

import base64
from datetime import UTC, datetime

from services.notify.channels import signature

AT = datetime(2022, 2, 25, 0, 0, tzinfo=UTC)


def test_the_reference_vector_is_reproduced() -> None:
    """The secret, message and signature that the specification's own libraries are tested with."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    made = signature.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}', [key])
    assert made == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_during_a_rotation_every_secret_signs() -> None:
    """The receiver may check with either; each signature is the one it would have alone."""
    keys = [b"a" * 32, b"b" * 32]
    both = signature.headers("id", AT, b"{}", keys)["webhook-signature"].split(" ")
    assert both == [signature.headers("id", AT, b"{}", [key])["webhook-signature"] for key in keys]
    assert len(set(both)) == 2


def test_a_secret_is_random_and_shown_as_libraries_take_it() -> None:
    """256 bits, base64 behind whsec_."""
    first, second = signature.new_secret(), signature.new_secret()
    assert first != second
    assert len(first) == 32
    assert base64.b64decode(signature.shown(first).removeprefix("whsec_")) == first
