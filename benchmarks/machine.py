"""The machine and its versions, and the measurement of one process."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_LIBRARIES = [
    "coterie",
    "numpy",
    "scikit-learn",
    "graspologic-native",
    "lightgbm",
    "xgboost",
    "xgboost-cpu",
    "catboost",
    "openvino",
    "tokenizers",
    "umap-learn",
    "hdbscan",
    "torch",
    "sentence-transformers",
    "bertopic",
]


@dataclass(frozen=True)
class Finished:
    """A process that succeeded: wall seconds, peak resident MiB, the JSON lines it printed."""

    seconds: float
    peak_mib: float
    lines: list[Any]


def run_process(command: Sequence[str], settings: Mapping[str, str] | None = None) -> Finished:
    """Run a fresh Python with these arguments and measure it from start to end.

    The kernel counts the parent's memory at the start towards the child's peak, so the caller must
    not import numerical libraries.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        env={**os.environ, **(settings or {})},
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with status {process.returncode}")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    return Finished(seconds, usage.ru_maxrss / unit, lines)


def commit() -> str:
    """Name the commit that is measured, and whether the working copy differs from it."""
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip() or "unknown"


def machine() -> dict[str, str]:
    """Describe the processor, its cores and the memory; no names of hosts or people."""
    model, flags = platform.machine(), ""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        facts = dict(
            [part.strip() for part in line.split(":", 1)]
            for line in info.read_text().splitlines()
            if ":" in line
        )
        model, flags = facts.get("model name", model), facts.get("flags", "")
    has = flags.split()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": model,
        "cores": str(os.cpu_count()),
        "AVX-512": "yes" if "avx512f" in has else "no",
        "bf16 in hardware": "yes" if {"avx512_bf16", "amx_bf16"} & set(has) else "no",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
    }


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that the figures depend on."""
    found = {"python": platform.python_version()}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found
