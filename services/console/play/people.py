"""Invented people: names made of syllables, birth dates and numbers in the shape of real ones."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

_BEGINNINGS = (
    "Bel",
    "Cor",
    "Dal",
    "Fen",
    "Gal",
    "Hol",
    "Jor",
    "Kas",
    "Lum",
    "Mar",
    "Nor",
    "Pel",
    "Sol",
    "Tar",
)
_MIDDLES = ("a", "e", "i", "o", "ara", "eni", "ilo", "ora", "uma")
_ENDINGS = ("bek", "dano", "gast", "lund", "mira", "nesk", "quil", "rosa", "stin", "tova", "vell", "zani")
_GIVEN = {
    "F": ("Adila", "Benna", "Corvia", "Delsa", "Elmira", "Fenja", "Liora", "Mirel", "Oda", "Tamsa"),
    "M": ("Aldo", "Bero", "Casim", "Dorian", "Emil", "Jorin", "Lazlo", "Milan", "Rafo", "Tavi"),
}
_BIRTH_PLACES = ("BR", "CN", "CO", "DO", "EC", "GT", "HN", "JM", "MX", "PE", "PL", "US")
_FIRST_BIRTH_DATE = date(1952, 1, 1)
_BIRTH_DAYS = 14_900


@dataclass(frozen=True, slots=True, kw_only=True)
class Invented:
    """A person who does not exist; every number is unique within the sample."""

    family_name: str
    given_names: str
    birth_date: date
    sex: str
    birth_place: str
    sid: str
    ucn: str
    fin: str
    a_number: str
    inmate_number: str


def invent(chance: random.Random, serial: int) -> Invented:
    """Invent the person number ``serial``; the same chance and serial give the same person."""
    sex = "F" if chance.random() < 0.15 else "M"  # noqa: PLR2004 - about the share of women in jails
    return Invented(
        family_name=chance.choice(_BEGINNINGS) + chance.choice(_MIDDLES) + chance.choice(_ENDINGS),
        given_names=chance.choice(_GIVEN[sex]),
        birth_date=_FIRST_BIRTH_DATE + timedelta(days=chance.randrange(_BIRTH_DAYS)),
        sex=sex,
        birth_place=chance.choice(_BIRTH_PLACES),
        sid=f"CT{30_000_000 + serial * 17:08d}",
        ucn=f"{400_000 + serial * 7}AB{serial % 10}",
        fin=f"{1_100_000_000 + serial * 7919}",
        a_number=f"A{70_000_000 + serial * 5_003:09d}",
        inmate_number=f"{318_000 + serial:08d}",
    )
