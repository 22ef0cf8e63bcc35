"""Give each identifier the one spelling that two senders can meet by.

Shapes and their sources: NCIC and IAFIS field rules; none of these numbers has a published check digit,
so none is tested. A value of a wrong shape is no tie, and never a reason to drop a message.
"""

import re

_A_NUMBER = re.compile(r"A?(\d{7,9})")
_UCN = re.compile(r"[A-Z0-9]{1,9}")
_SID = re.compile(r"[A-Z]{2}[A-Z0-9]{1,8}")
_SID_BARE = re.compile(r"[A-Z0-9]{1,8}")
_SPACE_OR_DASH = re.compile(r"[\s-]+")


def _closed(value: str) -> str:
    """Upper case, without blanks and dashes."""
    return _SPACE_OR_DASH.sub("", value).upper()


def a_number(value: str) -> str | None:
    """Give ``A`` and nine digits: A12345678 and A012345678 are one person; None if misshapen."""
    found = _A_NUMBER.fullmatch(_closed(value))
    return f"A{found[1]:0>9}" if found else None


def ucn(value: str) -> str | None:
    """Give the FBI's number, upper case and without blanks; None if it has no such shape."""
    number = _closed(value)
    return number if _UCN.fullmatch(number) else None


def sid(value: str, *, state: str) -> str | None:
    """Give the state's number behind its state, since it is unique only there; None if misshapen."""
    number = _closed(value)
    if _SID.fullmatch(number):
        return number
    return f"{state}{number}" if _SID_BARE.fullmatch(number) else None


def opaque(value: str) -> str | None:
    """Take the blanks from around a number whose shape means nothing to us (FIN, TCN)."""
    return value.strip() or None
