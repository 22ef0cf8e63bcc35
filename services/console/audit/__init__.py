"""Hold the records against themselves: links, digests, rows, and decisions made again."""
