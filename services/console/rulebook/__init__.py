"""The rulebook as it is shown to people: its cases, and its pages."""
