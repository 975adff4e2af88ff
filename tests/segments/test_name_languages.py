"""Names in languages other than English begin and end with a word that tells something."""

from __future__ import annotations

import numpy as np
import pytest

from coterie.encoders.function_words import function_words
from coterie.segments import describe_segments

FRENCH = {
    "attestation": "où puis-je trouver l'attestation de déplacement du mois {}",
    "congés": "est-ce que je peux poser mes congés annuels pendant la semaine {}",
    "salle": "comment réserver la salle de réunion numéro {} pour mes collègues",
}
GERMAN = {
    "rechnung": "ich habe die Rechnung für den Monat {} noch nicht bekommen",
    "passwort": "wie kann ich das Passwort von meinem Konto {} zurücksetzen",
    "lieferung": "wann kommt die Lieferung mit der Nummer {} bei mir an",
}


@pytest.mark.parametrize("asked", [FRENCH, GERMAN])
def test_no_name_begins_or_ends_with_a_function_word(asked: dict[str, str]) -> None:
    texts = [text.format(number) for text in asked.values() for number in range(20)]
    codes = np.repeat(np.arange(len(asked)), 20)
    found = describe_segments(texts, codes, np.eye(len(asked), dtype=np.float32)[codes])
    links = function_words(texts)
    for word, about in zip(asked, found, strict=True):
        parts = about.name.lower().replace(",", "").split()
        assert not {parts[0], parts[-1]} & links
        assert word in f"{about.name} {' '.join(about.terms)}".lower()


def test_an_elided_word_stays_with_the_next() -> None:
    texts = [f"il me faut une demande d'aide numéro {n}" for n in range(20)]
    texts += [f"la cantine est fermée le jour {n}" for n in range(20)]
    codes = np.repeat([0, 1], 20)
    found = describe_segments(texts, codes, np.eye(2, dtype=np.float32)[codes])
    said = " ".join((found[0].name, *found[0].terms)).lower()
    assert "demande d'aide" in said
    assert "d' aide" not in said


def test_the_languages_of_the_texts_decide_which_words_are_function_words() -> None:
    french = function_words([text.format(n) for text in FRENCH.values() for n in range(20)])
    german = function_words([text.format(n) for text in GERMAN.values() for n in range(20)])
    assert {"les", "pour"} <= french
    assert {"und", "nicht"} <= german
    assert "nicht" not in french
    assert "the" in french & german
    assert function_words([]) == function_words(["123"])
