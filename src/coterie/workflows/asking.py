"""Who asks the language model of some options, and which saved models may ask a remote one."""

from __future__ import annotations

from collections.abc import Iterable

from coterie.classifiers import Model, PromptClassifier
from coterie.encoders import EmbeddingCache, NoCache
from coterie.errors import OptionError
from coterie.llm import Asker, KeptAnswers, ModelName, NoAnswers, Price, load_model
from coterie.options import AllowedSettings, AskSettings

__all__ = ["connect", "make_asker"]


def make_asker(llm: str, options: AskSettings, cache: EmbeddingCache | None = None) -> Asker:
    """Give who asks a language model, within the limits of some options.

    Parameters
    ----------
    llm
        Its name, see `coterie.llm.load_model`.
    options
        What it may cost and take.
    cache
        Where vectors are kept; answers are kept beside them, or nowhere if vectors are.

    Raises
    ------
    OptionError
        When the name or the price cannot be used.
    LanguageModelError, MissingExtraError
        When the model cannot be loaded.
    """
    name = ModelName.parse(llm)
    model = load_model(name, timeout=options.llm_timeout)
    priced = Price.of(name) if options.llm_price is None else Price.parse(options.llm_price)
    return Asker(model, _kept_beside(cache), priced, most=options.max_cost)


def connect(
    models: Iterable[Model],
    options: AllowedSettings,
    cache: EmbeddingCache | None = None,
) -> list[Asker]:
    """Let prompt classifiers ask, where they ask a model on this machine or one that was named.

    A saved model must not send texts away because its file says so: a remote language model is
    asked only where the user names it again.

    Parameters
    ----------
    models
        Fitted or loaded; others than prompt classifiers are left alone.
    options
        Which remote model may be asked, and what it may cost.
    cache
        Where vectors are kept; answers are kept beside them.

    Returns
    -------
    list of Asker
        One for each prompt classifier.

    Raises
    ------
    OptionError
        When a remote model was not named.
    """
    found = []
    for model in models:
        if not isinstance(model, PromptClassifier):
            continue
        if ModelName.parse(model.llm).remote and model.llm not in options.llm:
            raise OptionError(
                f"This model asks {model.llm}, and the texts would leave this machine: name it "
                f"again with --llm {model.llm} (llm=) to allow that."
            )
        model.asker = make_asker(model.llm, options, cache)
        found.append(model.asker)
    return found


def _kept_beside(cache: EmbeddingCache | None) -> KeptAnswers:
    if isinstance(cache, NoCache):
        return NoAnswers()
    return KeptAnswers(None if cache is None else cache.folder / "answers")
