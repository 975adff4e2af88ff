"""``coterie.tune``: labelled rows in, a better encoder and the comparison out."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from coterie.encoders import EmbeddingCache, Encoder, encoder_folder
from coterie.errors import OptionError
from coterie.options import TuneOptions
from coterie.records import Records, Source, Table
from coterie.verbs.notebook import summary_html
from coterie.verbs.options import by_name
from coterie.verbs.reading import read_texts
from coterie.verbs.saving import OutputFiles, save_result
from coterie.workflows.tuning.tune import TuneResult, tune_encoder

__all__ = ["FILES", "Tuned", "tune", "tune_into", "tune_with"]

FILES = OutputFiles("tune", TuneResult.files)
"""What ``tune`` writes."""

_STATES = ".training"


class Tuned:
    """A tuned encoder beside its base encoder.

    Parameters
    ----------
    result
        What the workflow found.
    show_personal
        Whether the page shows personal data, which is masked otherwise.
    """

    def __init__(self, result: TuneResult, *, show_personal: bool = False) -> None:
        self.result = result
        self._show_personal = show_personal

    @property
    def encoder(self) -> Encoder:
        """The tuned encoder, ready to embed."""
        return self.result.encoder

    @property
    def figures(self) -> dict[str, Any]:
        """All figures of both encoders, as ``metrics.json`` holds them."""
        return self.result.to_dict()

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the encoder, the files and the page that ``coterie tune`` writes.

        The folder is the encoder: give its path wherever one is asked for. Files that a person made
        or changed are replaced only with ``overwrite``.

        Raises
        ------
        OptionError
            When the folder is that of the base encoder, or a person's work would be lost.
        StoreError
            When it cannot be written to; what was there before is whole.
        """
        from coterie.pages.tuning.page import tune_page

        _keep(self.result.origin, folder)
        result = replace(self.result, name=Path(folder).name)
        page = tune_page(result, show_personal=self._show_personal)
        return save_result(result, page, folder, FILES, overwrite=overwrite)

    def __repr__(self) -> str:
        return self.result.verdict

    def _repr_html_(self) -> str:
        sides = {"base": self.result.base.scores, "tuned": self.result.tuned.scores}
        rows = [
            (name, f"{s.groups:,}", f"{s.ari:z.3f}", f"{s.nmi:z.3f}", f"{s.purity:z.3f}")
            for name, s in sides.items()
        ]
        return summary_html(repr(self), ("encoder", "groups", "ARI", "NMI", "purity"), rows)


def tune_with(table: Source | Table | Records, options: TuneOptions) -> Tuned:
    """Tune an encoder on labelled rows, and compare it with the base encoder.

    Parameters
    ----------
    table
        A pandas, Polars or Arrow table, a path, a URL, or `coterie.Records`.
    options
        Declared in `coterie.options.TuneOptions`.

    Returns
    -------
    Tuned
        ``tuned.encoder``, ``tuned.figures``, ``tuned.save(folder)``. Nothing is written before.

    Raises
    ------
    InputError, ColumnError
        When the table cannot be read, a column is missing, or the labels give nothing to learn
        from or to judge by.
    EncoderError
        When the encoder cannot be tuned.
    MissingExtraError
        When torch is not installed.
    OptionError
        When an option is unknown or not allowed.
    """
    records = read_texts(table, options).records
    result = tune_encoder(records, options, cache=options.cache)
    return Tuned(result, show_personal=options.show_personal)


tune = by_name(tune_with, TuneOptions)


def tune_into(
    records: Records,
    out: str | Path,
    options: TuneOptions,
    *,
    cache: EmbeddingCache | None = None,
    overwrite: bool = False,
) -> tuple[TuneResult, Path]:
    """Tune an encoder into a folder; a run that was interrupted goes on from its last state.

    Returns
    -------
    TuneResult, Path
        What was found, and the page.

    Raises
    ------
    OptionError
        When the folder is that of the base encoder, or a person's work would be lost.
    StoreError
        When it cannot be written to; what was there, and the last state of the training, are
        whole.
    """
    folder = Path(out)
    _keep(encoder_folder(options.encoder, token=options.token), folder)
    with FILES.claim(folder, options, overwrite=overwrite):
        result = tune_encoder(
            records, options, name=folder.name, checkpoints=folder / _STATES, cache=cache
        )
        tuned = Tuned(result, show_personal=options.show_personal)
        page = tuned.save(folder, overwrite=overwrite)
        shutil.rmtree(folder / _STATES, ignore_errors=True)
    return result, page


def _keep(origin: Path, folder: str | Path) -> None:
    """Refuse to write over the base encoder."""
    if Path(folder).resolve() == origin.resolve():
        raise OptionError(f"{folder} is the base encoder: give another folder.")
