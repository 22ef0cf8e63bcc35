"""The words and rules of the field; standard library only, no I/O, no clock."""
