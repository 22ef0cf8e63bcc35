"""What a process needs to live: clock, ids, logs, metrics, settings, health."""
