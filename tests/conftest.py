"""Fixtures that more than one folder of tests shares."""

pytest_plugins = [
    "tests.support.postgres",
    "tests.support.kafka",
    "tests.support.apache",
    "tests.support.topics",
    "tests.support.database",
    "tests.support.line",
    "tests.support.world",
]
