"""Which duties of the rulebook are met by handing the person a printed copy of the answer."""

#: Word of the request, of the answer, or of the notice that ICE is given, in writing and to the person.
COPY_DUTIES = frozenset(
    {
        "copy-to-person",
        "notice-when-lodged",
        "notice-when-honoured",
        "tell-person-of-request",
        "copy-to-person-and-counsel",
        "truth-act-copy-and-answer",
        "truth-act-copy-of-notice",
        "tell-person-of-request-on-form",
        "tell-person-why-held",
    }
)
