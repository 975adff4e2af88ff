"""Which languages texts are in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

__all__ = ["NAMES", "language_shares"]

# Judgements; with them no text of sixteen English tables counted for another language but two
# titles that are Russian, and a German and a French table were told right.
_SAMPLE = 500  # texts, spread evenly
_LONGEST = 400  # characters of a text that are read
_ENOUGH = 20  # letters, from which on a text is judged alone
_SURE = 0.9
_LOT = 10  # texts that are judged together where each alone is too short

#: The names of languages by their codes (ISO 639-1); a code that is not here is its own name.
NAMES = {
    "af": "Afrikaans", "am": "Amharic", "ar": "Arabic", "az": "Azerbaijani", "be": "Belarusian",
    "bg": "Bulgarian", "bn": "Bengali", "bs": "Bosnian", "ca": "Catalan", "cs": "Czech",
    "cy": "Welsh", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
    "eo": "Esperanto", "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian",
    "fi": "Finnish", "fr": "French", "ga": "Irish", "gl": "Galician", "gu": "Gujarati",
    "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "hy": "Armenian",
    "id": "Indonesian", "is": "Icelandic", "it": "Italian", "ja": "Japanese", "jv": "Javanese",
    "ka": "Georgian", "kk": "Kazakh", "km": "Khmer", "kn": "Kannada", "ko": "Korean",
    "ky": "Kyrgyz", "la": "Latin", "lo": "Lao", "lt": "Lithuanian", "lv": "Latvian",
    "mk": "Macedonian", "ml": "Malayalam", "mn": "Mongolian", "mr": "Marathi", "ms": "Malay",
    "my": "Burmese", "nb": "Norwegian", "ne": "Nepali", "nl": "Dutch", "nn": "Norwegian",
    "no": "Norwegian", "pa": "Punjabi", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "si": "Sinhala", "sk": "Slovak", "sl": "Slovenian", "sq": "Albanian",
    "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "te": "Telugu",
    "th": "Thai", "tl": "Filipino", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu",
    "uz": "Uzbek", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip


def language_shares(texts: Sequence[str]) -> dict[str, float]:
    """Tell the languages of texts, by the naive Bayes classifier of langid.

    M. Lui and T. Baldwin, "langid.py" (ACL 2012), in its fork py3langid. A text of 20 letters or
    more counts for a language that is 90% probable; the others are judged ten at a time.

    Parameters
    ----------
    texts
        Any number of texts, of which 500 different ones are read.

    Returns
    -------
    dict of str to float
        Name of the language to its share of the texts whose language could be told, the largest
        first; empty where none could.
    """
    unique = list(dict.fromkeys(texts))
    places = np.unique(np.linspace(0, len(unique) - 1, min(_SAMPLE, len(unique))).astype(np.int64))
    told: Counter[str] = Counter()
    short: list[str] = []
    for text in (unique[place][:_LONGEST] for place in places):
        letters = sum(map(str.isalpha, text))
        language = _classify(text) if letters >= _ENOUGH else ""
        if language:
            told[language] += 1
        elif letters:
            short.append(text)
    for start in range(0, len(short), _LOT):
        lot = short[start : start + _LOT]
        if language := _classify(" . ".join(lot)):
            told[language] += len(lot)
    total = max(told.total(), 1)
    shares: dict[str, float] = {}
    for code, count in told.most_common():
        name = NAMES.get(code, code)
        shares[name] = shares.get(name, 0.0) + count / total
    return shares


def _classify(text: str) -> str:
    language, probability = _identifier().classify(text)
    return str(language) if probability >= _SURE else ""


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
