"""Logistic coefficients in JSON: the formula, and a schema that forgives nothing."""

import json
import math

import numpy as np
import pytest

from engine.data.reading import read
from engine.errors import InvalidData
from engine.scoring import coefficients

WHOLE = {
    "format": "equipoise-logistic/1", "intercept": -0.5,
    "numbers": {"age": {"coefficient": 0.4, "mean": 40, "scale": 12, "missing": 30}, "pay": {"coefficient": 0.001}},
    "categories": {"home": {"coefficients": {"own": -0.3, "1.0": 0.2}, "otherwise": 0.1, "missing": 0.05},
                   "sex": {"coefficients": {"F": 1}}},
}
COLUMNS = ("age", "pay", "home", "sex")
TABLE = "age,pay,home,sex\n52,100,own,F\n,100,1,F\n40,,own,F\n40,0,boat,F\n40,0,,F\n40,0,own,M\n40,0,own,\n"


def opened(whole, columns=COLUMNS):
    return coefficients.opened(json.dumps(whole).encode(), "m.json", columns)


def changed(*path, to):
    whole = json.loads(json.dumps(WHOLE))
    place = whole
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return whole


def test_scores_are_the_formula():
    found = opened(WHOLE).score(read(TABLE.encode(), "t.csv"))
    logits = [-0.5 + 0.4 + 0.1 - 0.3 + 1, -0.5 - 0.4 * 10 / 12 + 0.1 + 0.2 + 1, None, -0.5 + 0.1 + 1, -0.5 + 0.05 + 1,
              None, None]
    expected = [math.nan if z is None else 1 / (1 + math.exp(-z)) for z in logits]
    np.testing.assert_allclose(found.values, expected, rtol=1e-15)
    assert (found.provider, found.unscored) == ("NumPy", 3)
    assert [note.got.split(" ")[0] for note in found.notes] == ["1", "2"]   # rows of pay, of sex


def test_it_equals_scikit_learn():
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 2)).round(3)
    fitted = LogisticRegression().fit(x, x[:, 0] + rng.normal(size=400) > 0)
    whole = {"format": "equipoise-logistic/1", "intercept": float(fitted.intercept_[0]),
             "numbers": {name: {"coefficient": float(c)} for name, c in zip("ab", fitted.coef_[0], strict=True)}}
    table = read(("a,b\n" + "\n".join(f"{a},{b}" for a, b in x)).encode(), "t.csv")
    np.testing.assert_allclose(opened(whole, "ab").score(table).values, fitted.predict_proba(x)[:, 1], rtol=1e-12)


def test_extreme_logits_do_not_overflow():
    whole = {"format": "equipoise-logistic/1", "intercept": -1e5}
    assert opened(whole).score(read(b"x,y\n1,2\n", "t.csv")).values.tolist() == [0.0]


def test_the_name_follows_the_content():
    assert opened(WHOLE).name.startswith("m (logistic ")
    assert opened(WHOLE).name != opened(changed("intercept", to=-0.4)).name
    assert opened(WHOLE).columns == COLUMNS


@pytest.mark.parametrize(("whole", "words"), [
    (changed("format", to="equipoise-logistic/2"), "format 'equipoise-logistic/2'"),
    (changed("bias", to=1), "unknown key 'bias'"),
    ({"format": "equipoise-logistic/1"}, "no 'intercept'"),
    (changed("intercept", to="1"), "write a number"),
    (changed("intercept", to=True), "write a number"),
    (changed("intercept", to=1e301), "write a number"),
    (changed("numbers", to=[]), "something else than an object"),
    (changed("numbers", "age", "std", to=2), "unknown key 'std'"),
    (changed("numbers", "age", to={"mean": 2}), "no 'coefficient'"),
    (changed("numbers", "age", "scale", to=0), "a scale of 0"),
    (changed("categories", "sex", "coefficients", to={"F": None}), "write a number"),
    (changed("categories", "sex", "coefficients", to={"1": 2, "1.0": 3}), "one value written in two ways"),
])
def test_whatever_is_not_in_the_schema_is_refused(whole, words):
    with pytest.raises(InvalidData, match=words):
        opened(whole)


@pytest.mark.parametrize(("content", "words"), [
    (b'{"format": NaN}', "NaN"), (b'{"format": 1, "format": 2}', "twice"), (b"{", "schema"), (b"\xff", "schema"),
    (b"[" * 200_000, "schema"), (b" " * 1_000_001, "at most 1,000,000"), (b"[1]", "something else than an object"),
])
def test_whatever_is_no_json_object_is_refused(content, words):
    with pytest.raises(InvalidData, match=words):
        coefficients.opened(content, "m.json", COLUMNS)


def test_columns_that_are_not_there_are_all_named():
    with pytest.raises(InvalidData) as refused:
        opened(WHOLE, ("age", "sex"))
    assert ["pay" in issue.got or "home" in issue.got for issue in refused.value.issues] == [True, True]


def test_a_number_that_is_text_is_refused():
    with pytest.raises(InvalidData, match="belongs to numbers, column 'pay', 'lots'"):
        opened(WHOLE).score(read(TABLE.replace("100", "lots").encode(), "t.csv"))
