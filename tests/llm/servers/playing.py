"""A server on loopback that plays a script, in the wire forms of the three kinds of provider."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

from coterie.llm import Answer, Asker, KeptAnswers, ModelName, Price, Prompt, Question, schema_of
from coterie.llm.hosted import HostedModel


@dataclass(frozen=True)
class Act:
    """What a server does with one request.

    ``text`` is the answer, ``status`` and ``error`` make an error, ``cut`` breaks the connection
    off before the answer, within it, or ends it cleanly where there should be more, ``fails`` is an
    error in the middle, ``held`` answers only when the server stops, and ``raw`` sends the text as
    it is.
    """

    text: str = '{"label": "refund"}'
    thinking: str = ""
    status: int = 200
    error: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    used: tuple[int, int] = (20, 5)
    reason: Literal["stop", "length"] = "stop"
    cut: Literal["", "before", "within", "cleanly"] = ""
    fails: str = ""
    held: bool = False
    raw: bool = False


@dataclass(frozen=True)
class Request:
    """What a server got."""

    host: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def turns(self) -> list[tuple[str, str]]:
        """Role and words of each message, however the provider writes them."""
        system = self.body.get("system")
        found = [("system", _words(system))] if system else []
        return [
            *found,
            *((each["role"], _words(each["content"])) for each in self.body["messages"]),
        ]

    @property
    def asked(self) -> str:
        """The first question."""
        return next(words for role, words in self.turns if role == "user")

    @property
    def everything(self) -> str:
        return json.dumps([self.path, self.headers, self.body], ensure_ascii=False)


Part = Act | Callable[[Request], Act]


class Server:
    """Plays one part for each request in turn, and then the last one for ever."""

    def __init__(self, *script: Part) -> None:
        self.script = script or (Act(),)
        self.requests: list[Request] = []
        self.most_open = 0
        self._open = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        server = self

        class Handler(_Handler):
            playing = server

        self._http = _Quiet(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Refuse connections from now on."""
        if not self._stopped.is_set():
            self._stopped.set()
            self._http.shutdown()
            self._http.server_close()
            self._thread.join()

    def play(self, request: Request) -> Act:
        """Record a request, and decide what to do with it."""
        with self._lock:
            part = self.script[min(len(self.requests), len(self.script) - 1)]
            self.requests.append(request)
            self._open += 1
            self.most_open = max(self.most_open, self._open)
        act = part if isinstance(part, Act) else part(request)
        if act.held:
            self._stopped.wait(30)
        return act

    def played(self) -> None:
        """Count an answer that is about to be sent."""
        with self._lock:
            self._open -= 1


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    playing: Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""

    def do_GET(self) -> None:
        self._any({})

    def do_POST(self) -> None:
        written = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            body = json.loads(written)
        except ValueError:
            body = {"raw": written.decode("latin-1")}
        self._any(body if isinstance(body, dict) else {"raw": body})

    def _any(self, body: dict[str, Any]) -> None:
        self.close_connection = True
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = "/" + self.path.split("/", 3)[3] if "://" in self.path else self.path
        request = Request(headers.get("host", ""), path, headers, body)
        act = self.playing.play(request)
        self.playing.played()
        if act.cut == "before":
            return
        if act.raw:
            self._write(200, act.text.encode(), act.headers)
        elif act.status != 200:
            self._send(act.status, _error(path, act), act.headers)
        elif path == "/api/chat":
            self._ollama(act, body)
        elif path == "/v1/messages":
            self._send(200, _anthropic(act, body), act.headers, cut=act.cut == "within")
        elif path.endswith("/chat/completions"):
            self._send(200, _openai(act), act.headers, cut=act.cut == "within")
        else:
            self._send(200, {}, act.headers)

    def _send(self, status: int, value: Any, headers: dict[str, str], *, cut: bool = False) -> None:
        self._write(status, json.dumps(value).encode(), headers, cut=cut)

    def _write(
        self, status: int, written: bytes, headers: dict[str, str], *, cut: bool = False
    ) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(written)))
        self.send_header("connection", "close")
        for name, told in headers.items():
            self.send_header(name, told)
        self.end_headers()
        self.wfile.write(written[: len(written) // 2] if cut else written)

    def _ollama(self, act: Act, body: dict[str, Any]) -> None:
        if not body.get("stream", True):
            self._send(200, _whole(act, body), act.headers, cut=act.cut == "within")
            return
        self.send_response(200)
        self.send_header("content-type", "application/x-ndjson")
        self.send_header("transfer-encoding", "chunked")
        self.send_header("connection", "close")
        self.end_headers()
        half = len(act.text) // 2
        messages = [{"content": "", "thinking": act.thinking}] if act.thinking else []
        messages += [{"content": act.text[:half]}, {"content": act.text[half:]}]
        for number, message in enumerate(messages, 1):
            if number == len(messages) and act.cut == "within":
                return
            if number == len(messages) and (act.cut or act.fails):
                break
            self._line({"message": {"role": "assistant", **message}, "done": False}, body)
        if act.fails:
            self._line({"error": act.fails})
        elif not act.cut:
            last = _whole(act, body)
            self._line(last | {"message": {"role": "assistant", "content": ""}})
        self.wfile.write(b"0\r\n\r\n")

    def _line(self, value: dict[str, Any], body: dict[str, Any] | None = None) -> None:
        about = {} if body is None else {"model": body["model"], "created_at": _NOW}
        written = json.dumps(about | value).encode() + b"\n"
        self.wfile.write(f"{len(written):x}\r\n".encode() + written + b"\r\n")


_NOW = "2025-11-05T10:00:00.000000Z"


def _whole(act: Act, body: dict[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": act.text}
    if act.thinking:
        message["thinking"] = act.thinking
    return {
        "model": body["model"],
        "created_at": _NOW,
        "message": message,
        "done": True,
        "done_reason": act.reason,
        "total_duration": 5_000_000,
        "load_duration": 1_000_000,
        "prompt_eval_count": act.used[0],
        "prompt_eval_duration": 1_000_000,
        "eval_count": act.used[1],
        "eval_duration": 3_000_000,
    }


def _anthropic(act: Act, body: dict[str, Any]) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    if act.thinking:
        content.append({"type": "thinking", "thinking": act.thinking, "signature": "c2ln"})
    forced = body.get("tool_choice", {}).get("name")
    try:
        data = json.loads(act.text)
    except ValueError:
        data = None
    if forced and isinstance(data, dict):
        content.append({"type": "tool_use", "id": "toolu_1", "name": forced, "input": data})
    else:
        content.append({"type": "text", "text": act.text})
    ends = {"stop": "tool_use" if forced else "end_turn", "length": "max_tokens"}
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": content,
        "stop_reason": ends[act.reason],
        "stop_sequence": None,
        "usage": {"input_tokens": act.used[0], "output_tokens": act.used[1]},
    }


def _openai(act: Act) -> dict[str, Any]:
    message = {"role": "assistant", "content": act.text}
    if act.thinking:
        message["reasoning_content"] = act.thinking
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_762_336_800,
        "model": "small",
        "choices": [{"index": 0, "message": message, "finish_reason": act.reason}],
        "usage": {
            "prompt_tokens": act.used[0],
            "completion_tokens": act.used[1],
            "total_tokens": sum(act.used),
        },
    }


_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}


def _error(path: str, act: Act) -> dict[str, Any]:
    kind, said = _KINDS.get(act.status, "api_error"), act.error or "it did not work"
    if path == "/api/chat":
        return {"error": said}
    if path == "/v1/messages":
        about = {"type": kind, "message": said}
        return {"type": "error", "error": about, "request_id": "req_1"}
    return {"error": {"message": said, "type": kind, "param": None, "code": None}}


def _words(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(each.get("text", "") for each in content)


def nobody() -> str:
    """Give an address where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


# What is asked.


class Label(Answer):
    """A label for a message."""

    label: Literal["refund", "card", "other"]


def question(
    text: str = "Where is my money?",
    check: Callable[[Label], str] = lambda _: "",
    longest: int = 64,
) -> Question[Label]:
    """Ask for the label of a message."""

    def write(hide: Callable[[str], str]) -> Prompt:
        return Prompt("Name its label, in JSON.", hide(text), schema_of(Label), longest)

    return Question(text, write, Label, check)


def questions(count: int) -> list[Question[Label]]:
    return [question(f"message {number}") for number in range(count)]


NAMES = {
    "ollama": "ollama:small?url={url}",
    "anthropic": "anthropic:claude-haiku-4-5?url={url}",
    "openai": "openai:small?url={url}/v1",
}


def hosted(provider: str, url: str, options: str = "", *, timeout: float = 20.0) -> HostedModel:
    """Give the model of a provider behind an address."""
    return HostedModel(ModelName.parse(NAMES[provider].format(url=url) + options), timeout)


@dataclass
class Room:
    """Makes askers, and notes how long they would have slept."""

    kept: KeptAnswers
    slept: list[float] = field(default_factory=list)

    def asker(
        self, model: HostedModel, price: Price | None = None, most: float | None = None
    ) -> Asker:
        return Asker(model, self.kept, price, most=most, sleep=self.slept.append)
