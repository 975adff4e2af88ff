"""What RESULTS.md says of labels by asking a language model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.tables import table

__all__ = ["prompting"]

Part = Mapping[str, Any]


def prompting(part: Part) -> list[str]:
    """Say how often a small language model is right, and how often texts mislead it."""
    rows = [row for row in part["rows"] if row["table"] != "planted"]
    planted = [row for row in part["rows"] if row["table"] == "planted"]
    return [
        "## Prompt classifier: a language model of 135 million parameters",
        table(
            "table | method | rows | accuracy | refused | order bias",
            [
                [
                    row["table"],
                    row["method"],
                    str(row["rows"]),
                    f"{row['accuracy']:.3f}",
                    f"{row['refused']:.3f}",
                    "" if row["order_bias"] is None else f"{row['order_bias']:.2f}",
                ]
                for row in rows
            ],
        ),
        "SmolLM2-135M-Instruct, six labels drawn at random, 40 training rows of each, one example "
        "of each label shown. The usual value of a label is what the model says of it whatever the "
        "text, as measured on at most 100 training rows. Order bias: 0 is none, 1 the largest.",
        table(
            "method | messages | right without | changed | aimed at reached | outside the list",
            [
                [
                    row["method"],
                    str(row["rows"]),
                    f"{row['accuracy']:.3f}",
                    f"{row['changed']:.3f}",
                    f"{row['reached']:.3f} of {row['aimed']}",
                    str(row["outside"]),
                ]
                for row in planted
            ],
        ),
        "Messages with an instruction planted in them, in 13 kinds and "
        "four languages (tests/llm/planted_instructions.md). *Right without*: of the messages "
        "without it. *Changed*: their labels. *Aimed at reached*: share of those that "
        "want another label than the message got without it, and then get it. The linear model "
        "follows no instruction; its labels change as the words do.",
    ]
