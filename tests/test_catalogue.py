"""The catalogue: checked numbers of every data set, its roles, its card."""

import numpy as np
import pytest

from engine.data.catalogue import CATALOGUE, card, load, open_table
from engine.errors import InvalidData


def by_group(data, attribute, values=None):
    found = data.attribute(attribute)
    counts = np.bincount(found.codes, values, minlength=len(found.levels))
    return dict(zip(found.levels, counts.astype(int).tolist(), strict=True))


def test_keys():
    assert list(CATALOGUE) == [
        "simulated-lending", "compas", "adult", "german", "law-school", "bar-passage", "pg15", "diabetes"
    ]
    assert all(entry.key == key for key, entry in CATALOGUE.items())


def test_an_unknown_key_is_one_sentence():
    with pytest.raises(InvalidData, match="choose one of: simulated-lending"):
        load("titanic")


@pytest.mark.parametrize("key", CATALOGUE)
def test_cards_say_what_a_card_must(key):
    text, entry = card(key), CATALOGUE[key]
    for word in ("Rows:", "Favourable decision:", "Protected:", "Score:", "Features", "icence"):
        assert word in text
    assert all(attribute.column in text for attribute in entry.roles.protected)
    assert str(entry.roles.label or entry.roles.target) in text
    assert entry.simulated == ("**Simulated.**" in text)


@pytest.mark.parametrize("key", CATALOGUE)
def test_no_leak_and_no_protected_attribute_is_a_feature(key):
    entry = CATALOGUE[key]
    named = set(entry.dropped) | {a.column for a in entry.roles.protected} | set(entry.roles.scores)
    assert entry.roles.features
    assert not named & set(entry.roles.features)


@pytest.mark.parametrize("key", CATALOGUE)
def test_addresses_are_https(key):
    files = (*CATALOGUE[key].files, *CATALOGUE[key].alternatives)
    assert all(file.url is None or file.url.startswith("https://") for file in files)


@pytest.mark.parametrize("key", ["simulated-lending", "diabetes"])
def test_some_need_no_network(key, monkeypatch):
    monkeypatch.setenv("EQUIPOISE_OFFLINE", "1")
    assert CATALOGUE[key].is_here()
    assert load(key).n == open_table(key).rows


def test_offline_and_absent(monkeypatch, tmp_path):
    monkeypatch.setenv("EQUIPOISE_OFFLINE", "1")
    monkeypatch.setenv("EQUIPOISE_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for key in ("compas", "pg15", "bar-passage"):
        assert not CATALOGUE[key].is_here()
        with pytest.raises(InvalidData, match="put it into the folder"):
            load(key)
    assert CATALOGUE["bar-passage"].offline
    assert not CATALOGUE["pg15"].offline


def test_compas(data_folder, needs_data):
    needs_data("compas-scores-two-years.csv")
    data = load("compas", data_folder)
    assert (data.rows, data.n, data.score) == (7_214, 7_214, "decile_score")
    assert by_group(data, "race") == {
        "African-American": 3_696, "Asian": 32, "Caucasian": 2_454, "Hispanic": 637, "Native American": 18, "Other": 377
    }
    assert by_group(data, "age") == {"< 25": 1_529, "25 to < 45": 4_109, ">= 45": 1_576}
    assert data.label.sum() == 3_251
    assert data.roles.favourable == "not-selected"
    selected = data.score_values() >= CATALOGUE["compas"].threshold
    negatives = data.label == 0
    assert by_group(data, "race", selected & negatives)["African-American"] == 805
    assert by_group(data, "race", selected & negatives)["Caucasian"] == 349


def test_age_groups_of_compas_are_the_files_own(data_folder, needs_data):
    needs_data("compas-scores-two-years.csv")
    table = open_table("compas", data_folder)
    own = table.text("age_cat")
    codes = load("compas", data_folder).attribute("age").codes
    pairs = {(own.names()[a], int(b)) for a, b in zip(own.codes, codes, strict=True)}
    assert pairs == {("Less than 25", 0), ("25 - 45", 1), ("Greater than 45", 2)}


def test_adult(data_folder, needs_data):
    needs_data("adult.test")
    data = load("adult", data_folder)
    assert data.n == 48_842
    assert by_group(data, "sex") == {"Female": 16_192, "Male": 32_650}
    assert by_group(data, "sex", data.label == 1) == {"Female": 1_769, "Male": 9_918}
    assert data.weight is None
    missing = {f.name: int((f.values < 0).sum()) for f in data.features if f.levels}
    assert missing["workclass"] == 2_799


def test_german(data_folder, needs_data):
    needs_data("german.data")
    data = load("german", data_folder)
    assert (data.n, int(data.label.sum())) == (1_000, 700)
    assert by_group(data, "sex") == {"female": 310, "male": 690}
    assert by_group(data, "sex", data.label == 1)["female"] == 201
    assert by_group(data, "foreign_worker")["no"] == 37
    good, all_rows = by_group(data, "age", data.label == 1), by_group(data, "age")
    assert good["< 26"] / all_rows["< 26"] - good[">= 26"] / all_rows[">= 26"] == pytest.approx(-0.1494, abs=5e-5)


def test_law_school(data_folder, needs_data):
    needs_data("law_school_clean.csv")
    data = load("law-school", data_folder)
    assert (data.n, int(data.label.sum()), data.scores) == (20_798, 18_505, {})
    assert by_group(data, "race", data.label == 1) == {"Non-White": 2_391, "White": 16_114}
    assert by_group(data, "male") == {"0": 9_123, "1": 11_675}


def test_bar_passage(data_folder, needs_data):
    needs_data("bar_pass_prediction.csv")
    data = load("bar-passage", data_folder)
    assert (data.n, int((data.label == 1).sum())) == (22_407, 21_238)
    assert by_group(data, "race1")["missing"] == 16
    assert by_group(data, "gender")["missing"] == 5
    assert data.score_values().mean() == pytest.approx(0.980682, abs=1e-6)


def test_pg15(data_folder, needs_data):
    needs_data("pg15training.csv.gz")
    data = load("pg15", data_folder)
    assert (data.rows, data.n, data.excluded[0].rows) == (100_021, 100_000, 21)
    assert data.target.sum() == 14_724
    assert data.exposure.sum() == pytest.approx(89_748.0, abs=0.05)
    assert by_group(data, "Gender", data.target) == {"Female": 4_509, "Male": 10_215}
    assert by_group(data, "Age")["< 25"] == 13_213


def test_diabetes():
    data = load("diabetes")
    assert (data.n, data.label, data.roles.target_kind) == (442, None, "regression")
    assert data.target.mean() == pytest.approx(152.1335, abs=1e-4)


def test_the_same_data_have_the_same_fingerprint():
    assert load("diabetes").fingerprint == load("diabetes").fingerprint
