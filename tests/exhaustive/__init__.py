"""Proofs that take hours of machine time: run by hand, in parts that can be resumed, never by the suite."""
