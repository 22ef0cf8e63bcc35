"""The console: where a person looks and acts, and the `countersign` command."""
