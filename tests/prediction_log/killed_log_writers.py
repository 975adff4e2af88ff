"""Kill writers of a log at random moments: ``killed_log_writers.py WHERE KILLS SEED``.

A child opens the log, writes with several threads, and tells which ids it begins to write and which
are acknowledged. It is killed without warning. The next child begins by writing again what was not
acknowledged, as callers do. In the end every acknowledged id must be there, and none twice.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time

from coterie.prediction_log import Entry, Filters, PredictionLog, new_id

THREADS = 4


def work(where: str, told: int, again: list[list[str]]) -> None:
    """Write again and again, telling what is begun and what is acknowledged."""
    log = PredictionLog.open(where, patience=60)

    def tell(what: str, ids: list[str]) -> None:
        os.write(told, (json.dumps([what, ids]) + "\n").encode())

    def write(ids: list[str]) -> None:
        log.write([Entry(id=each, request=ids[0], label=each) for each in ids]).result()
        tell("done", ids)

    def go_on(number: int) -> None:
        for ids in again[number::THREADS]:
            write(ids)
        chance = random.Random(os.getpid() * THREADS + number)
        while True:
            ids = [new_id() for _ in range(chance.randint(1, 3))]
            tell("begun", ids)
            write(ids)

    for number in range(THREADS):
        threading.Thread(target=go_on, args=(number,), daemon=True).start()
    time.sleep(600)


def main(where: str, kills: int, seed: int) -> None:
    """Kill so many writers; print what was seen as JSON."""
    chance = random.Random(seed)
    begun: dict[str, list[str]] = {}
    done: set[str] = set()
    rewritten = 0
    for number in range(kills):
        reads, writes = os.pipe()
        again = [ids for first, ids in begun.items() if first not in done]
        rewritten += len(again)
        child = os.fork()
        if child == 0:
            os.close(reads)
            try:
                work(where, writes, again)
            finally:
                os._exit(1)
        os.close(writes)
        with os.fdopen(reads) as pipe:
            lines = [pipe.readline()] if number % 4 else []  # some die while they open the log
            time.sleep(chance.uniform(0.0, 0.06))
            os.kill(child, signal.SIGKILL)
            lines += pipe.readlines()
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
        for line in lines:
            if line.endswith("\n"):
                what, ids = json.loads(line)
                if what == "begun":
                    begun[ids[0]] = ids
                else:
                    done.update(ids)
    with PredictionLog.open(where) as log:
        there = [each.id for each in log.stream()]
        halves = [ids for ids in begun.values() if len({*ids} & {*there}) not in (0, len(ids))]
        assert log.count(Filters()) == len(there)
    seen = {
        "acknowledged": len(done),
        "lost": len(done - set(there)),
        "twice": len(there) - len(set(there)),
        "unasked": len(set(there) - {each for ids in begun.values() for each in ids}),
        "halves": len(halves),
        "rewritten": rewritten,
    }
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
