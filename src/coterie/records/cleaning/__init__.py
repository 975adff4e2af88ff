"""What programs put around what a person wrote: HTML, quoted threads, signatures, boilerplate."""

from coterie.records.cleaning.boilerplate import find_boilerplate, strip_boilerplate
from coterie.records.cleaning.html import is_html, strip_html
from coterie.records.cleaning.quotes import strip_quotes
from coterie.records.cleaning.sides import find_sides, keep_side
from coterie.records.cleaning.signatures import strip_signature
from coterie.records.cleaning.survey import CleaningSurvey, FoundKind, survey_cleaning
from coterie.records.cleaning.texts import SIDE, CleanedTexts, clean_texts

__all__ = [
    "SIDE",
    "CleanedTexts",
    "CleaningSurvey",
    "FoundKind",
    "clean_texts",
    "find_boilerplate",
    "find_sides",
    "is_html",
    "keep_side",
    "strip_boilerplate",
    "strip_html",
    "strip_quotes",
    "strip_signature",
    "survey_cleaning",
]
