"""``score``: one more column, equal to the model's own word, or one line that says why not."""

import csv
import json

import numpy as np
import pytest

from engine.cli import main
from tests import onnx_files as files

TABLE = "x,name\n-1,a\n0,\"b,c\"\n2,=d\n,e\n"
LOGISTIC = {"format": "equipoise-logistic/1", "intercept": 0.25, "numbers": {"x": {"coefficient": 0.5}}}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "t.csv").write_text(TABLE)
    (tmp_path / "m.onnx").write_bytes(files.sigmoid())
    (tmp_path / "m.json").write_text(json.dumps(LOGISTIC))
    return tmp_path


def score(folder, *words, model="m.onnx", data="t.csv"):
    return main(["score", str(folder / data), "--model", str(folder / model), "-o", str(folder / "out.csv"), *words])


def refused(folder, capsys, *words, **named):
    assert score(folder, *words, **named) == 2
    assert not (folder / "out.csv").exists()
    line = capsys.readouterr().err
    assert line.startswith("error: ")
    assert line.count("\n") == 1
    return line


def test_onnx_scores_are_written_after_the_columns(folder, capsys):
    assert score(folder, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert {key: said[key] for key in ("rows", "column", "provider", "unscored")} == {
        "rows": 4, "column": "score", "provider": "CPUExecutionProvider", "unscored": 1}
    assert said["rows_per_second"] > 0
    with (folder / "out.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["x", "name", "score"]
    assert [row[:2] for row in rows[1:]] == [["-1", "a"], ["0", "b,c"], ["2", "=d"], ["", "e"]]
    np.testing.assert_allclose([float(row[2]) for row in rows[1:4]], 1 / (1 + np.exp([1, 0, -2])), atol=1e-6)
    assert rows[4][2] == ""


def test_coefficients_are_written_to_the_last_digit(folder, capsys):
    assert score(folder, "--column", "p", model="m.json") == 0
    assert "1 rows have no score" in capsys.readouterr().out
    with (folder / "out.csv").open(newline="") as file:
        found = [row["p"] for row in csv.DictReader(file)]
    assert [float(cell) for cell in found[:3]] == (1 / (1 + np.exp(-(0.25 + 0.5 * np.array([-1, 0, 2]))))).tolist()


def test_a_mapping_names_columns(folder, capsys):
    (folder / "t.csv").write_text(TABLE.replace("x,", "income,"))
    assert "none of that name, map one to it" in refused(folder, capsys)
    assert score(folder, "--map", "x=income") == 0
    (folder / "out.csv").unlink()
    assert "write INPUT=COLUMN" in refused(folder, capsys, "--map", "income")


@pytest.mark.parametrize(("name", "content", "words"), [
    ("m.joblib", b"x", "python -c"), ("bomb.onnx", files.bomb(), "ConstantOfShape"),
    ("path.onnx", files.external(), "another file"), ("junk.onnx", b"junk", "must be an ONNX model"),
    ("empty.onnx", b"", "0 bytes"), ("m.json", b"{}", "no 'format'"), ("absent.onnx", None, "no such file"),
])
def test_what_is_not_scored_is_said_in_one_line(folder, capsys, name, content, words):
    if content is not None:
        (folder / name).write_bytes(content)
    assert words in refused(folder, capsys, model=name)


def test_a_column_that_is_there_and_the_datas_own_file_are_refused(folder, capsys):
    assert "must be new" in refused(folder, capsys, "--column", "name")
    assert main(["score", str(folder / "t.csv"), "--model", str(folder / "m.onnx"), "-o", str(folder / "t.csv")]) == 2
    assert "another file" in capsys.readouterr().err
    assert (folder / "t.csv").read_text() == TABLE


def test_a_count_table_has_no_rows_to_score(folder, capsys, monkeypatch):
    from engine.cli import score as module

    (folder / "c.parquet").write_bytes(b"PAR1")
    monkeypatch.setattr(module, "is_counts", lambda content: True)
    assert "a count table" in refused(folder, capsys, data="c.parquet")
