"""The person's copy as PDF: one page of large type; the same notice gives the same bytes."""

from datetime import UTC, datetime

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from services.notify.copies.sheet import Sheet

#: One of PDF's own fonts, so that nothing is embedded; it has every letter of English and Spanish.
_FONT = "Helvetica"
_ENCODING = "cp1252"
_MARGIN_MM, _LINE_MM = 18, 5.4


def as_pdf(sheet: Sheet) -> bytes:
    """Write a copy as PDF."""
    page = FPDF(format="letter")
    page.core_fonts_encoding = _ENCODING
    page.set_creation_date(sheet.sent_at or datetime(1970, 1, 1, tzinfo=UTC))
    page.set_title(_printable(sheet.title))
    page.set_lang(sheet.language)
    page.set_margins(_MARGIN_MM, _MARGIN_MM)
    page.set_auto_page_break(auto=True, margin=_MARGIN_MM)
    page.add_page()
    _paragraph(page, sheet.title, size=17, style="B")
    _paragraph(page, sheet.about, size=11)
    for heading, paragraphs in sheet.sections:
        page.ln(2)
        _paragraph(page, heading, size=12, style="B")
        for paragraph in paragraphs:
            _paragraph(page, paragraph, size=11)
    page.ln(3)
    _paragraph(page, sheet.served_heading, size=12, style="B")
    for line in sheet.served:
        _paragraph(page, f"{line}: " + "_" * (62 - len(line)), size=11)
    page.ln(2)
    _paragraph(page, f"{sheet.notice_id} - {sheet.version}", size=8)
    return bytes(page.output())


def _paragraph(page: FPDF, text: str, *, size: int, style: str = "") -> None:
    page.set_font(_FONT, style=style, size=size)
    page.multi_cell(0, _LINE_MM * size / 11, _printable(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _printable(text: str) -> str:
    """Leave out what the font has no letter for: a detainer's number must not keep a person from the paper."""
    return text.encode(_ENCODING, "replace").decode(_ENCODING)
