"""Scores of models on the data page: trained here, or brought; what is refused, and where bringing is off."""

import json

import joblib
import pytest
from sklearn.linear_model import LogisticRegression

from pages.parts import model_permission
from tests.test_pages import app, click, session, settled, sound

LOGISTIC = {"format": "equipoise-logistic/1", "intercept": 0.2, "numbers": {"debt_ratio": {"coefficient": -1.5}}}


@pytest.fixture
def allowed(monkeypatch):
    monkeypatch.setenv(model_permission.VARIABLE, "1")


def uploader(test):
    [found] = [box for box in test.file_uploader if box.label.startswith("A model")]
    return found


def bring(test, name, content):
    return settled(uploader(test).upload(name, content).run())


def test_bringing_a_model_is_off_where_others_reach_the_server():
    test = sound(app(data="simulated-lending"))
    assert not [box for box in test.file_uploader if box.label.startswith("A model")]
    assert [caption for caption in test.caption if "Model files are not accepted" in caption.value]


@pytest.mark.parametrize(("said", "address", "expected"), [
    ("", None, False), ("", "0.0.0.0", False), ("", "localhost", True), ("", "127.0.0.1", True), ("", "::1", True),
    ("1", "0.0.0.0", True), ("0", "localhost", False),
])
def test_who_may_bring_a_model(said, address, expected, monkeypatch):
    monkeypatch.setenv(model_permission.VARIABLE, said)
    monkeypatch.setattr(model_permission.st, "get_option", lambda name: {"server.address": address}[name])
    assert model_permission.allowed() == expected


def test_a_hosted_server_is_not_alone_though_it_listens_to_its_proxy_only(monkeypatch):
    monkeypatch.setenv("EQUIPOISE_HOSTED", "1")
    monkeypatch.setattr(model_permission.st, "get_option", lambda name: "localhost")
    assert not model_permission.allowed()


def test_a_pickle_is_not_opened_and_the_commands_are_shown(allowed, tmp_path):
    joblib.dump(LogisticRegression(), tmp_path / "m")
    test = sound(bring(app(data="simulated-lending"), "credit.joblib", (tmp_path / "m").read_bytes()))
    assert "was not opened: opening a pickle runs whatever code it holds" in test.error[0].value
    assert ["skl2onnx" in code.value for code in test.code] == [True, False]
    assert all("credit.joblib" in code.value for code in test.code)


def test_coefficients_become_the_score_in_use(allowed):
    test = sound(bring(app(data="simulated-lending"), "m.json", json.dumps(LOGISTIC).encode()))
    click(test, "Score with this model")
    data = sound(test).session_state["equipoise session"].dataset
    assert data.score.startswith("m (logistic ")
    assert next(iter(data.scores)) == "score"
    assert ((data.score_values() > 0) & (data.score_values() < 1)).all()
    assert "run on NumPy" in data.issues[-1].got


def test_a_model_that_was_brought_is_asked_again_by_the_flip_test(allowed):
    model = {**LOGISTIC, "categories": {"sex": {"coefficients": {"female": -0.4, "male": 0.4}}}}
    test = sound(bring(app(data="simulated-lending"), "m.json", json.dumps(model).encode()))
    click(test, "Score with this model")
    data = session(sound(test)).dataset
    assert set(data.attribute("sex").levels) == {"female", "male"}
    places = {attribute.name: place for place, attribute in enumerate(data.attributes)}
    settings = {"section": "flip", "attribute": places["sex"]}
    session(test).settings[("drivers", data.fingerprint)] = settings
    test = sound(test.switch_page("pages/drivers.py").run())
    [box] = [box for box in test.selectbox if box.label == "Model"]
    assert box.value == "brought"
    click(test, "Work it out")
    said = " ".join(text.value for text in sound(test).markdown).replace("\\", "")
    assert f"Decided by {data.score}" in said
    assert "not about" not in said
    [box] = [box for box in test.selectbox if box.label == "Recorded attribute"]
    box.set_value(places["age"]).run()
    [box] = [box for box in sound(test).selectbox if box.label == "Model"]
    assert not [name for name in box.options if name.startswith("your model")]


def test_an_onnx_model_is_looked_into_mapped_and_scored(allowed):
    from tests import onnx_files as files

    test = sound(bring(app(data="simulated-lending"), "m.onnx", files.sigmoid()))
    assert [line for line in test.markdown if "inputs without a column of their name: 1 of 1" in line.value]
    assert next(button for button in test.button if button.label == "Score with this model").disabled
    [column] = [box for box in test.selectbox if box.label == "x: numbers"]
    names = list(column.options)
    settled(column.set_value(names.index("debt_ratio")).run())
    click(test, "Score with this model")
    data = session(sound(test)).dataset
    assert data.score.startswith("m (ONNX ")
    assert "run on CPUExecutionProvider" in data.issues[-1].got


def test_a_hostile_model_leaves_the_app_alive(allowed):
    from tests import onnx_files as files

    test = app(data="simulated-lending")
    for name, content, words in (("bomb", files.bomb(), "ConstantOfShape"), ("path", files.external(), "another file"),
                                 ("loop", files.endless(), "the operator"), ("junk", b"junk", "must be an ONNX model")):
        bring(test, f"{name}.onnx", content)
        assert any(words in box.value.replace("\\", "") for box in sound(test).error), name
    assert session(test).dataset.score == "score"


def test_training_with_the_protected_attributes_is_a_version_of_its_own(allowed):
    test = sound(app(data="simulated-lending"))
    click(test, "Train and score")
    first = session(sound(test)).dataset
    assert first.score == "logistic (cross-fitted)"
    [toggle] = [box for box in test.toggle if box.label.startswith("May use")]
    settled(toggle.set_value(True).run())
    click(test, "Train and score")
    data = session(sound(test)).dataset
    assert data.score == "logistic (cross-fitted, with the protected attributes)"
    assert (data.scores[data.score] != data.scores[first.score]).any()
    assert [line for line in test.markdown if "features, with the protected attributes" in line.value]
    assert [box for box in test.success if "is in use on every page" in box.value]
    assert next(button for button in test.button if button.label == "Train and score").disabled
    settled(toggle_of(test).set_value(False).run())
    assert [line for line in sound(test).caption if "is trained already" in line.value]
    click(test, "Put it in use")
    assert session(sound(test)).dataset.score == first.score
    assert [box for box in test.success if first.score.split(" ")[0] in box.value]


def toggle_of(test):
    return next(box for box in test.toggle if box.label.startswith("May use"))
