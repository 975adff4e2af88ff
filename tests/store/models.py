"""Small models to save, and all that can be read of them."""

import numpy as np

from coterie.store import open_model, save_model

TREE = "tree\nversion=v4\nnum_class=2\n" + "leaf_value=0.25 -0.25 0.125\n" * 40


def write(number):
    """Write a version whose files all tell its number."""

    def into(draft):
        draft.write_json("settings.json", {"number": number, "words": ["ä", "\ud800", "b"]})
        draft.write_arrays("head.safetensors", {"weights": np.full((4, 3), number, np.float32)})
        draft.write_bytes("model.txt", f"{TREE}number={number}\n".encode())
        draft.write_json("encoder/config.json", {"dim": number})
        draft.write_bytes("encoder/1_Pooling/vocab.txt", b"a\nb\n" * number)

    return into


def save(home, number=1, into=None, **given):
    about = {"kind": "few-shot", "classes": ["yes", "no"], "schema": {"text": "str"}}
    about |= {"metrics": {"accuracy": 0.5 + number / 100}, **given}
    return save_model(home, into or write(number), **about)


def number_of(home, version=None):
    return open_model(home, version).json("settings.json")["number"]


def everything(path, version=None):
    """Read all there is to read of a version."""
    files = open_model(path, version)
    encoder = files.folder("encoder")
    return (
        files.manifest,
        {name: files.bytes(name) for name in files.names},
        files.json("settings.json"),
        files.arrays("head.safetensors")["weights"].tolist(),
        files.within("encoder").json("config.json"),
        {p.relative_to(encoder): p.read_bytes() for p in encoder.rglob("*") if p.is_file()},
    )


def states(findings):
    return {each.file: each.state for each in findings if each.state != "ok"}
