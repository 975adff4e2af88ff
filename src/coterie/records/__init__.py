"""Who said what: read a table, compose texts, roll up by person, set bad rows aside."""

from coterie.records.export import neutralise, replacing, write_csv, write_quarantine
from coterie.records.model import Records, require_texts
from coterie.records.read import Source, read_records, read_table
from coterie.records.table import Table
from coterie.records.values import infer_types

__all__ = [
    "Records",
    "Source",
    "Table",
    "infer_types",
    "neutralise",
    "read_records",
    "read_table",
    "replacing",
    "require_texts",
    "write_csv",
    "write_quarantine",
]
