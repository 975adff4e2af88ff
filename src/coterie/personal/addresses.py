"""Postal addresses, as far as rules find them, in English, German, French and Spanish."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from coterie.personal.kinds import Span

__all__ = ["find_addresses"]

_W = r"(?:(?:Col|Dr|Gral|Mgr|Prof|St|Sta|Sto)\.|[^\W\d_][\w'\u2019-]{0,30})"  # a word
_C = r"(?![a-zà-öø-ÿ])" + _W  # a capitalised word
_NO = r"[0-9]{1,5}(?:[ ]?(?:bis|ter|[A-Z])\b|[a-z]\b)?(?:[-/][0-9]{1,4}[A-Za-z]?)?(?!\w)"

_DIGIT = re.compile("[0-9]")
_NO_DE = r"[0-9]{1,3}[ ]?[a-z]?(?:-[0-9]{1,3})?(?!\w|[.:,]?[0-9]|\.[ ]|[ ]Uhr)"

_STREET_EN = (
    r"(?:(?i:Street|St|Road|Rd|Lane|Ln|Avenue|Ave|Boulevard|Blvd)|Close|Drive|Dr|Court|Ct|Place|Pl|"
    r"Terrace|Way|Square|Sq|Crescent|Gardens|Grove|Hill|Row|Mews|Walk|Quay|Highway|Hwy|Parkway|Pkwy)"
)
_STREET_DE = (
    r"(?:stra(?:ß|ss)e|str\.?|weg|allee|platz|gasse|ring|damm|ufer|markt|hof|chaussee|"
    r"berg|graben|pfad)"
)
_SIDE_DE = (
    r"(?:Alte[rns]?|Neue[rns]?|Große[rns]?|Kleine[rns]?|Obere[rns]?|Untere[rns]?|Hohe[rns]?|Lange[rns]?|"
    r"Äußere|Innere|Vordere|Hintere|Breite|Sankt|St\.)"
)
_AT_DE = (
    r"(?:Am|An der|An den|Auf der|Auf dem|Beim|Hinter der|Hinter dem|Hinterm|Im|In der|In den|"
    r"Unter den|Unterm|Vor dem|Zum|Zur)"
)
_STREET_FR = (
    r"(?:rue|avenue|av\.|boulevard|bd|place|impasse|allée|allées|chemin|quai|cours|route|montée|"
    r"square|passage|faubourg|sentier|esplanade|villa|cité|résidence)"
)
_STREET_ES = (
    r"(?:Calle|C/|Avda\.?|Avenida|Av\.|Plaza|Pza\.?|Paseo|Pº|Camino|Carretera|Ctra\.?|Ronda|Rambla|"
    r"Travesía|Urbanización|Urb\.|Glorieta|Carrera|Callejón|Cuesta|Gran Vía|Pasaje)"
)
_OF = (
    r"(?:(?:de la|de las|de los|de l['\u2019]|de|del|du|des|d['\u2019]|la|le|les|los|las|y|e|et|à)"
    r"[ ]?)"
)
_STATES = (
    r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]"
    r"|T[NX]|UT|V[AT]|W[AIVY])"
)
_FLOOR = (
    r"(?:,?[ ](?:[0-9]{1,3}\.?[ ]?(?:º|ª|°|OG|UG|EG|Etage|Stock|étage|piso)[ ]?"
    r"(?:links|rechts|mitte|izq\.?|dcha\.?|[A-Z0-9]ª?(?!\w))?"
    r"|(?:Apt\.?|Apartment|Flat|Unit|Suite|Ste\.?|appt\.?|apt\.?|porte|bât(?:iment|\.)|escalier|"
    r"esc\.|portal|piso|puerta|parcela|Hinterhaus|Vorderhaus|Wohnung)(?:[ ]?[A-Z0-9]{1,4}(?!\w))?)"
    r"){0,3}"
)

_PARTS = tuple(
    re.compile(pattern)
    for pattern in (
        # 12 High Street
        rf"(?<![\w.,/#-]){_NO}[ ](?:{_C}[ ]){{1,4}}{_STREET_EN}\b{_FLOOR}",
        # Lindenstraße 14; Lange Gasse 3; Am Alten Markt 7
        rf"(?<![\w-])(?!Spring|String|Anstieg|Bahnhof|[^\W\d_]{{0,20}}markt[ ][0-9])"
        rf"(?:(?:{_SIDE_DE}[ ])?(?![a-zà-öø-ÿ])[^\W\d_][\w-]{{1,40}}|(?:{_C}[ ]){{1,2}})"
        rf"(?i:{_STREET_DE})[ ]?{_NO}{_FLOOR}",
        rf"(?<![\w-]){_AT_DE}[ ]{_C}[ ]{_C}[ ]{_NO_DE}{_FLOOR}",
        # 3 bis, rue de la Paix
        rf"(?<![\w.,/-]){_NO},?[ ](?i:{_STREET_FR})[ ]{_OF}{{0,2}}{_C}"
        rf"(?:[ ](?:{_OF}{{0,2}}{_C})){{0,3}}{_FLOOR}",
        # Calle Mayor, n.º 5, 3º B
        rf"(?<![\w-])(?i:{_STREET_ES})[ ]?{_OF}{{0,2}}{_C}(?:[ ]{_OF}{{0,2}}{_C}){{0,3}}"
        rf",?[ ](?:n\.?[ ]?[º°][ ]?|núm\.?[ ]|nº[ ]|km[ ])?{_NO}{_FLOOR}",
        rf"(?<![\w-])(?i:rue|avenue|boulevard|chemin)[ ]{_OF}{{0,2}}{_C}"
        rf"(?:[ ](?:{_OF}{{0,2}}{_C})){{0,3}}[ ,]{{1,2}}{_NO}",
        # post boxes
        r"(?<!\w)(?:P\.?[ ]?O\.?[ ]?Box|Postfach|Packstation|BP|CS|Apartado(?:[ ]de[ ][Cc]orreos)?|"
        r"Apdo\.?(?:[ ]de[ ][Cc]orreos)?)[ ][0-9](?:[ ]?[0-9]){0,6}(?!\w)",
        r"(?<!\w)[Ll]ieu-dit[ ](?:(?:L[ea]s?|La)[ ])?" + _C,
        # postcodes of the United Kingdom and Ireland, which nothing else looks like
        r"(?<![\w-])(?:[A-Z]{1,2}[0-9][A-Z0-9]?[ ][0-9][A-Z]{2}|[A-Z][0-9]{2}[ ][A-Z][A-Z0-9]{3})"
        r"(?!\w)",
        rf"(?<!\w){_C}(?:[ ]{_C}){{0,2}},?[ ]{_STATES}[ ][0-9]{{5}}(?:-[0-9]{{4}})?(?!\w)",
        rf"(?<!\w){_C},?[ ](?:NSW|VIC|QLD|TAS|ACT)[ ][0-9]{{4}}(?!\w)",
    )
)
# Of an address only beside a part above, or where somebody says to live: Am Markt 7; Flat 3B
_BESIDE = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![\w-]){_AT_DE}[ ]{_C}[ ]{_NO_DE}{_FLOOR}",
        r"(?<!\w)(?:Flat|Apartment|Apt|Unit|Suite|Room|Floor)[ ][0-9]{1,4}[A-Z]?(?!\w)",
        rf"(?<!\w)(?:{_C}[ ]){{1,3}}(?:Cottage|House|Mill|Farm|Lodge|Rectory|Barn|Manor|Court|Hall|"
        r"Estate|Park|Buildings?|Centre|Center)(?!\w)",
        rf"(?<!\w)(?i:edificio|edif\.|finca|cortijo|polígono|bloque|résidence|lotissement|immeuble|"
        rf"hameau|domaine|château|haus|gut|schloss)[ ]{_OF}{{0,2}}{_C}"
        rf"(?:[ ]{_OF}{{0,2}}{_C}){{0,2}}{_FLOOR}",
    )
)
_PLACE = re.compile(
    # 75011 Paris, D-34117 Kassel; a number of five digits alone is anything
    rf"(?<![\w.,/-])(?:(?:[ADF]|CH|DE|FR|ES)-)?[0-9]{{4,5}}[ ]{_C}"
    rf"(?:[ ](?:{_OF}{{0,2}}{_C}|am|im|an|der|sur|en|[0-9]{{1,2}}(?!\w))){{0,3}}"
)
_BETWEEN = re.compile(
    rf"[ \t]*(?:[,;]|in)?[ \t\n]{{0,3}}(?:{_C}(?:[ ]{_C}){{0,2}},?[ \n]{{1,2}}){{0,2}}"
)
_LIVING = re.compile(
    r"\b(?:live|living|resid|address|wohn|adress|anschrift|habit|domicil|viv[eio]|direcci)",
    re.IGNORECASE,
)
_REACH = 60  # a town between street and postcode is no longer than that; a judgement


def find_addresses(text: str) -> Iterator[Span]:
    """Say where postal addresses are, from left to right.

    A street with a number, a post box and a postcode of a form of its own are found by themselves.
    A town with its postcode is found where it follows one of them, or ends a line or a clause.
    Time grows linearly with the length of the text.
    """
    if _DIGIT.search(text) is None:
        return
    parts = sorted(
        [(*match.span(), True) for match in _matches(_PARTS, text)]
        + [(*match.span(), _lived_in(text, match.start())) for match in _matches(_BESIDE, text)]
        + [(*match.span(), _is_place(text, match.start())) for match in _PLACE.finditer(text)]
    )
    start, end, certain = 0, -_REACH, False
    for first, last, alone in parts:
        if not _joined(text, end, first):
            if certain:
                yield start, end
            start, end, certain = first, last, False
        end, certain = max(end, last), certain or alone
    if certain:
        yield start, end


def _matches(patterns: Iterable[re.Pattern[str]], text: str) -> Iterator[re.Match[str]]:
    return chain.from_iterable(pattern.finditer(text) for pattern in patterns)


def _lived_in(text: str, start: int) -> bool:
    return _LIVING.search(text, max(0, start - _REACH), start) is not None


def _joined(text: str, end: int, start: int) -> bool:
    return start <= end or (
        end >= 0 and start - end <= _REACH and _BETWEEN.fullmatch(text, end, start) is not None
    )


def _is_place(text: str, start: int) -> bool:
    digits = sum("0" <= c <= "9" for c in text[start : start + 8])
    before = text[max(0, start - 8) : start].rstrip(" ")
    opened = not before or before[-1] in ",(\n:" or before.endswith((" in", " aus", " de", " à"))
    return digits >= (5 if text[start].isdigit() else 4) and opened
