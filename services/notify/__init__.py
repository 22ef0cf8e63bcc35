"""Notify: tells the jail and ICE, in time, and keeps the proof."""
