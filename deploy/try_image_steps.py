"""Run the steps of the Dockerfile without Docker, in a folder, and try what comes of it.

``python deploy/try_image_steps.py [FOLDER]``, in an environment with ``coterie[dev]``, and best as
root: the service then runs as another user, who can write to its state alone. It needs the
package index, three minutes and 2 GB of disk. `apt-get` and the making of users are left out.
"""

from __future__ import annotations

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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

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


def build(folder: Path) -> Path:
    """Run the steps of the build stage below a folder; return the environment they make."""
    stage = read_dockerfile()[0]
    tools = folder / "base"
    _say(f"An environment in place of {stage.base}: Python {sys.version.split()[0]}")
    subprocess.run([sys.executable, "-m", "venv", tools], check=True)
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
    largest = {
        each.name: sum(size for file, size in sizes.items() if each in file.parents) / 1e6
        for each in packages.iterdir()
        if each.is_dir()
    }
    top = sorted(largest.items(), key=lambda pair: -pair[1])[:8]
    _say("Largest: " + ", ".join(f"{name} {size:,.0f} MB" for name, size in top))
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
    as_user = list[str]()
    if os.geteuid() == 0 and shutil.which("setpriv"):
        for place in (models, state, tmp):
            for each in (place, *place.rglob("*")):
                os.chown(each, USER, USER)
        _open_way(folder)
        as_user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
        as_user += ["--no-new-privs"]
    before = _state_of(environment)
    coterie = [*as_user, "sh", str(ROOT / "deploy" / "entrypoint.sh")]
    answers = folder / "state" / "answers.csv"
    asked = ["predict", models / "intent", data / "messages.csv", "--out", answers]
    started = time.monotonic()
    _run([*coterie, *asked], env, state)
    _say(f"Predicted {len(answers.read_text('utf-8').splitlines()) - 1:,} rows in the image's "
         f"environment, {time.monotonic() - started:.1f} s with its start")  # fmt: skip
    if find_spec("coterie.cli.serve"):
        _serve(coterie, image, env, models, state)
    else:
        _say("There is no coterie serve yet: the service was not started")
    changed = _state_of(environment) ^ before
    assert not changed, f"written in the environment: {sorted(changed)[:5]}"
    _say("Nothing was written but the state and the temporary folder")


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
        [*coterie, *words], env=env, cwd=state, capture_output=True, timeout=60
    )
    assert refused.returncode == 2, "a service beyond loopback started without a key"
    _say(f"Without a key: {refused.stderr.decode().strip()}")
    added = ["serve", "keys", "add", str(state), "--name", "probe", "--scope", "metrics"]
    key = _run([*coterie, *added], env, state).strip()
    started = time.monotonic()
    service = subprocess.Popen([*coterie, *words], env=env, cwd=state)
    try:
        check = json.loads(image.all("HEALTHCHECK")[-1].rest.removeprefix("CMD "))
        check[-1] = check[-1].replace("8000", port)
        while subprocess.run(check, env=env, stderr=subprocess.DEVNULL, check=False).returncode:
            assert service.poll() is None, "the service ended"
            assert time.monotonic() - started < 60, "the service is not alive after a minute"
            time.sleep(0.2)
        _say(f"Alive after {time.monotonic() - started:.1f} s")
        ready = f"http://127.0.0.1:{port}/health/ready"
        assert _status(ready) == 401, "readiness was told without a key"
        while _status(ready, key) != 200:
            assert time.monotonic() - started < 60, "the service is not ready after a minute"
            time.sleep(0.2)
        _say(f"Ready after {time.monotonic() - started:.1f} s")
        stopped = time.monotonic()
        service.send_signal(signal.SIGTERM)
        code = service.wait(15)
        _say(f"Stopped {time.monotonic() - stopped:.1f} s after SIGTERM, exit code {code}")
    finally:
        service.kill()
        service.wait()


def _status(url: str, key: str = "") -> int:
    try:
        with urlopen(Request(url, headers={"X-API-Key": key} if key else {}), timeout=5) as answer:
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


def _open_way(folder: Path) -> None:
    """Let another user pass through the folders above."""
    for each in (folder, *folder.parents):
        if str(each).startswith(tempfile.gettempdir()) and each != Path(tempfile.gettempdir()):
            each.chmod(each.stat().st_mode | 0o055)


def _state_of(environment: Path) -> set[tuple[str, int]]:
    return {(str(each), each.lstat().st_mtime_ns) for each in environment.rglob("*")}


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def main() -> None:
    """Build, measure and serve; a folder that was not given is removed."""
    if len(sys.argv) > 1:
        folder = Path(sys.argv[1]).resolve()
        folder.mkdir(parents=True)
        environment = build(folder)
        measure(environment)
        serve(folder, environment)
        return
    with tempfile.TemporaryDirectory() as made:
        environment = build(Path(made))
        measure(environment)
        serve(Path(made), environment)


if __name__ == "__main__":
    main()
