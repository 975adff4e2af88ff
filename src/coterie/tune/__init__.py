"""Labelled text into a better encoder."""

from coterie.tune.decisions import Decided, apply_decisions
from coterie.tune.options import LOSSES, TuneOptions
from coterie.tune.pairs import draw_pairs, epoch_batches
from coterie.tune.split import Split, split_rows
from coterie.tune.suspects import CONFLICT, DISAGREEMENT, Suspects, find_suspects
from coterie.tune.triplets import draw_triplets

__all__ = [
    "CONFLICT",
    "DISAGREEMENT",
    "LOSSES",
    "Decided",
    "Split",
    "Suspects",
    "TuneOptions",
    "apply_decisions",
    "draw_pairs",
    "draw_triplets",
    "epoch_batches",
    "find_suspects",
    "split_rows",
]
