"""Predictions as a file."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from coterie.outputs import claim_file
from coterie.records import check_table_name, write_quarantine, write_table
from coterie.workflows.prediction.predict import JointResult, PredictResult

__all__ = ["claim_predictions", "write_predictions"]


def claim_predictions(
    path: str | Path, *reads: Any, overwrite: bool = False
) -> AbstractContextManager[Path]:
    """Claim the files of predictions before the work, see `coterie.outputs.claim_file`."""
    check_table_name(path)
    aside = _quarantine(Path(path)).name
    return claim_file(path, by="predict", beside=(aside,), inputs=reads, overwrite=overwrite)


def _quarantine(path: Path) -> Path:
    return path.with_name(f"{path.stem}.quarantine.csv")


def write_predictions(
    result: PredictResult | JointResult,
    path: str | Path,
    *,
    id_name: str = "id",
    label_name: str = "label",
) -> tuple[Path, ...]:
    """Write predictions, and rows that were set aside into a file beside them.

    Parameters
    ----------
    result
        See `coterie.workflows.prediction.predict.predict_records` and `predict_jointly`.
    path
        Its ending names the format, see `coterie.records.write_table`; beside it lies another,
        with ``.quarantine.csv`` in place of the ending.
    id_name, label_name
        What the first two columns are called.

    Returns
    -------
    tuple of Path
        The files that were written, the predictions first.

    Raises
    ------
    OptionError
        When no table can be written under that name.
    """
    path, records = Path(path), result.records
    frame = result.frame(id_name=id_name, label_name=label_name)
    if path.suffix.lower() == ".parquet":  # a column is of one type there
        mixed = frame.select_dtypes(object).columns
        frame = frame.assign(**{name: frame[name].astype(str) for name in mixed})
    write_table(frame, path)
    quarantine = _quarantine(path)
    if not len(records.rejects):
        quarantine.unlink(missing_ok=True)
        return (path,)
    write_quarantine(records, quarantine)
    return path, quarantine
