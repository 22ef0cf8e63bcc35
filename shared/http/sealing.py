"""Answers kept for whoever asks again: closed with what only the asker has, so that the database tells nobody."""

import secrets
from dataclasses import dataclass

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
_PURPOSE = b"countersign: the answer to a request that may be repeated"

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answered, to the byte."""

    status: int
    headers: Headers
    body: bytes


def seal(answer: Answer, asker: bytes, place: bytes) -> bytes:
    """Close an answer with the asker's own words; ``place`` is the row it belongs to, and it opens in no other."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    packed = msgspec.msgpack.encode((answer.status, answer.headers, answer.body))
    return nonce + AESGCM(_key(asker, place)).encrypt(nonce, packed, place)


def unseal(sealed: bytes, asker: bytes, place: bytes) -> Answer | None:
    """Open an answer; None for whoever did not ask."""
    nonce, closed = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        packed = AESGCM(_key(asker, place)).decrypt(nonce, closed, place)
    except InvalidTag:
        return None
    return Answer(*msgspec.msgpack.decode(packed, type=tuple[int, Headers, bytes]))


def _key(asker: bytes, place: bytes) -> bytes:
    # What the asker says holds a random key of 256 bits or a random id, so nothing slower is needed.
    return HKDF(SHA256(), length=32, salt=place, info=_PURPOSE).derive(asker)
