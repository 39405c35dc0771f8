"""Files that could run code are never opened; what is said instead helps."""

import io
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from engine.errors import InvalidData
from engine.scoring import refused


class Evil:
    def __reduce__(self):
        return (open, ("ran", "w"))


def joblib_of(compress):
    buffer = io.BytesIO()
    joblib.dump(Evil(), buffer, compress=compress)
    return buffer.getvalue()


@pytest.mark.parametrize("content", [
    *(pickle.dumps(Evil(), protocol) for protocol in (2, 3, 4, 5)),
    *(joblib_of(how) for how in (0, "zlib", "gzip", "bz2", "xz", ("zlib", 1), ("zlib", 9))),
], ids=str)
def test_a_pickle_is_known_under_any_name_and_not_opened(content, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidData, match="opening a pickle runs whatever code it holds"):
        refused.format_of(content, "model.onnx")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(("file", "content", "kind"), [
    ("m.pkl", b"(lp0\n.", refused.PICKLE), ("m.JOBLIB", b"", refused.PICKLE), ("m.skops", b"PK\x03\x04", refused.SKOPS),
    ("m", b"PK\x03\x04schema.json", refused.SKOPS), ("m", b"PK\x03\x04archive/data.pkl", refused.TORCH),
    ("m.pt", b"PK\x03\x04", refused.TORCH), ("m.onnx", b"PK\x03\x04", refused.ARCHIVE),
    ("m.onnx", b"\x93NUMPY\x01", refused.ARCHIVE), ("m.h5", b"\x89HDF\r\n", refused.OTHER),
    ("m.safetensors", b"{", refused.OTHER), ("model.txt", b"tree\n", refused.OTHER),
])
def test_every_other_kind_is_known(file, content, kind):
    assert refused.kind_of(content, file) is kind
    with pytest.raises(InvalidData):
        refused.format_of(content, file)


def test_what_may_be_opened():
    assert refused.format_of(b'\n{"format": 1}', "m.json") == "json"
    assert refused.format_of(b"\x08\x08:\xec", "m.onnx") == "onnx"
    with pytest.raises(InvalidData, match="0 bytes"):
        refused.format_of(b"", "m.onnx")


def test_a_file_name_cannot_smuggle_a_command():
    (_, command), *_ = refused.commands(refused.PICKLE, "a'); import os; os.system('$(reboot)`id`\"\n.pkl")
    assert not set("$`\n") & set(command.split("joblib.load('")[1].split("')")[0])
    assert command.count('"') == 2


@pytest.mark.slow
@pytest.mark.parametrize(("which", "written", "model"), [
    (0, "model.onnx", LogisticRegression()), (1, "scored.csv", LogisticRegression()),
    (0, "model.onnx", make_pipeline(make_column_transformer((StandardScaler(), ["b", "a"])), LogisticRegression())),
])
def test_the_commands_do_what_they_say(which, written, model, tmp_path):
    pytest.importorskip("skl2onnx")
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"a": rng.normal(size=60), "b": rng.integers(0, 3, 60)})
    fitted = model.fit(rows, rows["a"] > 0)
    joblib.dump(fitted, tmp_path / "my model.joblib")
    rows.to_csv(tmp_path / "TABLE.csv", index=False)
    command = refused.commands(refused.PICKLE, "my model.joblib")[which][1]
    subprocess.run(command.replace("python", sys.executable, 1), shell=True, cwd=tmp_path, check=True)
    truth = fitted.predict_proba(rows)[:, 1]
    if written == "scored.csv":
        found = pd.read_csv(tmp_path / written)["score"].to_numpy()
    else:
        from engine.data.reading import read
        from engine.scoring import scorer

        model = scorer.opened((tmp_path / written).read_bytes(), written, rows.columns)
        found = model.score(read(tmp_path / "TABLE.csv", "t.csv")).values
    np.testing.assert_allclose(found, truth, atol=1e-5)
