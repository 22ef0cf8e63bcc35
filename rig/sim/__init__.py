"""Deterministic simulation: the production coroutines and their SQL in time that is not real, in the seed's order."""
