"""People whose outcome depends on a combination of two attributes and on neither alone."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from engine.types import AttributeValues, Dataset, Feature, Roles


def crossed(n, seed):
    """Return features (n, 5), outcome and two fair coins; the outcome depends on whether the coins agree."""
    r = np.random.default_rng(seed)
    a = r.integers(0, 2, n)
    b = r.integers(0, 2, n)
    z = 2 * (a ^ b) - 1
    x1, x2 = r.normal(size=(2, n))
    x3 = 0.9 * z + r.normal(size=n)
    x4 = r.normal(size=n)
    y = (r.random(n) < expit(0.8 * x1 + 0.6 * x2 + 0.9 * z)).astype(float)
    return np.column_stack([x1, x2, x3, x4, x1 * x3]), y, a, b


def aged(n, seed):
    """Return features (n, 3), outcome, sex and age in [0, 1]; the outcome rises with age for one sex alone."""
    r = np.random.default_rng(seed)
    sex = r.integers(0, 2, n)
    age = r.uniform(18, 80, n)
    u = (2 * sex - 1) * (age - 49) / 18
    x1, x2 = r.normal(size=(2, n))
    x3 = 0.9 * u + r.normal(size=n)
    y = (r.random(n) < expit(0.8 * x1 + 0.5 * x2 + 0.7 * u)).astype(float)
    return np.column_stack([x1, x2, x3]), y, sex, (age - 18) / 62


def attribute(name, codes, levels=None):
    levels = levels or tuple(str(level) for level in range(int(codes.max()) + 1))
    return AttributeValues(name, "nominal", codes.astype(np.int32), levels)


def data(features, attributes, label=None, target=None, **more):
    """Return a data set of plain arrays."""
    n = len(features)
    columns = tuple(Feature(f"x{k}", features[:, k]) for k in range(features.shape[1]))
    kind = more.pop("target_kind", "regression")
    return Dataset(
        "made up", "0" * 64, more.pop("fingerprint", "1" * 64), Roles(target_kind=kind), n, tuple(attributes),
        label=None if label is None else label.astype(np.int8), target=target, features=columns, **more,
    )


def coins(n=3000, seed=0, **more):
    x, y, a, b = crossed(n, seed)
    return data(x, (attribute("a", a), attribute("b", b)), label=y, **more)
