"""ONNX models against the scikit-learn pipelines that they were made from; which column feeds which input."""

import json

import numpy as np
import pandas as pd
import pytest

from engine import backend
from engine.data.reading import read
from engine.errors import InvalidData
from engine.scoring import onnx, sandbox, schema
from engine.scoring.sandbox import Bounds
from engine.scoring.schema import Input
from tests import onnx_files as files

skl2onnx = pytest.importorskip("skl2onnx")
WHERE = "model 'm.onnx'"


def frame(n=3_000, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"age": rng.normal(40, 12, n).round(2), "priors": rng.integers(0, 9, n) * 1.0,
                         "sex": rng.choice(["F", "M", "X"], n), "housing": rng.choice(["own", "rent"], n)})


def pipeline(rows):
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    encode = make_column_transformer((numbers, ["age", "priors"]),
                                     (OneHotEncoder(handle_unknown="ignore"), ["sex", "housing"]))
    chance = 1 / (1 + np.exp(0.05 * (rows["age"] - 40) - rows["priors"] / 4))
    label = np.random.default_rng(1).random(len(rows)) < chance
    return make_pipeline(encode, LogisticRegression()).fit(rows, label)


def exported(fitted, rows, zipmap=False):
    narrow = rows.head(1).astype(dict.fromkeys(rows.select_dtypes("number"), "float32"))
    return skl2onnx.to_onnx(fitted, narrow, options={"zipmap": zipmap}).SerializeToString()


def table_of(rows):
    return read(rows.to_csv(index=False).encode(), "t.csv")


@pytest.fixture(scope="module")
def made():
    rows = frame()
    fitted = pipeline(rows)
    return rows, fitted, exported(fitted, rows)


@pytest.mark.parametrize("zipmap", [False, True])
def test_round_trip_of_a_pipeline(made, zipmap):
    rows, fitted, _ = made
    model = onnx.opened(exported(fitted, rows, zipmap), "m.onnx", rows.columns)
    seen = []
    found = model.score(table_of(rows), lambda share, words: seen.append(share), bounds=Bounds(rows=1_024))
    np.testing.assert_allclose(found.values, fitted.predict_proba(rows)[:, 1], atol=1e-5)
    assert found.provider == model.provider == "CPUExecutionProvider"
    assert (found.unscored, len(seen)) == (0, 3)


@pytest.mark.slow
def test_round_trip_on_half_a_million_rows(made):
    _, fitted, content = made
    rows = frame(500_000, seed=2)
    found = onnx.opened(content, "m.onnx", rows.columns).score(table_of(rows))
    assert np.abs(found.values - fitted.predict_proba(rows)[:, 1]).max() < 1e-5


def test_missing_and_unknown_values_go_through_as_the_model_knows_them(made):
    rows, fitted, content = made
    rows = rows.head(40).copy()
    rows.loc[::3, "age"] = np.nan
    rows.loc[1::3, "sex"] = "never seen"
    found = onnx.opened(content, "m.onnx", rows.columns).score(table_of(rows))
    np.testing.assert_allclose(found.values, fitted.predict_proba(rows)[:, 1], atol=1e-5)


def test_forest_and_boosting_agree_too():
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier

    rows = frame()[["age", "priors"]]
    narrow = rows.to_numpy("float32")
    for model in (RandomForestClassifier(20, max_depth=6, random_state=0), GradientBoostingClassifier(n_estimators=20)):
        fitted = model.fit(narrow, rows["age"] > 40)
        content = skl2onnx.to_onnx(fitted, narrow[:1], options={"zipmap": False}).SerializeToString()
        found = onnx.opened(content, "m.onnx", rows.columns, {"X": ("age", "priors")}).score(table_of(rows))
        np.testing.assert_allclose(found.values, fitted.predict_proba(narrow)[:, 1], atol=1e-5)


def test_a_model_of_one_array_takes_its_columns_by_metadata_or_by_word():
    from skl2onnx.common.data_types import FloatTensorType
    from sklearn.linear_model import LogisticRegression

    rows = frame()[["age", "priors"]]
    fitted = LogisticRegression().fit(rows.to_numpy(), rows["age"] > 42)
    built = skl2onnx.convert_sklearn(fitted, initial_types=[("x", FloatTensorType([None, 2]))],
                                     options={"zipmap": False})
    truth = fitted.predict_proba(rows.to_numpy())[:, 1]
    with pytest.raises(InvalidData, match="map 2 columns, in the order of training"):
        onnx.opened(built.SerializeToString(), "m.onnx", rows.columns)
    by_word = onnx.opened(built.SerializeToString(), "m.onnx", rows.columns, {"x": ("age", "priors")})
    np.testing.assert_allclose(by_word.score(table_of(rows)).values, truth, atol=1e-5)
    for said in (["age", "priors"], {"x": ["age", "priors"]}):
        del built.metadata_props[:]
        built.metadata_props.add(key="columns", value=json.dumps(said))
        model = onnx.opened(built.SerializeToString(), "m.onnx", rows.columns)
        np.testing.assert_allclose(model.score(table_of(rows)).values, truth, atol=1e-5)
    swapped = onnx.opened(built.SerializeToString(), "m.onnx", rows.columns, {"x": ("priors", "age")})
    assert swapped.name != model.name


def test_the_name_of_a_score_tells_models_apart(made):
    rows, _, content = made
    model = onnx.opened(content, "dir/credit.onnx", rows.columns)
    assert model.name.startswith("credit (ONNX ")
    assert onnx.opened(files.sigmoid(), "credit.onnx", ["x"]).name != model.name
    assert model.columns == ("age", "priors", "sex", "housing")


def test_a_wrong_schema_is_refused_with_every_missing_column(made):
    _, _, content = made
    with pytest.raises(InvalidData) as refused:
        onnx.opened(content, "m.onnx", ["age", "gender", "flat"])
    said = [issue.sentence() for issue in refused.value.issues]
    assert len(said) == 3
    assert said[0] == ("every input of the model needs its column, input 'priors' of model 'm.onnx', none of that "
                       "name, map one to it")


def test_a_column_that_holds_something_else_is_refused(made):
    rows, _, content = made
    model = onnx.opened(content, "m.onnx", rows.columns)
    with pytest.raises(InvalidData, match="takes numbers, input 'age', column 'age', 'old', choose another column"):
        model.score(table_of(rows.astype({"age": object}).replace({"age": {rows["age"][0]: "old"}})))


def test_names_are_matched_without_case_and_signs():
    inputs = (Input("Hours_per_week", "tensor(float)"),)
    assert schema.mapped(inputs, ["hours-per-week", "x"], {}, WHERE) == {"Hours_per_week": ("hours-per-week",)}
    with pytest.raises(InvalidData, match="none of that name"):
        schema.mapped(inputs, ["hours-per-week", "hours per week"], {}, WHERE)
    with pytest.raises(InvalidData, match="only inputs of the model"):
        schema.mapped(inputs, ["x"], {"y": ("x",)}, WHERE)
    with pytest.raises(InvalidData, match="no column 'z'"):
        schema.mapped(inputs, ["x"], {"Hours_per_week": ("z",)}, WHERE)
    with pytest.raises(InvalidData, match="2 for 1"):
        schema.mapped(inputs, ["x", "y"], {"Hours_per_week": ("x", "y")}, WHERE)


@pytest.mark.parametrize(("kind", "cells", "got"), [
    ("tensor(int64)", "1,2.5", "2.5"), ("tensor(int64)", "1,", "missing values"), ("tensor(bool)", "1,2", "2"),
    ("tensor(float)", "1,two", "'two'"), ("tensor(int64)", "1,1e20", r"1e\+20"),
])
def test_what_an_input_cannot_take(kind, cells, got):
    table = read(("x,y\n" + "\n".join(f"{cell},1" for cell in cells.split(","))).encode(), "t.csv")
    with pytest.raises(InvalidData, match=got):
        schema.read_columns(table, (Input("x", kind),), {"x": ("x",)})


@pytest.mark.parametrize("kind", ["FLOAT", "DOUBLE", "INT64", "INT32", "BOOL"])
def test_every_type_of_number_arrives(kind):
    element = getattr(files.onnx.TensorProto, kind)
    nodes = [files.MAKE.make_node("Cast", ["x"], ["score"], to=files.F)]
    model = onnx.opened(files.model(nodes, inputs=(("x", element, [None]),), outputs=(("score", files.F, [None]),)),
                        "m.onnx", ["x"])
    assert model.score(read(b"x,y\n1,a\n0,b\n", "t.csv")).values.tolist() == [1.0, 0.0]


def test_texts_arrive_with_the_missing_one_empty():
    nodes = [files.MAKE.make_node("LabelEncoder", ["x"], ["score"], domain="ai.onnx.ml", default_float=-1.0,
                                  keys_strings=["a", "b", ""], values_floats=[1.0, 2.0, 3.0])]
    content = files.model(nodes, inputs=(("x", files.onnx.TensorProto.STRING, [None, 1]),), domains=("ai.onnx.ml",))
    content = content.replace(b"ai.onnx.ml\x10\x01", b"ai.onnx.ml\x10\x02")   # its version 2 knows floats
    table = read("x,y\nb,1\n,2\na,3\nü,4\nb,5\n".encode(), "t.csv")
    found = onnx.opened(content, "m.onnx", ["x", "y"]).score(table, bounds=Bounds(rows=2))
    assert found.values.tolist() == [2.0, 3.0, 1.0, -1.0, 2.0]


def test_an_input_of_a_fixed_number_of_rows_is_refused():
    with pytest.raises(InvalidData, match="open first dimension"):
        onnx.opened(files.sigmoid(inputs=(("x", files.F, [1, 1]),)), "m.onnx", ["x"])


def test_a_visitor_can_stop_between_batches(made):
    rows, _, content = made
    calls = iter([False, False, True, True, True])
    model = onnx.opened(content, "m.onnx", rows.columns)
    with pytest.raises(InvalidData, match="stopped"):
        model.score(table_of(rows), cancelled=lambda: next(calls, True), bounds=Bounds(rows=64))


def test_scoring_asks_the_backend_for_its_providers(monkeypatch):
    asked = []
    monkeypatch.setattr(backend, "onnx_providers", lambda: asked.append(1) or ("CUDAExecutionProvider",
                                                                               "CPUExecutionProvider"))
    model = onnx.opened(files.sigmoid(), "m.onnx", ["x"])
    assert model.score(read(b"x,y\n0,1\n", "t.csv")).provider == "CPUExecutionProvider"   # asked for more, said so
    assert len(asked) == 2


def test_without_onnx_runtime_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(sandbox, "find_spec", lambda name: None)
    with pytest.raises(InvalidData, match="pip install onnxruntime"):
        onnx.opened(files.sigmoid(), "m.onnx", ["x"])
