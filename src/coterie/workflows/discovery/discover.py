"""From records to named groups, compared with labels where there are any."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import (
    EmbeddingCache,
    Encoder,
    GivenVectors,
    TfidfEncoder,
    load_encoder,
    release,
    row_keys,
)
from coterie.errors import CoterieWarning, LanguageModelError
from coterie.llm import Asker
from coterie.options import DiscoverOptions
from coterie.progress import current
from coterie.records import Records, require_texts
from coterie.segments import (
    Discovery,
    EncoderRef,
    RowPicture,
    Segmentation,
    StoredRows,
    save_folder,
)
from coterie.workflows.asking import make_asker
from coterie.workflows.dataset import Dataset
from coterie.workflows.discovery.figures import (
    DiscoveryFigures,
    GroupFigures,
    MakingFigures,
    TableFigures,
    versions,
)
from coterie.workflows.discovery.label_agreement import LabelAgreement, agreements
from coterie.workflows.discovery.model_names import (
    EXCHANGES,
    NAMES,
    Naming,
    name_by_model,
)
from coterie.workflows.discovery.naming import named
from coterie.workflows.discovery.tables import SIZES, contingency_table, group_table, size_table
from coterie.workflows.reading import check_reading

__all__ = ["DiscoverResult", "discover"]


@dataclass(frozen=True, slots=True, eq=False)
class DiscoverResult:
    """What was found in n records.

    Attributes
    ----------
    rows
        The records, with what a page draws of them.
    discovery
        The groups, named.
    agreements
        One for each label column that has labels.
    figures
        All figures, see `to_dict`.
    rejects
        The rows that were set aside, see `coterie.records.Records`.
    encoder
        The encoder where it learnt from these texts, and is nowhere else; else None.
    naming
        What a language model was asked and said, where the groups were just named by one.
    """

    rows: StoredRows
    discovery: Discovery
    agreements: Sequence[LabelAgreement]
    figures: DiscoveryFigures
    rejects: pd.DataFrame
    encoder: TfidfEncoder | None = None
    naming: Naming | None = None

    form: ClassVar[int] = DiscoveryFigures.form
    files: ClassVar[Sequence[str]] = (
        "segments.json", "assignments.csv", "rows.parquet", "encoder", "router-*.safetensors",
        "sweep.csv", "groups.csv", "contingency.csv", NAMES, EXCHANGES,
        SIZES, "refresh.html", "refresh.json", "refresh-changes.csv", "refresh-rows.csv",
    )  # fmt: skip

    @classmethod
    def of(
        cls,
        rows: StoredRows,
        discovery: Discovery,
        table: TableFigures,
        making: MakingFigures,
        rejects: pd.DataFrame,
        encoder: TfidfEncoder | None,
        naming: Naming | None = None,
    ) -> DiscoverResult:
        """Compare the groups with the labels of the rows, and count them."""
        compared = agreements({} if rows.picture is None else rows.picture.labels, discovery)
        groups = GroupFigures.of(discovery, compared)
        figures = DiscoveryFigures(table, groups, making, discovery.segmentation.encoder)
        return cls(rows, discovery, compared, figures, rejects, encoder, naming)

    @property
    def segmentation(self) -> Segmentation:
        """The groups."""
        return self.discovery.segmentation

    @property
    def has_texts(self) -> bool:
        """Whether the rows have texts, or only vectors."""
        return any(self.rows.texts)

    @property
    def labels(self) -> Mapping[str, npt.NDArray[np.object_]]:
        """The columns of labels, n rows each, None where a row carries none."""
        return {} if self.rows.picture is None else self.rows.picture.labels

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The numbers of groups that were tried, the groups, and their rows of each label."""
        crossed = contingency_table(self.agreements)
        found = {"sweep.csv": self.discovery.sweep, "groups.csv": group_table(self.discovery)}
        if crossed is not None:
            found["contingency.csv"] = crossed
        if self.rows.batches is not None:
            found[SIZES] = size_table(self.discovery, self.rows.batches)
        if self.naming is not None:
            found[NAMES] = self.naming.table
        return found

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        return self.figures.to_dict()

    def write_parts(self, folder: Path) -> None:
        """Write the segments, the rows and where they went: enough to edit and to assign by."""
        found = self.discovery
        save_folder(folder, found.segmentation, self.rows, found.assignments, self.encoder)
        if self.naming is not None:
            self.naming.write_exchanges(folder / EXCHANGES)


def discover(
    dataset: Dataset | Records,
    options: DiscoverOptions | None = None,
    *,
    cache: EmbeddingCache | None = None,
) -> DiscoverResult:
    """Find groups in records, name them, and compare them with labels.

    After an interruption the next run continues, since every batch of vectors is in the cache.

    Parameters
    ----------
    dataset
        Records, or records with the texts that they are embedded by.
    options
        How to discover; the defaults when None.
    cache
        Where vectors are kept; the user's own when None.

    Raises
    ------
    InputError
        When the records have no texts.
    OptionError
        When there are fewer different texts than groups asked for, or no such method.
    EncoderError
        When the encoder cannot be had.
    LanguageModelError
        When the language model that is to name the groups cannot be loaded. One that does not
        answer costs a warning.
    """
    from coterie.segments import find_groups

    if isinstance(dataset, Records):
        dataset = Dataset(dataset)
    options = options or DiscoverOptions()
    asker = None if options.llm is None else make_asker(options.llm, options, cache)
    records, clock = dataset.records, _Clock()
    encoder: Encoder
    found, readable = None, None
    if records.vectors is not None:
        clock.seconds["load"] = 0.0
        encoder = GivenVectors.of(records.vectors)
    else:
        require_texts(records, "Discovering")
        with clock.timing("load"):
            encoder = load_encoder(options.encoder, token=options.token, fit_on=dataset.texts)
        found, readable = check_reading(encoder, records.texts.tolist())
    with clock.timing("embed"):
        part_vectors = dataset.embed_parts(encoder, cache)
        if part_vectors is None:
            vectors = dataset.embed(encoder, cache)
        else:
            vectors = dataset.mean(part_vectors)
        release(encoder)
    discovery = find_groups(
        records.texts.tolist() if records.has_texts else row_keys(vectors),
        vectors,
        encoder=EncoderRef(encoder.name, encoder.fingerprint, encoder.dim, dataset.pooling),
        method=options.method,
        groups=options.groups,
        end=options.end,
        fewest=options.fewest,
        seed=options.seed,
        title=options.title or records.source,
        words=records.has_texts,
        cache=EmbeddingCache() if cache is None else cache,
    )
    if readable is not None:
        doubted = discovery.segmentation.predict(vectors, readable=readable)
        discovery = replace(discovery, assignments=doubted)
    with clock.timing("name"), current().stage("Naming the groups"):
        discovery = named(
            discovery, dataset, vectors, part_vectors, show_personal=options.show_personal
        )
    picture = RowPicture(discovery.layout, discovery.ends, records.label_texts)
    rows = StoredRows(
        records.ids,
        records.texts,
        vectors,
        encoder.fingerprint,
        picture,
        readable,
        records.originals,
        options.show_personal,
    )
    naming = None
    if asker is not None:
        with clock.timing("ask"):
            naming = _asked(discovery.segmentation, rows, options, asker)
    if naming is not None:
        discovery = replace(discovery, segmentation=naming.segmentation)
    seconds = {**clock.seconds, **discovery.seconds, "total": clock.total}
    making = MakingFigures(
        {stage: round(spent, 3) for stage, spent in seconds.items()},
        options.title,
        discovery.method,
        options.seed,
        versions(),
        found,
        None if naming is None else naming.figures.to_dict(),
    )
    fitted = encoder if isinstance(encoder, TfidfEncoder) else None
    table = TableFigures.of(dataset)
    return DiscoverResult.of(rows, discovery, table, making, records.rejects, fitted, naming)


def _asked(
    segmentation: Segmentation, rows: StoredRows, options: DiscoverOptions, asker: Asker
) -> Naming | None:
    """Have a language model name the groups; None where it cannot be reached."""
    try:
        return name_by_model(segmentation, rows, options, asker=asker, seed=options.seed)
    except LanguageModelError as error:
        warnings.warn(
            f"{error} The groups keep their names made of words: name them later with coterie name "
            "(found.name()).",
            CoterieWarning,
            stacklevel=3,
        )
        return None


class _Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self.seconds: dict[str, float] = {}

    @contextmanager
    def timing(self, stage: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.seconds[stage] = time.perf_counter() - begin

    @property
    def total(self) -> float:
        return time.perf_counter() - self._start
