"""Labelled text into a better encoder."""

from coterie.tuning.decisions import Decided, apply_decisions
from coterie.tuning.pairs import draw_pairs, draw_triplets, epoch_batches
from coterie.tuning.split import TrainTestSplit, split_rows
from coterie.tuning.suspects import CONFLICT, DISAGREEMENT, Suspects, find_suspects

__all__ = [
    "CONFLICT",
    "DISAGREEMENT",
    "Decided",
    "Suspects",
    "TrainTestSplit",
    "apply_decisions",
    "draw_pairs",
    "draw_triplets",
    "epoch_batches",
    "find_suspects",
    "split_rows",
]
