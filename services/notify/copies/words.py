"""The words of the person's copy, by language and version: short sentences, no law French, nothing assumed.

What was handed out once must be had again word for word, so words are never edited: a new version is added.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language's words; braces are filled from the notice."""

    language: str
    version: str
    title: str
    about: str
    asked_heading: str
    asked: str
    answer_heading: str
    #: By outcome.
    answers: Mapping[str, str]
    until_heading: str
    until: str
    until_not_yet: str
    until_none: str
    law_heading: str
    law: str
    decided: str
    object_heading: str
    object: tuple[str, ...]
    scope_heading: str
    scope: str
    replaces: str
    served_heading: str
    served: tuple[str, ...]


ENGLISH = Words(
    language="en",
    version="copy-en-1",
    title="Notice about an immigration request",
    about="This paper is for you. Keep it, and show it to your lawyer.",
    asked_heading="What was asked",
    asked=(
        "U.S. Immigration and Customs Enforcement (ICE) has sent this jail a request about you, called a detainer."
        " Detainer {detainer_id}, booking {booking_number}, jail {facility_ori}."
    ),
    answer_heading="What the answer is",
    answers=MappingProxyType(
        {
            "HOLD": "The law allows this jail to keep you for ICE for a short time after you would otherwise go free.",
            "NOTIFY_ONLY": "You are not kept for ICE. This jail may tell ICE when you will be released.",
            "RELEASE": "You are not kept for ICE.",
            "REVIEW": "A person has yet to decide. Until then you are not kept for ICE.",
        }
    ),
    until_heading="Until when",
    until="You may be kept for ICE until {closes_at} at the latest. After that you are not kept for ICE.",
    until_not_yet=(
        "The time has not begun. It begins only when you would otherwise go free. You will then get another paper"
        " with the day and the hour at which it ends."
    ),
    until_none="There is no time during which you are kept for ICE.",
    law_heading="Which law says so",
    law="{citation}.",
    decided="Decided on {decided_at}.",
    object_heading="If you think this is wrong",
    object=(
        "Tell any officer of this jail, aloud or in writing, as soon as you can. You may do so at any time.",
        (
            "Say so if you are a citizen of the United States, if the request means another person, if a charge or"
            " conviction is not yours, or if you were the victim of a crime. The officer must pass it on."
        ),
        "You may ask a lawyer. You may ask for your consulate.",
        "ICE's own telephone line for citizens and for victims of crime who are held on a detainer: (855) 448-6903.",
    ),
    scope_heading="What this paper does not say",
    scope="It speaks of ICE's request alone. This jail may keep you for other reasons, such as a criminal case.",
    replaces="This paper takes the place of an earlier one.",
    served_heading="To be filled in by the jail",
    served=(
        "Name",
        "Given on (day and hour)",
        "Given by",
        "In which language it was explained",
        "Signature, or refused",
    ),
)

SPANISH = Words(
    language="es",
    version="copy-es-1",
    title="Aviso sobre una solicitud de inmigración",
    about="Este papel es para usted. Guárdelo y muéstrelo a su abogado.",
    asked_heading="Qué se pidió",
    asked=(
        "El Servicio de Inmigración y Control de Aduanas de los Estados Unidos (ICE) envió a esta cárcel una solicitud"
        " sobre usted, llamada «detainer». Solicitud {detainer_id}, ingreso {booking_number}, cárcel {facility_ori}."
    ),
    answer_heading="Cuál es la respuesta",
    answers=MappingProxyType(
        {
            "HOLD": (
                "La ley permite que esta cárcel lo retenga para ICE por un tiempo corto después del momento en que"
                " usted quedaría libre."
            ),
            "NOTIFY_ONLY": "A usted no se le retiene para ICE. Esta cárcel puede avisar a ICE cuándo saldrá usted.",
            "RELEASE": "A usted no se le retiene para ICE.",
            "REVIEW": "Una persona todavía debe decidir. Hasta entonces a usted no se le retiene para ICE.",
        }
    ),
    until_heading="Hasta cuándo",
    until=(
        "Se le puede retener para ICE a más tardar hasta {closes_at}. Después de ese momento a usted no se le retiene"
        " para ICE."
    ),
    until_not_yet=(
        "El tiempo no ha comenzado. Comienza solamente cuando usted quedaría libre. Entonces recibirá otro papel con"
        " el día y la hora en que termina."
    ),
    until_none="No hay ningún tiempo en que se le retenga para ICE.",
    law_heading="Qué ley lo dice",
    law="{citation}.",
    decided="Decidido el {decided_at}.",
    object_heading="Si usted cree que esto está mal",
    object=(
        (
            "Dígalo a cualquier oficial de esta cárcel, de palabra o por escrito, lo antes posible. Puede hacerlo en"
            " cualquier momento."
        ),
        (
            "Dígalo si usted es ciudadano de los Estados Unidos, si la solicitud se refiere a otra persona, si un cargo"
            " o una condena no es suya, o si fue víctima de un delito. El oficial debe comunicarlo."
        ),
        "Puede consultar a un abogado. Puede pedir hablar con su consulado.",
        (
            "Línea telefónica de ICE para ciudadanos y para víctimas de delitos retenidos por una solicitud:"
            " (855) 448-6903."
        ),
    ),
    scope_heading="Lo que este papel no dice",
    scope=(
        "Habla solamente de la solicitud de ICE. Esta cárcel puede retenerlo por otras razones, como un caso penal."
    ),
    replaces="Este papel reemplaza a uno anterior.",
    served_heading="Para ser llenado por la cárcel",
    served=("Nombre", "Entregado el (día y hora)", "Entregado por", "Idioma en que se explicó", "Firma, o se negó"),
)

LANGUAGES: Mapping[str, Words] = MappingProxyType({words.language: words for words in (ENGLISH, SPANISH)})
