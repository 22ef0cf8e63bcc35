"""Signatures that any library for Standard Webhooks verifies."""

import base64
import json
import shutil
import subprocess
from datetime import UTC, datetime
from typing import Any

import pytest
import standardwebhooks
import svix
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.notify import message
from services.notify.channels import signature
from shared.runtime.clock import machine_now

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
    assert base64.b64decode(signature.shown(first)["secret"].removeprefix("whsec_")) == first


def test_an_ed25519_signature_is_checked_with_the_public_key_alone() -> None:
    """The receiver is shown no secret, and what it is shown verifies what we sign and nothing else."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    (shown,) = signature.shown(seed, "ed25519").items()
    # RFC 8032, section 7.1, test 1: the public half of this seed.
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    assert shown == ("public_key", f"whpk_{base64.b64encode(public).decode()}")
    made = signature.headers("id", AT, b"{}", [seed], "ed25519")
    version, _, signed = made["webhook-signature"].partition(",")
    assert version == "v1a"
    key = Ed25519PublicKey.from_public_bytes(public)
    key.verify(base64.b64decode(signed), f"id.{int(AT.timestamp())}.{{}}".encode())
    with pytest.raises(InvalidSignature):
        key.verify(base64.b64decode(signed), f"id.{int(AT.timestamp())}.[]".encode())


@pytest.mark.parametrize("library", [standardwebhooks.Webhook, svix.Webhook])
def test_libraries_of_others_verify_ours(library: Any) -> None:
    """What a receiver would use; during a rotation with either secret, and a changed body is refused."""
    keys = [signature.new_secret(), signature.new_secret()]
    body = message.of_test("0135b160-b700-7d43-9e44-7c8d9e0f1a23", "2012-02-22T10:30:00-05:00")
    made = signature.headers("0135b160-b700-7d43-9e44-7c8d9e0f1a23", machine_now(), body, keys)
    for key in keys:
        checked = library(signature.shown(key)["secret"])
        # Whatever it gives back, it raises for what is not ours.
        checked.verify(body, made)
        with pytest.raises((standardwebhooks.WebhookVerificationError, svix.WebhookVerificationError)):
            checked.verify(body.replace(b"test", b"tost"), made)


#: The receiver's side in another language, with nothing but what that language brings.
NODE = """
const crypto = require("crypto");
const { headers, body, keys, publicKey } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
const offered = headers["webhook-signature"].split(" ").map((one) => one.split(","));
const hmac = (key) => crypto.createHmac("sha256", Buffer.from(key.slice(6), "base64")).update(signed).digest("base64");
const prefix = Buffer.from("302a300506032b6570032100", "hex");
const spki = () => Buffer.concat([prefix, Buffer.from(publicKey.slice(5), "base64")]);
const ok = publicKey
  ? offered.every(([version, one]) => version === "v1a" && crypto.verify(null, Buffer.from(signed),
      crypto.createPublicKey({ key: spki(), format: "der", type: "spki" }), Buffer.from(one, "base64")))
  : keys.every((key) => offered.some(([version, one]) => version === "v1" && one === hmac(key)));
process.stdout.write(ok ? "verified" : "refused");
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not here; Debian's package nodejs has it")
@pytest.mark.parametrize("scheme", ["hmac", "ed25519"])
@pytest.mark.parametrize("changed", [False, True])
def test_another_language_verifies_ours(scheme: signature.Scheme, changed: bool) -> None:
    """JavaScript, by the specification alone: both schemes, and a changed body is refused."""
    keys = [signature.new_secret()] if scheme == "ed25519" else [signature.new_secret(), signature.new_secret()]
    body = message.of_test("id", "2012-02-22T10:30:00-05:00")
    told = {
        "headers": signature.headers("id", AT, body, keys, scheme),
        "body": body.decode() + " " * changed,
        "keys": [signature.shown(key).get("secret") for key in keys],
        "publicKey": signature.shown(keys[0], scheme).get("public_key"),
    }
    done = subprocess.run(  # noqa: S603 - our own words, to the interpreter that was found
        [str(shutil.which("node")), "-e", NODE], input=json.dumps(told), capture_output=True, text=True, check=True
    )
    assert done.stdout == ("refused" if changed else "verified")
