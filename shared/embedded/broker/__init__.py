"""The development broker: one small Kafka-protocol server for one machine, loopback only.

It is no Apache Kafka: one node, no transactions, no access control, no compaction.
What it acknowledges is on disk.
"""
