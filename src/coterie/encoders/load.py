"""An encoder by its name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from coterie.encoders.base import Encoder
from coterie.encoders.bert import FastEncoder, can_run
from coterie.encoders.multilingual import (
    MULTILINGUAL_HUB,
    MULTILINGUAL_PREFIX,
    find_multilingual,
)
from coterie.encoders.names import plain_name, split_name
from coterie.encoders.static import StaticEncoder, distilled
from coterie.encoders.tfidf import TfidfEncoder, fit_tfidf, is_tfidf_folder
from coterie.encoders.torch_models.decoder import DecoderEncoder, is_decoder
from coterie.encoders.torch_models.nomic import NomicEncoder
from coterie.encoders.torch_models.sentence_transformer import SentenceTransformerEncoder
from coterie.encoders.weights import (
    MINILM_HUB,
    find_minilm,
    find_model,
    missing_files,
    read_config,
)
from coterie.errors import EncoderError, OptionError
from coterie.hints import did_you_mean

__all__ = ["KNOWN_ENCODERS", "encoder_folder", "learns_from_texts", "load_encoder"]

_FITTED = "tfidf"
_SHORT = {MINILM_HUB: "minilm", MULTILINGUAL_HUB: "multilingual"}

KNOWN_ENCODERS = (
    "minilm",
    "static",
    "tfidf",
    "multilingual",
    MINILM_HUB,
    MULTILINGUAL_HUB,
    "nomic-ai/nomic-embed-text-v1",
    "mistralai/Mistral-7B-v0.1",
    "meta-llama/Meta-Llama-3-8B",
    "meta-llama/Llama-3.2-3B-Instruct",
)


def load_encoder(
    name: str = "minilm",
    *,
    device: str | None = None,
    token: str | None = None,
    fit_on: Sequence[str] | None = None,
    **options: Any,
) -> Encoder:
    """Load an encoder by its name.

    ========================  =====================================================================
    name                      what it is, and its options
    ========================  =====================================================================
    ``minilm``                all-MiniLM-L6-v2, 384 wide, on the CPU without torch: ``folder``,
                              ``max_length``, ``precision``
    ``static``                token vectors distilled from MiniLM, 256 wide: ``folder`` (teacher)
    ``multilingual``          multilingual-e5-small, 384 wide, some 100 languages, as ``minilm``:
                              ``folder``, ``max_length``, ``precision``, ``prefix``
    ``tfidf``                 TF-IDF and SVD, fitted on ``fit_on``: ``dim``, ``seed``
    a folder or a hub name    by what is in it: BERT or DistilBERT with mean pooling as ``minilm``;
                              Nomic Embed (``task``, ``max_length``); decoders by the mean of their
                              second-to-last hidden layer (``max_length``, ``eight_bit``);
                              model2vec; a saved TF-IDF; anything else of sentence-transformers
                              (``max_length``, ``prefix``)
    ========================  =====================================================================

    Options may also follow the name, as in ``"nomic-ai/nomic-embed-text-v1?task=clustering"`` or
    ``"minilm?max_length=128"``, so that they can be given wherever an encoder is named.

    Parameters
    ----------
    name
        The name. Nothing is fetched unless a hub model is named that this machine does not have.
    device
        Where torch models run: ``"cpu"``, ``"cuda"``; by default the GPU where there is one.
    token
        Hub token for models behind a licence; by default the environment's ``HF_TOKEN``. It is
        used for the download only and kept nowhere.
    fit_on
        Texts for an encoder that learns from the table; the others do not use them.
    **options
        The encoder's own options, see above.

    Raises
    ------
    EncoderError
        When there is no such encoder; the message says where it was looked for.
    IntegrityError
        When the MiniLM weights are not the official ones.
    MissingExtraError
        When its library is not installed.
    OptionError
        When an option is not one of the encoder's.
    """
    asked, (name, named) = name, split_name(name)
    options = {**named, **options}
    if name in ("minilm", MINILM_HUB):
        folder = find_minilm(options.pop("folder", None))
        return _make(FastEncoder, asked, options, folder=folder)
    if name in ("multilingual", MULTILINGUAL_HUB):
        folder = find_multilingual(options.pop("folder", None), token=token)
        options.setdefault("prefix", MULTILINGUAL_PREFIX)
        return _make(FastEncoder, asked, options, folder=folder)
    if name == "static":
        home = distilled(find_minilm(options.pop("folder", None)))
        return _make(StaticEncoder, asked, options, folder=home)
    if learns_from_texts(name):
        if fit_on is None:
            raise OptionError(
                "The encoder tfidf learns from texts: pass them as fit_on, or give the folder of "
                "a saved one."
            )
        return _make(fit_tfidf, asked, options, texts=fit_on)
    return _from_folder(asked, _find(name, token), device, options)


def learns_from_texts(name: str) -> bool:
    """Whether `load_encoder` fits the encoder of that name to ``fit_on``."""
    return plain_name(name) == _FITTED


def encoder_folder(name: str = "minilm", *, token: str | None = None) -> Path:
    """Find the folder of an encoder that has one, by the name that `load_encoder` takes.

    Raises
    ------
    EncoderError
        When there is no such encoder, or it has no folder (``tfidf``, ``static``).
    """
    name, _ = split_name(name)
    if name in ("minilm", MINILM_HUB):
        return find_minilm(None)
    if name in ("multilingual", MULTILINGUAL_HUB):
        return find_multilingual(token=token)
    if name in (_FITTED, "static"):
        raise EncoderError(
            f"The encoder {name} is made from the table or from another encoder and has no folder: "
            "use minilm, a folder, or a hub model."
        )
    return _find(name, token)


def _from_folder(name: str, folder: Path, device: str | None, options: dict[str, Any]) -> Encoder:
    """Choose the encoder by what is in the folder."""
    config = read_config(folder)
    if is_tfidf_folder(folder):
        return _make(TfidfEncoder.load, name, options, folder=folder)
    if config.get("model_type") == "model2vec":
        return _make(StaticEncoder, name, options, folder=folder)
    if missing := missing_files(folder):
        raise EncoderError(
            f"The model in {folder} is not whole, {missing[0]} is missing or cut off: download or "
            "copy it again."
        )
    if can_run(folder) and device in (None, "cpu"):
        return _make(FastEncoder, name, options, folder=folder)
    if config.get("model_type") == "nomic_bert":
        return _make(NomicEncoder, name, options, folder=folder, device=device)
    if is_decoder(config) and not (folder / "modules.json").is_file():
        return _make(DecoderEncoder, name, options, folder=folder, device=device)
    return _make(SentenceTransformerEncoder, name, options, folder=folder, device=device)


def _make(
    kind: Callable[..., Encoder], name: str, options: dict[str, Any], **given: Any
) -> Encoder:
    """Call an encoder's constructor with the options that it has."""
    allowed = inspect.signature(kind).parameters
    if "name" in allowed:
        plain = plain_name(name)
        given["name"] = _SHORT.get(plain, plain) + name.removeprefix(plain)
    free = [option for option in allowed if option not in given]
    for option in options:
        if option not in free:
            hint = did_you_mean(option, free, f"it takes {', '.join(free) or 'none'}.")
            raise OptionError(f"The encoder {name} has no option {option!r}: {hint}")
    return kind(**given, **options)


def _find(name: str, token: str | None) -> Path:
    try:
        return find_model(name, token=token)
    except EncoderError as error:
        if name in KNOWN_ENCODERS:
            raise
        known = did_you_mean(name, KNOWN_ENCODERS, f"known: {', '.join(KNOWN_ENCODERS[:4])}.")
        raise EncoderError(f"{error} ({known})") from None
