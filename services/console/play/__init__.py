"""Plays: the sample, files of events, public data sets."""
