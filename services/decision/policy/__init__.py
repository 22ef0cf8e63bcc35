"""Which law governs a detainer on a date, and what it makes of the facts: data, applied by pure functions."""
