"""A made-up lending table whose flaws are known: it shows what the pages do before anybody brings data.

What was built into it, so that it can be found again:

* income, debt and employment carry the outcome; neither sex nor ethnicity has an effect of its own on it;
* the score under-rates Northern women and Southern men and over-rates Northern men and Southern women by as much, so
  that selection rates by sex alone and by ethnicity alone hardly differ while those of their intersections do;
* for the Western group the score is too sure of itself: its log-odds are stretched, which changes no decision at 0.5.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.types import Attribute, Floats, Roles

SEXES = ("female", "male")
ETHNICITIES = ("Eastern", "Northern", "Southern", "Western")
SHARES = (0.40, 0.22, 0.22, 0.16)
PURPOSES = ("car", "education", "home", "moving", "other")
SHIFT = 0.40     # log-odds by which the score of Northern and Southern applicants is moved, up or down by sex
STRETCH = 1.9    # factor on the log-odds of the Western group
STREAM = 6       # a stream in which chance adds no flaw of its own to seed 0

LENDING_FEATURES = (
    "income", "debt_ratio", "years_employed", "loan_amount", "credit_lines", "late_payments", "home_owner", "purpose",
)
LENDING_ROLES = Roles(
    protected=(Attribute("sex"), Attribute("ethnicity"), Attribute("age", "continuous", (25.0, 40.0, 60.0))),
    label="repaid", positive="1", scores=("score",), favourable="selected", features=LENDING_FEATURES,
)

Texts = NDArray[np.str_]


def lending(rows: int = 20_000, seed: int = 0) -> bytes:
    """Return a simulated lending table as CSV, the same bytes for the same rows and seed.

    Columns: ``sex``, ``ethnicity``, ``age`` (years), the `LENDING_FEATURES`, ``repaid`` (1: the loan was paid back, the
    event that the score ranks towards; a selected applicant gets the loan, which is favourable), ``score`` in [0, 1].

    Raises
    ------
    ValueError
        Where `rows` is below 1.

    Examples
    --------
    >>> lending(rows=2).decode().splitlines()[0][:28]
    'sex,ethnicity,age,income,deb'
    """
    if rows < 1:
        raise ValueError("a table needs at least one row")
    generator = np.random.default_rng((seed, STREAM))
    sex = generator.integers(0, 2, rows)
    ethnicity = generator.choice(4, rows, p=SHARES)
    age = np.clip(generator.gamma(2.6, 9.0, rows) + 18, 18, 85).round()
    features = _features(generator, age)
    merit = _merit(features)
    repaid = generator.random(rows) < _probability(merit)
    columns = {
        "sex": np.array(SEXES)[sex], "ethnicity": np.array(ETHNICITIES)[ethnicity], "age": _text(age, 0),
        **_feature_texts(features), "repaid": np.where(repaid, "1", "0"),
        "score": _text(_probability(_scored(merit, sex, ethnicity)), 4),
    }
    lines = [",".join(columns), *map(",".join, zip(*(column.tolist() for column in columns.values()), strict=True))]
    return ("\n".join(lines) + "\n").encode()


def _features(generator: np.random.Generator, age: Floats) -> dict[str, Floats]:
    n = len(age)
    employed = np.clip(generator.beta(1.6, 3.0, n) * (age - 17), 0, 45).round(1)
    income = np.exp(generator.normal(10.3, 0.45, n) + 0.012 * employed).round(-2)
    return {
        "income": income,
        "debt_ratio": generator.beta(2.2, 4.5, n).round(3),
        "years_employed": employed,
        "loan_amount": (income * generator.gamma(3.0, 0.12, n)).round(-2),
        "credit_lines": generator.poisson(2.4, n) * 1.0,
        "late_payments": generator.negative_binomial(1.0, 0.55, n) * 1.0,
        "home_owner": (generator.random(n) < 0.35 + 0.004 * (age - 18)) * 1.0,
        "purpose": generator.choice(5, n) * 1.0,
    }


def _merit(features: dict[str, Floats]) -> Floats:
    """Return the true log-odds of paying back."""
    result: Floats = (
        0.55 + 0.9 * (np.log(features["income"]) - 10.45) - 3.2 * (features["debt_ratio"] - 0.33)
        + 0.045 * (features["years_employed"] - 7) - 0.75 * (features["loan_amount"] / features["income"] - 0.36)
        - 0.65 * features["late_payments"] + 0.06 * (features["credit_lines"] - 2.4) + 0.35 * features["home_owner"]
    )
    return result


def _scored(merit: Floats, sex: NDArray[np.int64], ethnicity: NDArray[np.int64]) -> Floats:
    """Return the log-odds that the score claims: the true ones with the flaws of this module's heading."""
    direction = np.array([0, 1, -1, 0])[ethnicity] * np.where(sex == 1, 1, -1)
    result: Floats = np.where(ethnicity == 3, STRETCH, 1.0) * merit + SHIFT * direction
    return result


def _probability(log_odds: Floats) -> Floats:
    result: Floats = 1 / (1 + np.exp(-log_odds))
    return result


def _feature_texts(features: dict[str, Floats]) -> dict[str, Texts]:
    digits = {"debt_ratio": 3, "years_employed": 1}
    texts = {name: _text(values, digits.get(name, 0)) for name, values in features.items()}
    return texts | {"purpose": np.array(PURPOSES)[features["purpose"].astype(int)]}


def _text(values: Floats, digits: int) -> Texts:
    return np.array([f"{value:.{digits}f}" for value in values.tolist()])
