"""Who said what: read a table, compose texts, roll up by person, set bad rows aside."""

from coterie.records.concepts import (
    CONCEPTS,
    ConceptTable,
    add_concepts,
    find_separator,
    read_concepts,
    split_concepts,
    with_concepts,
)
from coterie.records.context import looks_like_id, usual_context
from coterie.records.export import (
    check_table_name,
    neutralise,
    restore,
    write_csv,
    write_quarantine,
    write_rejects,
    write_table,
)
from coterie.records.model import SET_ASIDE, Records, SourceRows, require_texts, texts_of
from coterie.records.numbers import infer_types, read_numbers
from coterie.records.reading import Reading, open_source, read_records, read_source
from coterie.records.settled import Settled
from coterie.records.sources import Source, read_table
from coterie.records.table import Table, rejects_frame
from coterie.records.vectors import RowVectors, VectorOrigin

__all__ = [
    "CONCEPTS",
    "SET_ASIDE",
    "ConceptTable",
    "Reading",
    "Records",
    "RowVectors",
    "Settled",
    "Source",
    "SourceRows",
    "Table",
    "VectorOrigin",
    "add_concepts",
    "check_table_name",
    "find_separator",
    "infer_types",
    "looks_like_id",
    "neutralise",
    "open_source",
    "read_concepts",
    "read_numbers",
    "read_records",
    "read_source",
    "read_table",
    "rejects_frame",
    "require_texts",
    "restore",
    "split_concepts",
    "texts_of",
    "usual_context",
    "with_concepts",
    "write_csv",
    "write_quarantine",
    "write_rejects",
    "write_table",
]
