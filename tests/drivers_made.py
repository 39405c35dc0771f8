"""A made-up lender for the tests of what carries a gap: two groups, a number, a category, a proxy."""

from __future__ import annotations

import dataclasses

import numpy as np

from engine.data.ingest import ingest
from engine.data.reading import read
from engine.types import Attribute, Roles


def lending(n=800, seed=0, weight=None, missing=0, **roles):
    """Return a data set of n applicants: sex, income, a region that goes with sex, and whether they paid."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], n)
    region = np.where(rng.random(n) < np.where(sex == "F", 0.7, 0.3), "north", rng.choice(["south", "west"], n))
    income = rng.normal(2 + 0.5 * (sex == "M"), 1, n)
    paid = rng.random(n) < 1 / (1 + np.exp(-(income - 2 + 0.8 * (region == "south") + 0.6 * (sex == "M"))))
    sex = np.where(np.arange(n) < missing, "", sex)
    lines = [f"{s},{r},{i:.6f},{int(p)}" for s, r, i, p in zip(sex, region, income, paid, strict=True)]
    text = "sex,region,income,paid\n" + "\n".join(lines) + "\n"
    given = {"label": "paid", "positive": "1", "features": ("region", "income"), **roles}
    data = ingest(read(text.encode(), "lending.csv"), Roles((Attribute("sex"),), **given))
    return data if weight is None else dataclasses.replace(data, weight=np.asarray(weight, dtype=float))
