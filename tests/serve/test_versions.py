"""Versions: exchanged under load, damaged ones refused, shared out among customers."""

from __future__ import annotations

import random
import shutil
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from coterie.errors import OptionError
from coterie.serve.answers.served import ServedModels
from coterie.serve.answers.traffic import Roads
from coterie.serve.forms import Traffic, Variant
from coterie.store import activate, open_model
from coterie.workflows.service import load_service

from .conftest import Client, rows, until_ready

TEXTS = rows(30, shift=500)["text"].tolist()


def test_two_hundred_exchanges_under_load_drop_and_mix_nothing(
    client: Client, models: Path, tmp_path: Path
) -> None:
    """Versions 1 to 3 take turns; version 4 is damaged and is asked for 20 times."""
    home = models / "texts"
    _damage(home)  # before the service looks: whole, version 4 was active for a moment
    service = client(batch=8, queue=4096, rate=1_000_000)
    body = {"rows": [{"text": text} for text in TEXTS], "model": "texts"}
    usual = {}
    for version in (1, 2, 3):
        service.post("/models/texts/load", json={"version": version})
        said = service.post("/v1/classify", json={**body, "version": version}).json()
        assert said["model_used"] == f"texts:{version}"
        usual[f"texts:{version}"] = [each["probabilities"] for each in said["predictions"]]
    assert len({str(each) for each in usual.values()}) == 3

    stop, wrong, seen = threading.Event(), [], Counter[str]()

    def load() -> None:
        while not stop.is_set():
            answer = service.post("/v1/classify", json=body)
            if answer.status_code != 200:
                wrong.append(answer.text)
                continue
            said = answer.json()
            seen[said["model_used"]] += 1
            shares = [each["probabilities"] for each in said["predictions"]]
            if shares != usual[said["model_used"]]:
                wrong.append(said["model_used"])

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    damaged = set(random.Random(0).sample(range(200), 20))
    active = 3
    for step in range(200):
        version = 4 if step in damaged else step % 3 + 1
        answer = service.post("/v1/models/texts/activate", json={"version": version})
        if version == 4:
            assert answer.status_code == 409
            assert answer.json()["detail"]
        else:
            assert answer.status_code == 200
            active = version
        assert open_model(home).manifest.version == active
        assert service.post("/v1/classify", json=body).json()["model_used"] == f"texts:{active}"
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:3]
    assert set(seen) == {"texts:1", "texts:2", "texts:3"}


def _damage(home: Path) -> None:
    """Add a fourth version whose numbers are not those that were saved."""
    import coterie

    coterie.train(rows(60), text="text", label="want", model="linear", encoder="tfidf").save(home)
    activate(home, 3)
    file = home / "versions" / "0004" / "arrays.safetensors"
    content = bytearray(file.read_bytes())
    content[-5] ^= 1
    file.chmod(0o644)
    file.write_bytes(content)


def test_what_the_command_line_activates_is_served(client: Client, models: Path) -> None:
    service = client()
    activate(models / "texts", 1)

    def version() -> Any:
        body = {"rows": [{"text": TEXTS[0]}], "model": "texts"}
        return service.post("/v1/classify", json=body).json()["model_used"]

    until_ready(lambda: version() == "texts:1", 10)
    assert service.post("/v1/models/texts/rollback").json() == {
        "name": "texts",
        "version": 3,
        "active": True,
    }
    assert version() == "texts:3"


def test_a_damaged_active_version_is_a_fault_and_the_one_before_goes_on(
    client: Client, models: Path
) -> None:
    service = client()
    home = models / "texts"
    shutil.copy(home / "model.json", home / "kept")
    (home / "model.json").write_text("{", encoding="utf-8")
    until_ready(lambda: service.get("/health").json()["checks"]["models"]["texts"] != "ok", 10)
    body = {"rows": [{"text": TEXTS[0]}], "model": "texts"}
    assert service.post("/v1/classify", json=body).json()["model_used"] == "texts:3"
    assert service.get("/health/ready").status_code == 200
    (home / "kept").replace(home / "model.json")
    until_ready(lambda: service.get("/health").json()["checks"]["models"]["texts"] == "ok", 10)


def test_no_model_is_not_ready_and_says_why(client: Client, models: Path) -> None:
    for path in (models / "texts").rglob("arrays.safetensors"):
        path.chmod(0o644)
        path.write_bytes(b"damaged")
    shutil.rmtree(models / "context")
    service = client(ready=False)
    until_ready(lambda: service.app.service.opened)  # type: ignore[attr-defined]
    for path, method in (("/health/ready", "GET"), ("/predict", "POST")):
        answer = service.request(method, path, json={"transcript": "hello"})
        assert answer.status_code == 503
        assert "arrays.safetensors" in answer.json()["detail"]
        assert int(answer.headers["retry-after"]) >= 1
    assert service.get("/health/live").status_code == 200


def test_a_customer_sees_one_version_and_shares_follow_the_weights(
    models: Path, tmp_path: Path
) -> None:
    from coterie.encoders import MemoryCache

    served = ServedModels(load_service(models).models, vectors=MemoryCache())
    served.open_all()
    roads = Roads(tmp_path / "traffic.json", served)
    variants = [
        Variant(model="texts", version=1, weight=3),
        Variant(model="texts", version=2, weight=1),
    ]
    roads.change(Traffic(variants=variants))
    chosen = {f"c{i}": roads.choose(f"c{i}").label for i in range(2000)}
    shares = Counter(chosen.values())
    assert 1400 < shares["texts:1"] < 1600
    again = Roads(tmp_path / "traffic.json", served)  # another worker, or after a restart
    again.refresh()
    assert {key: again.choose(key).label for key in chosen} == chosen
    variants = [variants[0].model_copy(update={"weight": 2}), variants[1]]
    again.change(Traffic(variants=variants))
    moved = sum(again.choose(key).label != label for key, label in chosen.items())
    assert 100 < moved < 240  # a twelfth: no more than the weights ask for
    with pytest.raises(OptionError, match="textss"):
        again.change(Traffic(variants=[Variant(model="textss")]))
    assert again.traffic.variants == variants


def test_each_row_of_a_request_has_the_version_of_its_customer(client: Client) -> None:
    service = client()
    shares = [{"model": "texts", "version": version} for version in (1, 2)]
    traffic = {"variants": shares, "shadow": [{"model": "texts", "version": 2}]}
    assert service.put("/v1/traffic", json=traffic).status_code == 200
    rows = [{"text": text, "customer_id": f"c{i % 12}"} for i, text in enumerate(TEXTS)]
    rows += [{"text": text} for text in TEXTS[:4]]
    said = service.post("/v1/classify", json={"rows": rows}).json()
    used = [each["model_used"] for each in said["predictions"]]
    assert said["model_used"].split(", ") == list(dict.fromkeys(used))
    assert set(used) == {"texts:1", "texts:2"}
    assert len(set(used[30:])) == 1  # rows of nobody stay together
    for row, each in zip(rows[:30], said["predictions"], strict=False):
        alone = service.post("/v1/classify", json={"rows": [row]}).json()["predictions"][0]
        assert alone["model_used"] == each["model_used"]
        assert alone["probabilities"] == each["probabilities"]

    def logged(role: str) -> list[dict[str, Any]]:
        entries = service.get("/logs", params={"limit": 1000, "role": role}).json()["entries"]
        return [each for each in entries if each["answer_id" if role == "shadow" else "id"] in ours]

    ours = {each["prediction_id"]: each["model_used"] for each in said["predictions"]}
    answered = {each["id"]: f"texts:{each['version']}" for each in logged("answer")}
    assert answered == ours
    # the shadow is asked for what it did not answer itself
    others = {number for number, label in ours.items() if label == "texts:1"}
    until_ready(lambda: {each["answer_id"] for each in logged("shadow")} >= others, 10)
    assert {each["answer_id"] for each in logged("shadow")} == others


def test_shadows_are_asked_and_not_answered(client: Client) -> None:
    service = client()
    traffic = {
        "variants": [{"model": "texts", "version": 3}],
        "shadow": [{"model": "texts", "version": 1}],
    }
    assert service.put("/v1/traffic", json=traffic).status_code == 200
    body = {"rows": [{"text": text} for text in TEXTS[:5]]}
    said = service.post("/v1/classify", json=body).json()
    assert said["model_used"] == "texts:3"

    def shadows() -> list[dict[str, Any]]:
        entries = service.get("/logs").json()["entries"]
        return [each for each in entries if each["role"] == "shadow"]

    until_ready(lambda: len(shadows()) == 5, 10)
    numbers = {each["prediction_id"] for each in said["predictions"]}
    assert {each["version"] for each in shadows()} == {1}
    assert {each["answer_id"] for each in shadows()} == numbers
