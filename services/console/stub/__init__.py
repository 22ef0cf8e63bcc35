"""Stub recipients: real HTTP servers that keep what they got, then answer, and misbehave on request."""
