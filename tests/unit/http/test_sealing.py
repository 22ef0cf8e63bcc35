"""An answer is opened by whoever asked, in its own row, and by nobody else."""

from dataclasses import replace

from shared.http.sealing import Answer, seal, unseal

ANSWER = Answer(201, [(b"content-type", b"application/json")], b'{"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}')
ASKER, PLACE = b"7f0c2f3e-6f0b-4f60-9a3c-2b8a35fd1c11\ncs_key_secret", b"notify\nkey\ndigest"


def test_the_asker_has_the_answer_back_to_the_byte() -> None:
    """Status, headers and body."""
    assert unseal(seal(ANSWER, ASKER, PLACE), ASKER, PLACE) == ANSWER


def test_nobody_else_has() -> None:
    """Neither with another key, nor in another row, nor after a byte was changed."""
    sealed = seal(ANSWER, ASKER, PLACE)
    assert unseal(sealed, ASKER + b"x", PLACE) is None
    assert unseal(sealed, ASKER, PLACE + b"x") is None
    assert unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), ASKER, PLACE) is None


def test_nothing_of_it_shows() -> None:
    """Two of one answer look different, and nothing can be read in either."""
    one, two = (seal(replace(ANSWER, body=ANSWER.body * n), ASKER, PLACE) for n in (1, 1))
    assert one != two
    assert b"whsec" not in one
