"""Numbered, linear, each with its reason."""
