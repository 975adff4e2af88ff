"""Words such as articles and pronouns, which say nothing by themselves, in many languages."""

from __future__ import annotations

from collections.abc import Sequence

from coterie.encoders.languages import NAMES, language_shares

__all__ = ["function_words"]

_SHARE = 0.1  # of the texts, from which on a language counts; a judgement


def function_words(texts: Sequence[str]) -> frozenset[str]:
    """Give the function words of the languages that texts are in, and of English.

    The lists are those of stopwords-iso, in small letters.
    """
    import stopwordsiso

    spoken = {name for name, share in language_shares(texts).items() if share >= _SHARE}
    codes = {"en", *(code for code, name in NAMES.items() if name in spoken)}
    known = sorted(code for code in codes if stopwordsiso.has_lang(code))
    return frozenset(word.lower() for code in known for word in stopwordsiso.stopwords(code))
