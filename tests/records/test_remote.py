"""Files of stores and servers that cannot be read: one sentence, and never a fault of ours."""

import http.server
import threading

import fsspec
import pytest

from coterie.errors import InputError, MissingExtraError, UserError
from coterie.records import read_table

CODES = {403: b"AccessDenied", 404: b"NoSuchBucket", 500: b"InternalError"}


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers with the status that the first part of the path names, or with a table."""

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        first = self.path.strip("/").split("/", maxsplit=1)[0]
        code = int(first) if first.isdecimal() else 200
        body = b"<Error><Code>" + CODES.get(code, b"") + b"</Code></Error>"
        body = b"id,text\n1,a\n" if code == 200 else body
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_address[1]}"
        serving.shutdown()
        thread.join()


@pytest.fixture
def amazon(monkeypatch, tmp_path):
    """Credentials and an address that are these tests' own."""
    s3fs = pytest.importorskip("s3fs", reason="needs coterie[s3]")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))

    def aim(address, *, signed=True):
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        if signed:
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
        s3fs.S3FileSystem.clear_instance_cache()

    yield aim
    s3fs.S3FileSystem.clear_instance_cache()


def refused(url, match):
    with pytest.raises(InputError, match=match) as caught:
        read_table(url)
    assert "\n" not in str(caught.value)
    assert url.partition("?")[0] in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_store_without_credentials(amazon, server):
    amazon(server, signed=False)
    refused("s3://bucket/a.csv", "AWS_ACCESS_KEY_ID")


def test_a_store_that_cannot_be_reached(amazon):
    amazon("http://127.0.0.1:1")
    refused("s3://bucket/a.csv", "network")


@pytest.mark.parametrize(
    ("status", "match"), [(404, "no such file"), (403, "credentials"), (500, "500")]
)
def test_a_store_that_refuses(amazon, server, status, match):
    amazon(f"{server}/{status}")
    refused("s3://bucket/a.csv", match)


@pytest.mark.parametrize(
    ("status", "match"),
    [(404, "no such file"), (401, "credentials"), (403, "credentials"), (503, "503")],
)
def test_a_server_that_refuses(server, status, match):
    pytest.importorskip("aiohttp")
    refused(f"{server}/{status}/a.csv?token=hunter2", match)


def test_a_server_that_answers(server):
    pytest.importorskip("aiohttp")
    assert read_table(f"{server}/a.csv").frame["text"].tolist() == ["a"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/a.csv", "ftp://127.0.0.1:1/a.csv"])
def test_a_server_that_is_not_there(url):
    pytest.importorskip("aiohttp")
    refused(url, "network")


def test_errors_of_any_library_are_one_sentence(monkeypatch):
    class StoreTimeoutError(Exception):
        pass

    def fail(*_, **__):
        raise StoreTimeoutError("token=hunter2")

    monkeypatch.setattr(fsspec, "open", fail)
    refused("memory://shop/a.csv?token=hunter2", "in time")


@pytest.mark.parametrize("url", ["s3://", "http://", "memory://", "file:///"])
def test_addresses_without_a_file_are_one_sentence(url, amazon):
    amazon("http://127.0.0.1:1")
    with pytest.raises(UserError) as caught:
        read_table(url)
    assert "\n" not in str(caught.value)


def test_a_missing_library_is_named(monkeypatch):
    def fail(*_, **__):
        raise ImportError("Please install gcsfs to access Google Storage")

    monkeypatch.setattr(fsspec, "open", fail)
    with pytest.raises(MissingExtraError, match="pip install gcsfs"):
        read_table("gs://bucket/a.csv")
