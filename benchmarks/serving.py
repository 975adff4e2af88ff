"""P7: requests a second of a service, beside FastAPI that calls sentence-transformers itself.

``python -m benchmarks.serving requests REPEATS SECONDS`` prints one JSON line a run, the servers in
turns; ``overload SECONDS`` asks ten times as fast as the service can answer, ``soak MINUTES`` asks
for long and watches the memory. Every text is sent once, so that no cache answers.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil

_CONNECTIONS = 32
_WARM = 3.0  # seconds before anything is counted
_EVERY = 30.0  # seconds between two looks at the memory


def data() -> Path:
    """The folder of the data sets."""
    return Path(os.environ.get("COTERIE_DATA", str(Path(__file__).parents[2] / "shared" / "data")))


@dataclass
class Heard:
    """What came back: seconds of each answer, and statuses."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


class Load:
    """Connections that are kept open and ask one request after the other."""

    def __init__(self, port: int, texts: list[str]) -> None:
        self.port, self.texts, self.number = port, texts, count()
        self.heard, self.stop = Heard(), False

    def body(self) -> bytes:
        """A text that was not sent before."""
        number = next(self.number)
        text = f"{self.texts[number % len(self.texts)]} ({number})"
        asked = {"transcript": text, "include_analysis": False, "include_similar": False}
        return json.dumps(asked).encode()

    async def ask(self, pause: float = 0.0) -> None:
        """Ask on one connection until it is enough; with a pause, at a rate of its own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            while not self.stop:
                body, begun = self.body(), time.perf_counter()
                writer.write(
                    b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                    + f"content-length: {len(body)}\r\n\r\n".encode()
                    + body
                )
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                self.heard.seconds.append(time.perf_counter() - begun)
                self.heard.statuses[int(head.split(b" ", 2)[1])] += 1
                if pause:
                    await asyncio.sleep(pause)
        except (asyncio.IncompleteReadError, OSError):
            self.heard.statuses[0] += 1
        finally:
            writer.close()

    async def run(self, connections: int, seconds: float, pause: float = 0.0) -> float:
        """Ask for so long, after a warm-up; gives the seconds that were counted."""
        tasks = [asyncio.create_task(self.ask(pause)) for _ in range(connections)]
        await asyncio.sleep(_WARM)
        self.heard, begun = Heard(), time.perf_counter()
        await asyncio.sleep(seconds)
        counted, found = time.perf_counter() - begun, self.heard
        self.stop = True
        self.heard = Heard()
        await asyncio.gather(*tasks)
        self.heard = found
        return counted


@contextmanager
def started(command: list[str], port: int, ready: str) -> Iterator[psutil.Process]:
    """Run a server until the end of the block."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
        try:
            until = time.monotonic() + 300
            while not _answers(port, ready):
                if process.poll() is not None or time.monotonic() > until:
                    said.seek(0)
                    raise SystemExit(said.read().decode(errors="replace")[-2000:])
                time.sleep(0.2)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(30)


def _answers(port: int, path: str) -> bool:
    from urllib.error import URLError
    from urllib.request import urlopen

    try:
        return bool(urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).status == 200)
    except (URLError, OSError):
        return False


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def servers(home: Path, *options: str) -> dict[str, tuple[list[str], int, str]]:
    """Command, port and readiness of each server."""
    ports = free_port(), free_port()
    ours = [sys.executable, "-m", "coterie", "serve", str(home / "model"), "--port", str(ports[0])]
    ours += ["--rate", "100000000", "--state", str(home / "state"), *options]
    plain = [sys.executable, "-m", "benchmarks.serving_peer", str(home), str(ports[1])]
    return {
        "coterie": (ours, ports[0], "/health/ready"),
        "FastAPI and sentence-transformers": (plain, ports[1], "/ready"),
    }


def prepare(home: Path) -> list[str]:
    """Train the same kind of model for both, and give the texts to send."""
    import coterie

    train = pd.read_csv(data() / "banking77" / "train.csv")
    model = coterie.train(train, text="text", label="category", model="linear")
    model.save(home / "model")
    head = model.estimator.head_.arrays()
    np.savez(home / "head.npz", **head)
    (home / "classes.json").write_text(json.dumps([str(c) for c in model.estimator.classes_]))
    return [str(text) for text in pd.read_csv(data() / "banking77" / "test.csv")["text"]]


def memory(process: psutil.Process) -> float:
    """MiB of a process and those that it started."""
    found = [process, *process.children(recursive=True)]
    return sum(each.memory_info().rss for each in found) / 2**20


def summary(heard: Heard, seconds: float) -> dict[str, Any]:
    """Figures of a run."""
    times = np.array(heard.seconds) * 1000
    good = heard.statuses[200]
    p50, p99 = np.percentile(times, [50, 99]) if len(times) else (np.nan, np.nan)
    return {
        "requests_per_second": round(good / seconds, 1),
        "p50_ms": round(float(p50), 1),
        "p99_ms": round(float(p99), 1),
        "statuses": {str(k): v for k, v in sorted(heard.statuses.items())},
    }


def requests(repeats: int, seconds: float) -> None:
    """32 connections, the servers in turns."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        texts = prepare(home)
        for repeat in range(repeats):
            for name, (command, port, ready) in servers(home).items():
                with started(command, port, ready) as process:
                    load = Load(port, texts)
                    counted = asyncio.run(load.run(_CONNECTIONS, seconds))
                    said = {"server": name, "repeat": repeat, "memory_mib": round(memory(process))}
                    print(json.dumps({**said, **summary(load.heard, counted)}), flush=True)


def overload(seconds: float) -> None:
    """Ten times as many requests as can be answered."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        texts = prepare(home)
        command, port, ready = servers(home, "--queue", "256")["coterie"]
        with started(command, port, ready) as process:
            load = Load(port, texts)
            counted = asyncio.run(load.run(_CONNECTIONS, seconds))
            usual, before = summary(load.heard, counted), memory(process)
            load = Load(port, texts)
            counted = asyncio.run(load.run(10 * _CONNECTIONS * 10, seconds))
            print(
                json.dumps(
                    {
                        "usual": usual,
                        "overload": summary(load.heard, counted),
                        "connections": 10 * _CONNECTIONS * 10,
                        "memory_before_mib": round(before),
                        "memory_after_mib": round(memory(process)),
                    }
                ),
                flush=True,
            )


def soak(minutes: float) -> None:
    """Ask for long, and look at the memory."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        texts = prepare(home)
        command, port, ready = servers(home)["coterie"]
        with started(command, port, ready) as process:
            load = Load(port, texts)

            async def watch() -> None:
                asking = [asyncio.create_task(load.ask(pause=0.4)) for _ in range(8)]
                begun = time.monotonic()
                while (passed := time.monotonic() - begun) < 60 * minutes:
                    print(
                        json.dumps(
                            {
                                "minutes": round(passed / 60, 2),
                                "memory_mib": round(memory(process), 1),
                                "requests": sum(load.heard.statuses.values()),
                                "wrong": sum(load.heard.statuses.values())
                                - load.heard.statuses[200],
                                "handles": process.num_fds(),
                                "threads": process.num_threads(),
                            }
                        ),
                        flush=True,
                    )
                    load.heard.seconds.clear()
                    await asyncio.sleep(_EVERY)
                load.stop = True
                await asyncio.gather(*asking)

            asyncio.run(watch())


if __name__ == "__main__":
    task, *numbers = sys.argv[1:]
    if task == "requests":
        requests(int(numbers[0]), float(numbers[1]))
    else:
        {"overload": overload, "soak": soak}[task](float(numbers[0]))
