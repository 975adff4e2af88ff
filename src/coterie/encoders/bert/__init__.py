"""The fast BERT: the folder, its tokens, the graph that OpenVINO runs, and the encoder."""

from coterie.encoders.bert.encoder import FastEncoder, can_run
from coterie.encoders.bert.folder import LAYER_NAMES, BertFolder, read_bert_folder, weights_prefix
from coterie.encoders.bert.tokens import TokenIds, Tokeniser, pieces_to_tell

__all__ = [
    "LAYER_NAMES",
    "BertFolder",
    "FastEncoder",
    "TokenIds",
    "Tokeniser",
    "can_run",
    "pieces_to_tell",
    "read_bert_folder",
    "weights_prefix",
]
