"""What the broker says it speaks."""

import pytest

from shared.embedded.broker.wire import STRUCTS, VERSIONS, read_request, write_answer


def test_every_version_that_is_told_can_be_read() -> None:
    """The table holds no gap: a client may pick any version of the range."""
    for key, (_, low, high) in VERSIONS.items():
        assert low <= high
        assert all((key, version) in STRUCTS for version in range(low, high + 1))


def test_requests_with_tagged_fields_are_not_offered() -> None:
    """Their headers look different, and we do not read them."""
    assert not any(struct.FLEXIBLE_VERSION for struct in STRUCTS.values())


def test_fields_get_their_names() -> None:
    """A request reads as attributes, nested ones too, and an absent list is None."""
    named = read_request(9, 3, b"\0\x05group\0\0\0\1\0\5topic\0\0\0\1\0\0\0\7")
    assert (named.consumer_group, named.version) == ("group", 3)
    assert [(topic.topic, topic.partitions) for topic in named.topics] == [("topic", [7])]
    assert read_request(9, 3, b"\0\x05group\xff\xff\xff\xff").topics is None


def test_an_answer_takes_the_fields_of_its_version() -> None:
    """Older versions leave out what newer ones have; a field that is missing is our bug and is said."""
    answer = {"error_code": 0, "generation_id": 1}
    assert write_answer(12, 0, answer) == b"\0\0"
    assert write_answer(12, 1, answer) == b"\0\0\0\0\0\0"
    with pytest.raises(KeyError):
        write_answer(12, 0, {})
