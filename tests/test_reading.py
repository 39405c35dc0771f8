"""A file to a table: bytes or path, progress, cancelling, size."""

import hashlib

import pytest

from engine.data.limits import Limits
from engine.data.reading import read
from engine.errors import InvalidData


def test_bytes_and_path_give_the_same(tmp_path):
    data = b"a,b\n1,2\n3,4\n"
    path = tmp_path / "any.txt"
    path.write_bytes(data)
    one, other = read(data, "x"), read(path, "x")
    assert one.sha256 == other.sha256 == hashlib.sha256(data).hexdigest()
    assert one.data["b"].to_pylist() == other.data["b"].to_pylist() == ["2", "4"]


def test_a_path_may_go_away_after_reading(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"a,b\n1,2\n")
    table = read(path, "x")
    path.unlink()
    assert table.numbers("b").values.tolist() == [2.0]


def test_an_absent_path_is_one_sentence(tmp_path):
    with pytest.raises(InvalidData, match="cannot be opened"):
        read(tmp_path / "no.csv", "no.csv")
    with pytest.raises(InvalidData, match="cannot be opened"):
        read(tmp_path, "folder")


def test_an_empty_path(tmp_path):
    path = tmp_path / "x.csv"
    path.touch()
    with pytest.raises(InvalidData, match="empty"):
        read(path, "x")


def test_size_limit(tmp_path):
    data = b"a,b\n" + b"1,2\n" * 1_000
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    for source in (data, path):
        with pytest.raises(InvalidData, match="too large"):
            read(source, "x", Limits(bytes=100))


def test_progress_rises_to_one():
    seen = []
    read(b"a,b\n" + b"10,20\n" * 500_000, "x", progress=lambda share, words: seen.append((share, words)))
    shares = [share for share, _ in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) > 2
    assert seen[-1][1] == "500,000 rows read"


def test_cancelling_stops_the_reading():
    calls = []

    def cancelled():
        calls.append(None)
        return len(calls) > 1

    with pytest.raises(InvalidData, match="stopped"):
        read(b"a,b\n" + b"10,20\n" * 1_000_000, "x", cancelled=cancelled)
    assert len(calls) == 2
