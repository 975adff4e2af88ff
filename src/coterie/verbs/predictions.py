"""Predictions as a file."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from coterie.files import replacing
from coterie.outputs import claim_file
from coterie.records import write_csv, write_quarantine
from coterie.workflows.prediction.predict import PredictResult

__all__ = ["claim_predictions", "write_predictions"]


def claim_predictions(
    path: str | Path, *reads: Any, overwrite: bool = False
) -> AbstractContextManager[Path]:
    """Claim the files of predictions before the work, see `coterie.outputs.claim_file`."""
    aside = _quarantine(Path(path)).name
    return claim_file(path, by="predict", beside=(aside,), inputs=reads, overwrite=overwrite)


def _quarantine(path: Path) -> Path:
    return path.with_name(f"{path.stem}.quarantine.csv")


def write_predictions(
    result: PredictResult,
    path: str | Path,
    *,
    id_name: str = "id",
    label_name: str = "label",
) -> tuple[Path, ...]:
    """Write predictions as CSV or Parquet, and rows that were set aside into a file beside them.

    Parameters
    ----------
    result
        See `coterie.workflows.prediction.predict.predict_records`.
    path
        A ``.csv`` or ``.parquet`` file; beside it lies another, with ``.quarantine.csv`` in place
        of the ending.
    id_name, label_name
        What the first two columns are called.

    Returns
    -------
    tuple of Path
        The files that were written, the predictions first.
    """
    path, records = Path(path), result.records
    frame = result.frame(id_name=id_name, label_name=label_name)
    if path.suffix == ".parquet":
        exact = frame.assign(**{name: frame[name].astype(str) for name in frame.columns[:2]})
        with replacing(path) as fresh:
            exact.to_parquet(fresh, index=False)
    else:
        write_csv(frame, path)
    quarantine = _quarantine(path)
    if not len(records.rejects):
        quarantine.unlink(missing_ok=True)
        return (path,)
    write_quarantine(records, quarantine)
    return path, quarantine
