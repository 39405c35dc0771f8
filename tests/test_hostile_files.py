"""The tour of hostile files: each ends in one clear sentence or in a correct data set, never in a traceback."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import tarfile
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.data.guessing import guess
from engine.data.ingest import ingest
from engine.data.limits import Limits
from engine.data.quality import inspect
from engine.data.reading import read
from engine.errors import InvalidData
from engine.types import Attribute, Roles

PLAIN = b"sex,paid,score\nF,1,0.9\nM,0,0.2\n"


class Trap:
    """Leaves a mark where it is unpickled."""

    sprung = False

    def __reduce__(self):
        return (setattr, (Trap, "sprung", True))


def zipped(name, content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def tarred():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("x.csv"))
    return out.getvalue()


def saved(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


REFUSED = {
    "empty": (b"", "empty"),
    "blank": (b"\n \n\r\n", "empty"),
    **{f"pickle {protocol}": (pickle.dumps([Trap()], protocol), "pickled") for protocol in range(6)},
    "pickled text": (pickle.dumps({"a": [1, 2], "b": "x"}, 0), "pickled"),
    "zip": (zipped("x.csv", PLAIN), "archives"),
    "zip bomb": (zipped("x.csv", b"a,b\n" + b"1,2\n" * 5_000_000), "archives"),
    "workbook": (zipped("[Content_Types].xml", b"<x/>"), "save the sheet as CSV"),
    "gzip": (gzip.compress(PLAIN), "archives"),
    "bzip2": (bz2.compress(PLAIN), "archives"),
    "xz": (lzma.compress(PLAIN), "archives"),
    "zstd": (b"\x28\xb5\x2f\xfd" + bytes(20), "archives"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(20), "archives"),
    "tar": (tarred(), "archives"),
    "numpy": (saved(np.zeros(3)), "NumPy"),
    "objects in numpy": (saved(np.array([Trap()], dtype=object)), "NumPy"),
    "onnx": (b"\x08\x07\x12\x07skl2onnx\x1a\x051.0\x00:\x10" + bytes(range(32)), "binary"),
    "utf-16": (PLAIN.decode().encode("utf-16"), "UTF-16"),
    "utf-16 without mark": (PLAIN.decode().encode("utf-16-le"), "binary"),
    "html": (b"<!DOCTYPE html><table><tr><td>a, b</td></tr></table>", "HTML"),
    "json": (b'{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n', "JSON"),
    "json list": (b'[{"a": 1, "b": 2}]', "JSON"),
    "letter": (b"Dear all,\nno table here.\nNone, at all, really\nBye\n", "two or more columns"),
    "one column": (b"a\n1\n2\n", "two or more columns"),
    "header alone": (b"a,b,c\n", "no rows"),
    "ragged": (b"a,b\n1,2\n3,4,5\n", "row 3"),
    "one endless line": (b"a" * 3_000_000, "first line"),
    "one endless row": (b"a,b\n1," + b"x" * 3_000_000 + b"\n", "endless"),
    "endless header cell": (b'"' + b"a" * 500_000 + b'",b\n1,2\n', "header|two or more columns"),
    "parquet cut short": (b"PAR1" + b"\x00" * 40, "Parquet"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("name", ["upload.csv", "upload.parquet"])
def test_one_clear_sentence(case, name):
    data, words = REFUSED[case]
    with pytest.raises(InvalidData, match=words) as refusal:
        read(data, name)
    assert len(refusal.value.issues) == 1
    sentence = refusal.value.issues[0].sentence()
    assert "\n" not in sentence
    assert len(sentence) < 300
    assert all((refusal.value.issues[0].what, refusal.value.issues[0].where, refusal.value.issues[0].do))
    assert not Trap.sprung


@pytest.mark.parametrize("name", ["x.pkl", "x.PICKLE", "x.joblib"])
def test_a_pickle_by_its_name(name):
    with pytest.raises(InvalidData, match="pickled"):
        read(PLAIN, name)


def test_a_hundred_thousand_columns_are_refused_before_any_row_is_parsed(monkeypatch):
    monkeypatch.setattr("pyarrow.csv.open_csv", lambda *args, **kwargs: pytest.fail("rows were parsed"))
    header = ",".join(f"c{i}" for i in range(100_000))
    rows = "\n".join(",".join("1" * 100_000) for _ in range(20))
    with pytest.raises(InvalidData, match="100,000 columns, the limit is 2,000"):
        read(f"{header}\n{rows}\n".encode(), "wide.csv")


def test_wide_parquet():
    out = io.BytesIO()
    pq.write_table(pa.table({f"c{i}": [1] for i in range(2_001)}), out)
    with pytest.raises(InvalidData, match="2,001 columns"):
        read(out.getvalue(), "wide.parquet")


def test_parquet_bomb_is_refused_by_its_shape(monkeypatch):
    monkeypatch.setattr("pyarrow.parquet.ParquetFile", lambda *args, **kwargs: pytest.fail("pages were opened"))
    out, rows = io.BytesIO(), 1_000_000
    with pq.ParquetWriter(out, pa.schema([("a", pa.int64()), ("b", pa.int64())]), compression="zstd") as writer:
        zeros = pa.table({"a": np.zeros(rows, dtype=np.int64), "b": np.zeros(rows, dtype=np.int64)})
        for _ in range(6):
            writer.write_table(zeros)
    data = out.getvalue()
    assert len(data) < 100_000
    with pytest.raises(InvalidData, match="6,000,000 rows of 2 columns"):
        read(data, "bomb.parquet")


def test_long_text_repeated_in_parquet_stays_small():
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(1_000_000, dtype=np.int32)), pa.array(["x" * 10_000]))
    out = io.BytesIO()
    pq.write_table(pa.table({"a": column, "b": column}), out)
    table = read(out.getvalue(), "x.parquet")
    assert sum(data.nbytes for data in table.data.values()) < 50_000_000
    assert table.text("a").counts().tolist() == [1_000_000]


HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "![t](http://example.org/x.png)", "[l](javascript:x)",
    "=HYPERLINK(\"http://example.org\")", "+1+1", "@SUM(A1)", "$$\\frac{1}{2}$$", ":material/delete:", "a\u202eb",
    "line\nbreak", "x" * 5_000, "{{7*7}}", "%s%n", "'; DROP TABLE rows; --", "\U0001f600", "a\tb",
]


def quoted(value):
    return '"' + value.replace('"', '""') + '"'


def test_hostile_values_stay_what_they_are():
    rows = [f"{quoted(name)},{i % 2},0.{i + 1}" for i, name in enumerate(HOSTILE * 3)]
    text = "\n".join(["group,paid,score", *rows]).encode()
    data = ingest(read(text, "x.csv"), Roles((Attribute("group"),), label="paid", positive="1", scores=("score",)))
    assert set(data.attribute("group").levels) == {name.strip() for name in HOSTILE}
    assert data.n == 3 * len(HOSTILE)


def test_hostile_column_names_stay_and_sentences_are_plain():
    names = HOSTILE[:10]
    text = ",".join(map(quoted, [*names, "score"])) + "\n" + ",".join(["1"] * len(names) + ["0.5"]) + "\n"
    table = read(text.encode(), HOSTILE[3])
    assert table.columns[:-1] == tuple(names)
    with pytest.raises(InvalidData) as refusal:
        ingest(table, Roles(tuple(Attribute(name, reference="no\u202e\n") for name in names), scores=("score",)))
    for issue in refusal.value.issues:
        assert issue.sentence().isprintable()
    guess(table)


def test_scores_of_nan_and_infinity():
    text = b"g,y,s\n" + b"a,1,nan\na,0,inf\nb,1,-inf\nb,0,0.5\nb,1,NaN\n"
    data = ingest(read(text, "x.csv"), Roles((Attribute("g"),), label="y", positive="1", scores=("s",)))
    np.testing.assert_array_equal(data.score_values(), [np.nan, np.nan, np.nan, 0.5, np.nan])
    assert any("4 of 5" in issue.got for issue in inspect(data))


def test_one_class_groups_and_groups_without_rows():
    rows = "".join(f"{'ab'[i % 2]},{i % 2},{i % 60},0.{i}\n" for i in range(1, 100))
    data = ingest(
        read(f"g,y,age,s\n{rows}".encode(), "x.csv"),
        Roles((Attribute("g"), Attribute("age", "continuous", (30.0, 90.0))), label="y", positive="1", scores=("s",)),
    )
    words = " ".join(issue.sentence() for issue in inspect(data))
    assert "groups with one outcome only, attribute 'g'" in words
    assert "groups without rows, attribute 'age', '>= 90'" in words
    assert data.attribute("age").levels == ("< 30", "30 to < 90", ">= 90")


def test_duplicated_column_names():
    data = ingest(read(b"g,s,s\na,0.1,0.2\nb,0.3,0.4\n", "x.csv"), Roles((Attribute("g"),), scores=("s (2)", "s")))
    assert data.score_values().tolist() == [0.2, 0.4]
    assert data.using("s").score_values().tolist() == [0.1, 0.3]


def test_three_hundred_groups():
    rows = "".join(f"g{i % 300},{i % 7 % 2},0.{i}\n" for i in range(1, 3_001))
    data = ingest(read(f"g,y,s\n{rows}".encode(), "x.csv"),
                  Roles((Attribute("g"),), label="y", positive="1", scores=("s",)))
    assert len(data.attribute("g").levels) == 300
    assert max(len(issue.sentence()) for issue in inspect(data)) < 400


def test_hostile_numbers_in_roles():
    table = read(b"g,y,s\na,1,0.5\nb,0,0.1\n", "x.csv")
    for edges in ((float("nan"),), (float("inf"),), (2.0, 1.0), (1.0, 1.0)):
        with pytest.raises(InvalidData):
            ingest(table, Roles((Attribute("y", "continuous", edges),), scores=("s",)))


def test_random_bytes_never_end_in_a_traceback():
    rng = np.random.default_rng(0)
    prefixes = [b"", b"PAR1", b"a,b\n", b"\xef\xbb\xbf", b"\"", b"a\tb\n1\t"]
    for i in range(300):
        data = prefixes[i % len(prefixes)] + rng.bytes(int(rng.integers(1, 400)))
        try:
            table = read(data, "x", Limits(rows=1_000))
        except InvalidData:
            continue
        for column in table.columns:
            table.text(column)
            table.numbers(column)
        guess(table)


def test_random_printable_text_never_ends_in_a_traceback():
    rng = np.random.default_rng(1)
    signs = np.array(list("ab1.,;\t|\"'\n\r 0e-\u00e9"))
    for _ in range(500):
        data = "".join(rng.choice(signs, int(rng.integers(1, 120)))).encode()
        try:
            table = read(data, "x")
        except InvalidData:
            continue
        json.dumps([table.distinct(column) for column in table.columns])
        guess(table)
