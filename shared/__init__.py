"""What the services share: words, clock, database, topics, outbox."""
