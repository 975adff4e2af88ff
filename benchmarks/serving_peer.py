"""The usual service by hand: FastAPI, sentence-transformers for each request, a linear head."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel


class Asked(BaseModel):
    """One text."""

    transcript: str
    include_analysis: bool = False
    include_similar: bool = False


def make(home: Path) -> FastAPI:
    """Load the encoder and the head once."""
    from sentence_transformers import SentenceTransformer

    from coterie.encoders import encoder_folder

    encoder = SentenceTransformer(str(encoder_folder("minilm")), device="cpu")
    head: dict[str, Any] = dict(np.load(home / "head.npz"))
    classes = json.loads((home / "classes.json").read_text())
    weights, bias = head["weight_0"], head["bias_0"]
    app = FastAPI()

    @app.get("/ready")
    def ready() -> bool:
        return True

    @app.post("/predict")
    def predict(asked: Asked) -> dict[str, Any]:
        vector = encoder.encode([asked.transcript], normalize_embeddings=True)[0]
        scores = vector @ weights + bias
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        best = int(shares.argmax())
        return {
            "outcome": classes[best],
            "probability": float(shares[best]),
            "probabilities": dict(zip(classes, shares.tolist(), strict=True)),
        }

    return app


if __name__ == "__main__":
    uvicorn.run(make(Path(sys.argv[1])), port=int(sys.argv[2]), log_level="error")
