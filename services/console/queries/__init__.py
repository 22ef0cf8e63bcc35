"""What the pages show: queries, read-only, on the console's own role."""
