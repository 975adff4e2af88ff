"""Labelled text into a better encoder."""

from coterie.tune.pairs import draw_pairs, epoch_batches
from coterie.tune.split import Split, split_rows
from coterie.tune.triplets import draw_triplets

__all__ = ["Split", "draw_pairs", "draw_triplets", "epoch_batches", "split_rows"]
