"""Run the steps of the Dockerfile without Docker, in a folder, and try what comes of it.

``python deploy/try_image_steps.py [FOLDER] [--python /usr/bin/python3.11]``, in an environment with
``coterie[dev]``, and best as root: the service then runs as another user, who can write to its
state alone. It needs the package index, some minutes and 2 GB of disk. `apt-get` and the making of
users are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib.metadata import distributions
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import psutil

ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from benchmarks.install import PERMISSIVE, judge, licence_of  # noqa: E402

USER = 10001
_PLACES = ("/opt/coterie", "/source")  # what the build stage makes outside its own folder


@dataclass(frozen=True)
class Instruction:
    """One instruction of a Dockerfile: its word, its flags and the rest."""

    word: str
    flags: Mapping[str, str]
    rest: str

    @property
    def parts(self) -> list[str]:
        """What it lists: as JSON, or with blanks between."""
        return list(json.loads(self.rest)) if self.rest.startswith("[") else self.rest.split()


@dataclass
class Stage:
    """A stage of a Dockerfile, and what it is made from."""

    base: str
    name: str
    steps: list[Instruction] = field(default_factory=list)

    def all(self, word: str) -> list[Instruction]:
        """Find its instructions of one kind."""
        return [step for step in self.steps if step.word == word]

    def environment(self) -> dict[str, str]:
        """Read its arguments and variables, the later ones over the earlier."""
        pairs = [part for step in self.steps if step.word in ("ARG", "ENV") for part in step.parts]
        return dict(pair.split("=", 1) for pair in pairs)


def read_dockerfile(path: Path = ROOT / "Dockerfile") -> list[Stage]:
    """Read the stages of a Dockerfile; arguments in the names of images are filled in."""
    text = "\n".join(
        line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")
    )
    arguments, stages = dict[str, str](), list[Stage]()
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if not line.strip():
            continue
        word, _, rest = line.strip().partition(" ")
        flags = dict(re.findall(r"--([\w-]+)=(\S+) ", rest))
        step = Instruction(word, flags, re.sub(r"--[\w-]+=\S+ +", "", rest).strip())
        if word == "FROM":
            base, _, name = step.rest.partition(" AS ")
            stages.append(Stage(_filled(base, arguments), name))
        elif stages:
            stages[-1].steps.append(step)
        else:
            arguments |= dict([step.rest.split("=", 1)])
    return stages


def in_context(path: str, ignored: Path = ROOT / ".dockerignore") -> bool:
    """Whether a file goes to the builder: the last pattern that matches it or a folder decides."""
    folders = [str(each) for each in Path(path).parents if str(each) != "."]
    sent = True
    for line in ignored.read_text("utf-8").splitlines():
        pattern = line.strip().removeprefix("!")
        if not pattern or pattern.startswith("#"):
            continue
        pattern = pattern.removeprefix("**/")
        anywhere = "**/" in line
        for each in (path, *folders):
            name = Path(each).name if anywhere else each
            if fnmatchcase(name, pattern) and ("/" not in name or "/" in pattern or anywhere):
                sent = line.strip().startswith("!")
        if pattern == "*":
            sent = False
    return sent


def _filled(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\$\{?(\w+)\}?", lambda found: values.get(found[1], ""), text)


def build(folder: Path, python: str) -> Path:
    """Run the steps of the build stage below a folder; return the environment they make."""
    stage = read_dockerfile()[0]
    tools = folder / "base"
    version = subprocess.run([python, "--version"], capture_output=True, text=True, check=True)
    _say(f"An environment in place of {stage.base}: {version.stdout.strip()}")
    subprocess.run([python, "-m", "venv", tools], check=True)
    env = {n: v for n, v in os.environ.items() if n not in ("PYTHONPATH", "VIRTUAL_ENV")}
    env |= {"PATH": f"{tools / 'bin'}:/usr/bin:/bin"} | stage.environment()
    place = folder
    for step in stage.steps:
        if step.word == "WORKDIR":
            place = Path(_moved(step.rest, folder))
            place.mkdir(parents=True, exist_ok=True)
        elif step.word == "COPY":
            *sources, target = step.parts
            for source in sources:
                _copy(ROOT / source, place / target)
        elif step.word == "RUN":
            _say(f"RUN {step.rest}")
            subprocess.run(["sh", "-c", _moved(step.rest, folder)], cwd=place, env=env, check=True)
    return folder / "opt" / "coterie"


def _copy(source: Path, target: Path) -> None:
    """Copy what the builder would be sent."""
    files = [source] if source.is_file() else [each for each in source.rglob("*") if each.is_file()]
    for each in files:
        name = each.relative_to(ROOT)
        if not in_context(name.as_posix()):
            continue
        into = target / each.relative_to(source) if source.is_dir() else target / source.name
        into.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(each, into)


def _moved(text: str, folder: Path) -> str:
    for place in _PLACES:
        text = text.replace(place, f"{folder}{place}")
    return text


def measure(environment: Path) -> None:
    """Say how much is installed, and that nothing is that should not be."""
    (packages,) = environment.glob("lib/python*/site-packages")
    found = {each.metadata["Name"]: each for each in distributions(path=[str(packages)])}
    unwanted = [name for name in found if re.match(r"(?i)torch|nvidia|triton|sentence", name)]
    assert not unwanted, f"not for the image: {unwanted}"
    kinds = {name: judge(licence_of(each)) for name, each in found.items()}
    files = [each for each in environment.rglob("*") if each.is_file() and not each.is_symlink()]
    sizes = {each: each.stat().st_size for each in files}
    total = sum(sizes.values()) / 1e6
    compiled = sum(size for each, size in sizes.items() if each.suffix == ".pyc") / 1e6
    _say(f"{len(found)} packages, {total:,.0f} MB, {compiled:,.0f} MB of it bytecode; no torch")
    largest = Counter[str]()
    for each, size in sizes.items():
        if packages in each.parents:
            largest[each.relative_to(packages).parts[0]] += size
    top = ", ".join(f"{name} {size / 1e6:,.0f} MB" for name, size in largest.most_common(8))
    _say(f"Largest: {top}")
    others = {name: licence_of(found[name]) for name, kind in kinds.items() if kind != PERMISSIVE}
    _say(f"Licences that are not permissive: {others or 'none'}")


def serve(folder: Path, environment: Path) -> None:
    """Train a model here, and serve it there as the image would."""
    models, state, tmp = folder / "models", folder / "state", folder / "tmp"
    here = [sys.executable, "-m", "coterie"]
    data = folder / "data"
    subprocess.run([*here, "generate", "support", "--out", data], check=True)
    train = ["--text", "text", "--label", "intent", "--model", "linear", "--out", models / "intent"]
    subprocess.run([*here, "train", data / "messages.csv", *train], check=True)
    for each in (state, tmp):
        each.mkdir()
    image = read_dockerfile()[-1]
    values = {n: v for n, v in image.environment().items() if n not in ("EXTRAS", "PATH")}
    env = {"PATH": f"{environment / 'bin'}:/usr/bin:/bin", "TMPDIR": str(tmp), "HOME": str(state)}
    env |= {name: _inside(value, models, state) for name, value in values.items()}
    as_user = _other_user(folder, environment, (models, state, tmp))
    before = _state_of(environment)
    coterie = [*as_user, "sh", str(ROOT / "deploy" / "entrypoint.sh")]
    answers = folder / "state" / "answers.csv"
    rows = (data / "messages.csv").read_text("utf-8").splitlines(keepends=True)[:201]
    (state / "rows.csv").write_text("".join(rows), "utf-8")
    asked = ["predict", models / "intent", state / "rows.csv", "--out", answers]
    started = time.monotonic()
    _run([*coterie, *asked], env, state)
    _say(f"Predicted {len(answers.read_text('utf-8').splitlines()) - 1:,} rows in the image's "
         f"environment, {time.monotonic() - started:.1f} s with its start")  # fmt: skip
    _serve(coterie, image, env, models, state)
    changed = _state_of(environment) ^ before
    assert not changed, f"written in the environment: {sorted(changed)[:5]}"
    _say("Nothing was written but the state and the temporary folder")


def _other_user(folder: Path, environment: Path, own: Sequence[Path]) -> list[str]:
    """Begin of a command that runs as the image's user, where there can be such a user."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        _say("Not root: the service runs as this user")
        return []
    for place in own:
        for each in (place, *place.rglob("*")):
            os.chown(each, USER, USER)
    for each in (folder, *folder.parents):  # let it pass, where the folder is one of ours
        if each.stat().st_uid == os.geteuid() and Path(tempfile.gettempdir()) in each.parents:
            each.chmod(0o755)
    as_user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--no-new-privs"]
    tried = [*as_user, environment / "bin" / "python", "-c", ""]
    if subprocess.run(tried, stderr=subprocess.DEVNULL, check=False).returncode:
        _say("Another user cannot run this Python (name one with --python): runs as root")
        return []
    _say(f"Runs as user {USER}")
    return as_user


def _serve(
    coterie: Sequence[str], image: Stage, env: Mapping[str, str], models: Path, state: Path
) -> None:
    """Start the service with the image's command, ask it, and stop it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    words = [_inside(word, models, state) for word in image.all("CMD")[-1].parts]
    words = [port if word == "8000" else word for word in words]
    refused = subprocess.run(
        [*coterie, *words], env=env, cwd=state, capture_output=True, timeout=60, check=False
    )
    assert refused.returncode == 2, "a service beyond loopback started without a key"
    _say(f"Without a key: {refused.stderr.decode().strip()}")
    keys = {
        scope: _run(
            [*coterie, "serve", "keys", "add", str(state), "--name", scope, "--scope", scope],
            env,
            state,
        ).strip()
        for scope in ("metrics", "predict")
    }
    started = time.monotonic()
    service = subprocess.Popen([*coterie, *words], env=env, cwd=state)
    try:
        check = json.loads(image.all("HEALTHCHECK")[-1].rest.removeprefix("CMD "))
        check[-1] = check[-1].replace("8000", port)
        while subprocess.run(check, env=env, stderr=subprocess.DEVNULL, check=False).returncode:
            assert service.poll() is None, "the service ended"
            assert time.monotonic() - started < 60, "the service is not alive after a minute"
            time.sleep(0.2)
        _say("Alive, by the health check of the image")
        here = f"http://127.0.0.1:{port}"
        assert _status(f"{here}/health/ready") == 401, "readiness was told without a key"
        while _status(f"{here}/health/ready", keys["metrics"]) != 200:
            assert time.monotonic() - started < 60, "the service is not ready after a minute"
            time.sleep(0.2)
        used = sum(psutil.Process(service.pid).cpu_times()[:2])
        _say(f"Ready after {time.monotonic() - started:.1f} s, with {used:.1f} s of a processor")
        asked = json.dumps({"rows": [{"text": f"Where is parcel {n}?"} for n in range(500)]})
        assert _status(f"{here}/v1/classify", keys["metrics"], asked) == 403
        assert _status(f"{here}/v1/classify", keys["predict"], asked) == 200
        status = Path(f"/proc/{service.pid}/status").read_text("utf-8")
        (most,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
        _say(f"500 rows classified; {int(most) / 1024:,.0f} MiB of memory at most")
        stopped = time.monotonic()
        service.send_signal(signal.SIGTERM)
        code = service.wait(15)
        _say(f"Stopped {time.monotonic() - stopped:.1f} s after SIGTERM, exit code {code}")
    finally:
        service.kill()
        service.wait()


def _status(url: str, key: str = "", body: str = "") -> int:
    headers = {"Content-Type": "application/json"} | ({"X-API-Key": key} if key else {})
    try:
        with urlopen(Request(url, body.encode() or None, headers), timeout=60) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code
    except URLError:
        return 0


def _run(command: Sequence[object], env: Mapping[str, str], place: Path) -> str:
    done = subprocess.run(
        list(map(str, command)), env=env, cwd=place, stdout=subprocess.PIPE, check=True
    )
    return done.stdout.decode()


def _inside(text: str, models: Path, state: Path) -> str:
    return re.sub(r"^/models|^/state", lambda at: str({"/models": models}.get(at[0], state)), text)


def _state_of(environment: Path) -> set[tuple[str, int]]:
    return {(str(each), each.lstat().st_mtime_ns) for each in environment.rglob("*")}


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def main() -> None:
    """Build, measure and serve; a folder that was not given is removed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="folder to make and to keep")
    parser.add_argument("--python", default=sys.executable, help="what stands for the image's")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = (asked.folder or Path(made) / "image").resolve()
        folder.mkdir(parents=True)
        environment = build(folder, asked.python)
        measure(environment)
        serve(folder, environment)


if __name__ == "__main__":
    main()
