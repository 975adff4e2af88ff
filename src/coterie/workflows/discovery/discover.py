"""From records to named groups, compared with labels where there are any."""

from __future__ import annotations

import time
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
from coterie.workflows.dataset import Dataset
from coterie.workflows.discovery.figures import (
    DiscoveryFigures,
    GroupFigures,
    MakingFigures,
    TableFigures,
    versions,
)
from coterie.workflows.discovery.label_agreement import LabelAgreement, agreements
from coterie.workflows.discovery.naming import named
from coterie.workflows.discovery.tables import contingency_table, group_table
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
    """

    rows: StoredRows
    discovery: Discovery
    agreements: Sequence[LabelAgreement]
    figures: DiscoveryFigures
    rejects: pd.DataFrame
    encoder: TfidfEncoder | None = None

    form: ClassVar[int] = DiscoveryFigures.form
    files: ClassVar[Sequence[str]] = (
        "segments.json", "assignments.csv", "rows.parquet", "encoder", "router-*.safetensors",
        "sweep.csv", "groups.csv", "contingency.csv",
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
    ) -> DiscoverResult:
        """Compare the groups with the labels of the rows, and count them."""
        compared = agreements({} if rows.picture is None else rows.picture.labels, discovery)
        groups = GroupFigures.of(discovery, compared)
        figures = DiscoveryFigures(table, groups, making, discovery.segmentation.encoder)
        return cls(rows, discovery, compared, figures, rejects, encoder)

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
        return found if crossed is None else {**found, "contingency.csv": crossed}

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        return self.figures.to_dict()

    def write_parts(self, folder: Path) -> None:
        """Write the segments, the rows and where they went: enough to edit and to assign by."""
        found = self.discovery
        save_folder(folder, found.segmentation, self.rows, found.assignments, self.encoder)


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
    """
    from coterie.segments import find_groups

    if isinstance(dataset, Records):
        dataset = Dataset(dataset)
    options = options or DiscoverOptions()
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
    seconds = {**clock.seconds, **discovery.seconds, "total": clock.total}
    rounded = {stage: round(spent, 3) for stage, spent in seconds.items()}
    making = MakingFigures(
        rounded, options.title, discovery.method, options.seed, versions(), found
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
    fitted = encoder if isinstance(encoder, TfidfEncoder) else None
    table = TableFigures.of(dataset)
    return DiscoverResult.of(rows, discovery, table, making, records.rejects, fitted)


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
