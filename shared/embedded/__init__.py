"""A Postgres and a Kafka-protocol broker that we start ourselves, for one machine and for the tests."""
