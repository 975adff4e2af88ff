"""Which languages texts are in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from coterie.encoders.weights import MINILM_SHA256, read_config, sha256_of
from coterie.scripts import main_scripts

__all__ = ["NAMES", "language_of", "language_shares", "languages_of"]

# Judgements. With them fifteen English tables are English but for the few texts that are not, a
# German and a French one too, and of 125 short texts in 17 languages none is surely another.
_SAMPLE = 500  # texts, spread evenly
_LONGEST = 400  # characters of a text that are read
_ENOUGH = 20  # letters, from which on a text is judged alone
_SURE = 0.9
_FEW = 20  # texts that could be told: of fewer no language is
_CARD = re.compile(r"\A---\s*\n(.*?)\n---", re.DOTALL)
_LOT = 10  # texts that are judged together where each alone is too short

#: The languages that are told, by their codes (ISO 639-1).
NAMES = {
    "af": "Afrikaans", "am": "Amharic", "ar": "Arabic", "az": "Azerbaijani", "be": "Belarusian",
    "bg": "Bulgarian", "bn": "Bengali", "bs": "Bosnian", "ca": "Catalan", "cs": "Czech",
    "cy": "Welsh", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
    "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian",
    "fi": "Finnish", "fr": "French", "ga": "Irish", "gl": "Galician", "gu": "Gujarati",
    "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "hy": "Armenian",
    "id": "Indonesian", "is": "Icelandic", "it": "Italian", "ja": "Japanese",
    "ka": "Georgian", "kk": "Kazakh", "km": "Khmer", "kn": "Kannada", "ko": "Korean",
    "ky": "Kyrgyz", "lo": "Lao", "lt": "Lithuanian", "lv": "Latvian",
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
    more counts for a language that is 90% probable; the others are judged ten at
    a time, each script by itself.

    Parameters
    ----------
    texts
        Any number of texts, of which 500 different ones are read.

    Returns
    -------
    dict of str to float
        Name of the language to its share of the texts whose language could be told, the largest
        first; empty where it could of fewer than 20.
    """
    unique = list(dict.fromkeys(texts))
    places = np.unique(np.linspace(0, len(unique) - 1, min(_SAMPLE, len(unique))).astype(np.int64))
    told: Counter[str] = Counter()
    short: dict[int, list[str]] = {}  # by script, since one foreign text would outvote others
    for text in (unique[place][:_LONGEST] for place in places):
        letters = sum(map(str.isalpha, text))
        language = _classify(text) if letters >= _ENOUGH else ""
        if language:
            told[language] += 1
        elif letters:
            short.setdefault(int(main_scripts([text])[0]), []).append(text)
    for alike in short.values():
        for start in range(0, len(alike), _LOT):
            lot = alike[start : start + _LOT]
            if language := _classify(" . ".join(lot)):
                told[language] += len(lot)
    total = told.total()
    if total < _FEW:
        return {}
    shares: dict[str, float] = {}
    for code, count in told.most_common():
        name = NAMES[code]
        shares[name] = shares.get(name, 0.0) + count / total
    return shares


def language_of(text: str) -> str:
    """Name the language of one text; "" where it has fewer than 20 letters or is not sure."""
    if sum(map(str.isalpha, text)) < _ENOUGH:
        return ""
    return NAMES.get(_classify(text[:_LONGEST]), "")


def _classify(text: str) -> str:
    language, probability = _identifier().classify(text)
    return str(language) if probability >= _SURE else ""


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([code for code in identifier.labels if code in NAMES])
    return identifier


def languages_of(folder: Path) -> tuple[str, ...]:
    """Name the languages that the model in a folder was made for.

    Those are the ones of its card's head; () where there are very many, or that is not known.
    """
    if sha256_of(folder / "model.safetensors") == MINILM_SHA256:
        return ("English",)
    card = folder / "README.md"
    if read_config(folder, "tuned.json") or not card.is_file():
        return ()  # one that was tuned may have learnt another
    import yaml

    head = _CARD.match(card.read_text(encoding="utf-8", errors="replace"))
    try:
        about = yaml.safe_load(head[1]) if head else None
    except yaml.YAMLError:
        return ()
    named = about.get("language") if isinstance(about, dict) else None
    codes = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    names = tuple(NAMES[code] for code in codes if code in NAMES)
    return names if len(names) == len(codes) < 20 else ()
