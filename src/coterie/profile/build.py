"""From records to their profile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from coterie.encoders import Vectors, judge_readability
from coterie.errors import ColumnError, NoRowsError
from coterie.personal import hiding
from coterie.profile.diversity import Diversity, measure_diversity
from coterie.profile.duplicates import DistinctTexts, exact_duplicates, near_duplicate_summary
from coterie.profile.findings import tell_findings
from coterie.profile.function_words import FUNCTION_WORDS
from coterie.profile.labels import cross_tables, label_columns
from coterie.profile.near import near_duplicates
from coterie.profile.profile import Profile
from coterie.profile.scripts import count_scripts
from coterie.profile.table import set_aside, spread, table_facts, time_span
from coterie.profile.traces import Tally, find_traces
from coterie.profile.words import Tokens, count_words, tokenise
from coterie.progress import current
from coterie.records import Records, Table, require_texts
from coterie.records.compose import as_strings

__all__ = ["profile_records"]

_SPOKEN = 0.05  # share of rows from which a language's function words are left out; a judgement


def profile_records(
    records: Records,
    *,
    table: Table | pd.DataFrame | None = None,
    response: str | None = None,
    near_duplicate_threshold: float = 0.8,
    stop_words: Collection[str] | None = None,
    seed: int = 0,
    show_personal: bool = False,
) -> Profile:
    """Find out what is in a table of texts.

    Parameters
    ----------
    records
        The texts, with labels, time and context where there are any.
    table
        The table that the records come from, for the types, memory and gaps of its columns; when
        None, those of the records' own columns.
    response
        Column of ``records.context`` with the answer to each text, whose diversity is measured
        for every label.
    near_duplicate_threshold
        How alike two texts must be to count as near duplicates, see `near_duplicates`.
    stop_words
        Words to leave out of the lists of words, in lower case; when None, the function words of
        the languages found.
    seed
        Draws the hashes and pairs: the same seed gives the same profile.
    show_personal
        Whether to leave personal data in the examples, which is masked otherwise.

    Returns
    -------
    Profile
        Each distinct text is read once, so time grows linearly with the characters of distinct
        texts, plus ``n log n`` for n rows; memory is that of the texts and about 40 bytes for each
        of their characters.

    Raises
    ------
    NoRowsError
        When there are no records.
    InputError
        When they have no texts.
    ColumnError
        When the response column is not in the records.
    OptionError
        When the threshold is outside 0.3 to 1.
    """
    _check(records, response)
    labels, hide = records.label_texts, hiding(show_personal=show_personal)
    with current().stage("Looking at the texts", 5) as stage:
        distinct = DistinctTexts.of(records.texts, records.shown)
        texts, counts, n = distinct.texts.tolist(), distinct.counts, len(records)
        exact = exact_duplicates(distinct, labels, hide)
        stage.advance()
        tokens = tokenise(texts)
        stage.advance()
        read = judge_readability(_Default(), records.texts.tolist())
        left_out = _function_words(read.languages) if stop_words is None else stop_words
        vocabulary = count_words(tokens, counts, left_out)
        stage.advance()
        traces, scripts = find_traces(texts, counts.tolist(), n), count_scripts(texts, counts)
        stage.advance()
        varied = _diversity(records, response, distinct, tokens, seed)
        stage.advance()
    near = near_duplicates(texts, threshold=near_duplicate_threshold, seed=seed)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    profile = Profile(
        source=records.source,
        rows=n,
        rows_in=records.rows_in,
        table=table_facts(_frame(records) if table is None else table),
        set_aside=set_aside(records),
        exact_duplicates=exact,
        near_duplicates=near_duplicate_summary(distinct, near, labels, hide),
        labels=label_columns(labels),
        cross_tables=cross_tables(labels),
        characters=spread(lengths[distinct.place]),
        words=spread(tokens.lengths[distinct.place]),
        vocabulary=vocabulary,
        diversity=varied,
        scripts=_tallies(scripts, n),
        placeholders=traces.placeholders,
        markup=traces.markup,
        personal_data=traces.personal_data,
        time=time_span(records.time),
        readability=read,
        findings=(),
    )
    return replace(profile, findings=tell_findings(profile))


class _Default:
    """The encoder that is used by default, as far as its languages; nothing is loaded."""

    name, dim, fingerprint = "minilm", 0, ""

    def encode(self, texts: Sequence[str]) -> Vectors:
        raise NotImplementedError


def _check(records: Records, response: str | None) -> None:
    if not len(records):
        raise NoRowsError(f"There is no row with a text in {records.source}: name another column.")
    require_texts(records, "Exploring")
    if response is not None and response not in records.context:
        held = ", ".join(f"'{column}'" for column in records.context) or "there are none"
        raise ColumnError(
            f"The response column '{response}' is not among the context columns ({held}): "
            "name it when the table is read."
        )


def _diversity(
    records: Records, response: str | None, distinct: DistinctTexts, tokens: Tokens, seed: int
) -> tuple[Diversity, ...]:
    """Measure texts, and responses where there are some, by each column of labels."""
    columns = records.label_texts.items()
    measured = [
        measure_diversity("text", by, distinct, tokens, column, seed=seed) for by, column in columns
    ]
    if response is not None:
        cells = as_strings(records.context[response])
        rows = np.flatnonzero([cell is not None and bool(cell.strip()) for cell in cells])
        answers = DistinctTexts.of(cells[rows])
        words = tokenise(answers.texts.tolist())
        measured += [
            measure_diversity(response, by, answers, words, column[rows], seed=seed)
            for by, column in columns
        ]
    return tuple(measured)


def _function_words(languages: Mapping[str, float]) -> frozenset[str]:
    known = {name: share for name, share in languages.items() if name in FUNCTION_WORDS}
    total = sum(known.values())
    spoken = [name for name, share in known.items() if share >= _SPOKEN * total] or ["English"]
    return frozenset().union(*(FUNCTION_WORDS[name] for name in spoken))


def _tallies(rows: Counter[str], total: int) -> tuple[Tally, ...]:
    seen = sum(rows.values())
    return tuple(
        Tally(name, n, round(n * total / seen), n / seen) for name, n in rows.most_common()
    )


def _frame(records: Records) -> pd.DataFrame:
    """Lay the records out as a table."""
    columns: dict[str, Any] = {"id": records.ids, "text": records.shown, **records.label_texts}
    if records.time is not None:
        columns["time"] = records.time
    # the dtype as it is: pandas would make another of str
    own = pd.DataFrame({name: pd.Series(v, dtype=v.dtype) for name, v in columns.items()})
    context = records.context.drop(columns=[*own.columns], errors="ignore")
    return pd.concat([own, context.reset_index(drop=True)], axis=1)
