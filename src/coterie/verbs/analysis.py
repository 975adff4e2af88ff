"""One row analysed, as `coterie.verbs.model.Model` and the command ``predict`` do it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from coterie.encoders import EmbeddingCache
from coterie.errors import OptionError
from coterie.options import AnalyseOptions
from coterie.search.schema import Column
from coterie.search.storage.reader import IndexReader
from coterie.workflows.analysis.analyse import analyse
from coterie.workflows.analysis.analysis import Analysis
from coterie.workflows.analysis.model import AnalysedModel
from coterie.workflows.analysis.rules import load_rules
from coterie.workflows.analysis.turns import Transcript, read_transcript
from coterie.workflows.columns import check_values
from coterie.workflows.prediction.explain import as_learnt, reads_text
from coterie.workflows.prediction.predict import context_of
from coterie.workflows.searching.encoder import index_encoder

__all__ = ["analyse_row"]


def analyse_row(
    model: AnalysedModel,
    transcript: str | Transcript | Sequence[Mapping[str, Any]] | None,
    columns: Mapping[str, Any],
    options: AnalyseOptions,
    *,
    known: Sequence[Column] = (),
    cache: EmbeddingCache | None = None,
) -> Analysis:
    """Analyse a conversation and its context, see `coterie.workflows.analysis.analyse.analyse`.

    Parameters
    ----------
    model
        The model.
    transcript
        A text, or a list of turns, of which the beginning is read where the model was trained on
        beginnings; a `Transcript` as it is. None where the model reads no text.
    columns
        Column to value.
    options
        Declared in `coterie.options.AnalyseOptions`.
    known
        What is known of the columns.
    cache
        Where vectors are kept; nowhere when None.

    Raises
    ------
    OptionError
        When a text is missing, or a text stands where the model reads a number.
    """
    started = time.perf_counter()
    if reads_text(model.classifier) and not transcript:
        raise OptionError("This model reads a text: give one with --one TEXT (text=).")
    given = as_learnt(model.classifier, model.schema, columns)
    read = context_of(model.classifier)
    check_values(model.classifier, {n: v for n, v in given.items() if n in read}, read)
    index = None if options.index is None else IndexReader(options.index)
    if not isinstance(transcript, Transcript):
        transcript = read_transcript(transcript or "", model.schema)
    return analyse(
        model,
        transcript,
        given,
        rules=None if options.rules is None else load_rules(options.rules),
        index=index,
        encoder=None if index is None else index_encoder(index.home, index.version),
        settings=options,
        positive=options.positive,
        columns=known,
        cache=cache,
        started=started,
        show_personal=options.show_personal,
    )
