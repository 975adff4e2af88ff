"""Predictions as a file."""

from __future__ import annotations

from pathlib import Path

from coterie.files import replacing
from coterie.records import write_csv, write_quarantine
from coterie.workflows.prediction.predict import PredictResult

__all__ = ["write_predictions"]


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
        A ``.csv`` or ``.parquet`` file; ``quarantine.csv`` lies beside it.
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
    if not len(records.rejects):
        return (path,)
    quarantine = path.with_name("quarantine.csv")
    write_quarantine(records, quarantine)
    return path, quarantine
