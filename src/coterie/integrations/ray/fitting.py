"""``discover`` and ``index`` of many rows: what all rows make together is made in this process."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from coterie.encoders import load_encoder
from coterie.errors import OptionError
from coterie.files import write_json
from coterie.integrations.ray.folders import ManyRows, do_blocks, write_rows
from coterie.integrations.ray.kept import KeptVectors
from coterie.integrations.ray.parts import MANIFEST, ROWS, Unfinished
from coterie.integrations.ray.sampling import sample_table
from coterie.integrations.ray.source import RowBlocks
from coterie.integrations.ray.verbs import assign_blocks, check_encoder, text_blocks
from coterie.options import (
    DiscoverManyOptions,
    DiscoverOptions,
    EngineSettings,
    IndexManyOptions,
    IndexOptions,
)
from coterie.records import Source
from coterie.search.storage.pruning import check_folder
from coterie.segments import is_segmentation
from coterie.verbs.discovery import FILES, Found, discover_with
from coterie.verbs.saving import OutputFiles
from coterie.verbs.searching import Index, check_new, index_into
from coterie.workflows.discovery.saved import load_discovery
from coterie.workflows.reading import check_reading

__all__ = ["discover_many", "index_many"]

_FILES = OutputFiles("discover", (*FILES.files, MANIFEST, ROWS))
_FOUND = "found.json"  # beside the parts: which rows the groups were found in


def discover_many(
    source: Source, out: str | Path, options: DiscoverManyOptions, *, overwrite: bool = False
) -> tuple[Found, ManyRows]:
    """Find groups in a sample of the rows, and assign each row to one.

    Parameters
    ----------
    source, overwrite
        As for `coterie.integrations.ray.verbs.embed_many`.
    out
        Folder to write: what ``coterie discover`` writes, of the sample, and ``rows`` with the
        columns of `coterie.Found.assignments` for all rows, after ``row``.
    options
        Declared in `coterie.options.DiscoverManyOptions`.

    Raises
    ------
    OptionError
        When rows are to be rolled up, or vectors are given.
    """
    if options.vectors is not None:
        raise OptionError(
            "'vectors' cannot be used with --engine ray (engine='ray'): leave one of them out."
        )
    home = Path(out)
    with _FILES.claim(home, source, options, overwrite=overwrite):
        work = Unfinished(home)
        rows = text_blocks(source, options, work, "Discovering")
        note, digest = work.home / _FOUND, _digest(rows, options)
        if is_segmentation(home) and _noted(note) == digest:
            found = Found(load_discovery(home))
        else:
            table = sample_table(
                source, rows, options.sample, stratify=options.stratify, seed=options.seed
            )
            found = discover_with(table, options.part(DiscoverOptions))
            found.save(home, overwrite=overwrite)
            write_json(note, {"found": digest})
        made = assign_blocks(rows, home, work, options, overwrite=overwrite)
        about = {"verb": "discover", "found_in": len(found.result.rows.ids)}
        return found, write_rows(made, rows, work, about)


def _digest(rows: RowBlocks, options: DiscoverManyOptions) -> str:
    """Hash what the groups depend on."""
    own = set(EngineSettings.model_fields)
    given = {name: value for name, value in options.given().items() if name not in own}
    said = json.dumps({"rows": rows.identity, **given}, sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()


def _noted(note: Path) -> str | None:
    try:
        return str(json.loads(note.read_text("utf-8"))["found"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def index_many(
    source: Source, out: str | Path, options: IndexManyOptions, *, overwrite: bool = False
) -> Index:
    """Make an index whose vectors Ray's workers make.

    The index itself is made by this process, as `coterie.index` makes it, in whose memory the rows
    are then.

    Parameters
    ----------
    source, overwrite
        As for `coterie.integrations.ray.verbs.embed_many`.
    out
        Folder of the index.
    options
        Declared in `coterie.options.IndexManyOptions`.

    Raises
    ------
    OptionError
        When the encoder learns from the texts, or rows are to be rolled up, or vectors are given.
    """
    if options.vectors is not None:
        raise OptionError(
            "'vectors' cannot be used with --engine ray (engine='ray'): leave one of them out."
        )
    check_encoder(options.encoder)
    home = Path(out).resolve()
    check_new(home, overwrite=overwrite)
    check_folder(home)
    work = Unfinished(home.parent, f".{home.name}.unfinished-rows")
    rows = text_blocks(source, options, work, "Indexing")
    encoder = load_encoder(options.encoder, token=options.token)
    check_reading(encoder, rows.some.texts.tolist())
    said = {"encoder": options.encoder, "fingerprint": encoder.fingerprint}
    do_blocks("Embedding", "keep", said, rows, work, options, overwrite=overwrite)
    kept = KeptVectors([work.path(block.number) for block in rows.blocks], encoder.fingerprint)
    made = index_into(source, home, options.part(IndexOptions, cache=kept), overwrite=overwrite)
    work.drop()
    return made
