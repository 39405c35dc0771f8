"""Where originals come from: a folder, the cache, an address; whole, in time, of the published bytes, or not at all."""

import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from engine.data.fetching import SourceFile, cache_folder, download, fetch, find
from engine.errors import InvalidData

BODY = b"a,b\n" + b"1,2\n" * 50_000


class Answers(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        if self.path == "/moved":
            return self._head(302, Location="/file")
        if self.path == "/to-ftp":
            return self._head(302, Location="ftp://127.0.0.1/file")
        if self.path == "/absent":
            return self._head(404)
        if self.path == "/broken":
            self._head(200, **{"Content-Length": str(len(BODY) + 10)})
            self.wfile.write(BODY)
            return None
        if self.path == "/slow":
            self._head(200)
            for _ in range(100):
                self.wfile.write(b"x")
                time.sleep(0.05)
            return None
        length = {} if self.path == "/unsized" else {"Content-Length": str(len(BODY))}
        self._head(200, **length)
        self.wfile.write(BODY)
        return None

    def _head(self, code, **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


@pytest.fixture(scope="module")
def address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.handle_error = lambda *args: None   # a client that hangs up is part of the tests
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("EQUIPOISE_DATA", raising=False)
    monkeypatch.delenv("EQUIPOISE_OFFLINE", raising=False)
    return tmp_path / "equipoise"


def get(file, target, progress=lambda share, words: None, cancelled=lambda: False, seconds=20.0):
    download(file, target, progress, cancelled, schemes=("http", "https"), seconds=seconds)


@pytest.mark.parametrize("path", ["/file", "/moved", "/unsized"])
def test_a_download_arrives_whole(address, tmp_path, path):
    seen, target = [], tmp_path / "new" / "x.csv"
    get(SourceFile("x.csv", address + path, hashlib.sha256(BODY).hexdigest()), target, lambda *step: seen.append(step))
    assert target.read_bytes() == BODY
    assert seen[-1][1] == "0.2 MB received"
    assert seen[-1][0] == (0.0 if path == "/unsized" else 1.0)


@pytest.mark.parametrize(("path", "words"), [
    ("/absent", "answer 404"), ("/to-ftp", "not https"), ("/broken", "broke off|no connection"),
])
def test_what_goes_wrong_is_said_and_leaves_nothing(address, tmp_path, path, words):
    with pytest.raises(InvalidData, match=words) as refusal:
        get(SourceFile("x.csv", address + path), tmp_path / "x.csv")
    assert "EQUIPOISE_DATA" in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


def test_other_bytes_than_the_published_are_not_kept(address, tmp_path):
    with pytest.raises(InvalidData, match="other bytes"):
        get(SourceFile("x.csv", address + "/file", "0" * 64), tmp_path / "x.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["/file", "/unsized"])
def test_size_limit(address, tmp_path, path):
    with pytest.raises(InvalidData, match="more than"):
        get(SourceFile("x.csv", address + path, most_bytes=100_000), tmp_path / "x.csv")
    assert list(tmp_path.iterdir()) == []


def test_time_limit(address, tmp_path):
    with pytest.raises(InvalidData, match="seconds"):
        get(SourceFile("x.csv", address + "/slow"), tmp_path / "x.csv", seconds=0.2)


def test_cancelling(address, tmp_path):
    with pytest.raises(InvalidData, match="stopped"):
        get(SourceFile("x.csv", address + "/file"), tmp_path / "x.csv", cancelled=lambda: True)
    assert list(tmp_path.iterdir()) == []


def test_only_https_by_default(address, cache):
    with pytest.raises(InvalidData, match="not https"):
        fetch(SourceFile("x.csv", address + "/file"), None, lambda *step: None, lambda: False)


def test_no_connection_is_one_sentence(tmp_path):
    with pytest.raises(InvalidData, match="no connection"):
        get(SourceFile("x.csv", "http://127.0.0.1:9/file"), tmp_path / "x.csv")


def test_folder_then_environment_then_cache(cache, monkeypatch, tmp_path):
    file = SourceFile("x.csv")
    folders = [cache, tmp_path / "named", tmp_path / "given"]
    for folder in folders:
        folder.mkdir()
        (folder / "x.csv").write_text(folder.name)
    assert find(file) == cache / "x.csv"
    monkeypatch.setenv("EQUIPOISE_DATA", str(folders[1]))
    assert find(file) == folders[1] / "x.csv"
    assert find(file, folders[2]) == folders[2] / "x.csv"


def test_a_spoilt_cache_is_not_used(cache):
    cache.mkdir()
    (cache / "x.csv").write_bytes(b"spoilt")
    assert find(SourceFile("x.csv", None, "0" * 64)) is None
    assert find(SourceFile("x.csv", None, hashlib.sha256(b"spoilt").hexdigest())) == cache / "x.csv"


def test_offline_says_what_to_do(cache, monkeypatch, address):
    monkeypatch.setenv("EQUIPOISE_OFFLINE", "1")
    with pytest.raises(InvalidData, match=r"EQUIPOISE_OFFLINE is set, put it into the folder"):
        fetch(SourceFile("x.csv", "https://127.0.0.1/x.csv"), None, lambda *step: None, lambda: False)
    with pytest.raises(InvalidData, match="no public address"):
        fetch(SourceFile("x.csv"), None, lambda *step: None, lambda: False)
    assert not cache.exists()


def test_the_cache_is_a_folder_of_ours(cache, monkeypatch):
    assert cache_folder() == cache
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder().name == "equipoise"
