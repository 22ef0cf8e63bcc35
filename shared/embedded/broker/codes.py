"""The Kafka error codes that the development broker answers with."""

from enum import IntEnum


class Code(IntEnum):
    """Numbers and names as in the protocol guide of Apache Kafka."""

    #: All is well.
    NONE = 0
    #: The offset lies outside the log.
    OFFSET_OUT_OF_RANGE = 1
    #: The checksum of a record batch does not fit.
    CORRUPT_MESSAGE = 2
    #: No such topic or partition.
    UNKNOWN_TOPIC_OR_PARTITION = 3
    #: The topic's name cannot be a topic's name.
    INVALID_TOPIC = 17
    #: The member's generation is over.
    ILLEGAL_GENERATION = 22
    #: No protocol that all members speak.
    INCONSISTENT_GROUP_PROTOCOL = 23
    #: The group does not know this member.
    UNKNOWN_MEMBER_ID = 25
    #: The session timeout lies outside what is allowed.
    INVALID_SESSION_TIMEOUT = 26
    #: The group is sharing out its partitions anew.
    REBALANCE_IN_PROGRESS = 27
    #: The version of the request is not spoken here.
    UNSUPPORTED_VERSION = 35
    #: The topic exists already.
    TOPIC_ALREADY_EXISTS = 36
    #: The number of partitions makes no sense.
    INVALID_PARTITIONS = 37
    #: The request makes no sense.
    INVALID_REQUEST = 42
    #: Only record batches of format 2 are kept.
    UNSUPPORTED_FOR_MESSAGE_FORMAT = 43
    #: A producer's batch came out of turn.
    OUT_OF_ORDER_SEQUENCE = 45
    #: A newer producer of the same id has been seen.
    INVALID_PRODUCER_EPOCH = 47
    #: There are no transactions here.
    TRANSACTIONAL_ID_AUTHORIZATION_FAILED = 53
    #: The disk would not take it.
    KAFKA_STORAGE_ERROR = 56
    #: The group has members and cannot be deleted.
    NON_EMPTY_GROUP = 68
    #: No such group.
    GROUP_ID_NOT_FOUND = 69
    #: Another process has taken over this static member's name.
    FENCED_INSTANCE_ID = 82
