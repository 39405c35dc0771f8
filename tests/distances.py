"""Distance covariance by its definitions, with every pair of rows in memory: what the tests compare with."""

import numpy as np

from engine.dependence.attributes import ProtectedColumn


def nominal(name, codes):
    codes = np.asarray(codes, dtype=np.int64)
    return ProtectedColumn(name, "nominal", codes, None, tuple(map(str, range(int(codes.max()) + 1))))


def binary(name, codes):
    return ProtectedColumn(name, "binary", np.asarray(codes, dtype=np.int64), None, ("no", "yes"))


def continuous(name, values):
    return ProtectedColumn(name, "continuous", None, np.asarray(values, dtype=float))


def coordinates(column):
    """Return (n, p): one-hot, one 0/1 column, or the number."""
    if column.kind == "nominal":
        return np.eye(len(column.levels))[column.codes]
    return np.asarray(column.raw, dtype=float)[:, None]


def distances(points):
    points = np.asarray(points, dtype=float)
    points = points[:, None] if points.ndim == 1 else points
    return np.sqrt(((points[:, None, :] - points[None, :, :]) ** 2).sum(axis=2))


def centred(table, estimator, weights=None):
    """Return U of Chakraborty and Zhang: minus the double centring; the diagonal is 0 for the U estimator."""
    n = len(table)
    if estimator == "U":
        rows = table.sum(axis=1)
        found = rows[:, None] / (n - 2) + rows[None, :] / (n - 2) - table - rows.sum() / ((n - 1) * (n - 2))
        np.fill_diagonal(found, 0)
        return found
    share = np.full(n, 1 / n) if weights is None else weights / weights.sum()
    rows = table @ share
    return rows[:, None] + rows[None, :] - table - rows @ share


def mean_of_pairs(table, estimator, weights=None):
    n = len(table)
    if estimator == "U":
        return table.sum() / (n * (n - 3))
    share = np.full(n, 1 / n) if weights is None else weights / weights.sum()
    return share @ table @ share


def dcov(y, points, estimator, weights=None):
    product = centred(distances(y), estimator, weights) * centred(distances(points), estimator, weights)
    return mean_of_pairs(product, estimator, weights)


def jdcov(y, columns, c, estimator, weights=None, units=None):
    """Return JdCov², the part that does not depend on y included."""
    units = units or [1.0] * len(columns)
    product = centred(distances(y), estimator, weights) + c
    for column, unit in zip(columns, units, strict=True):
        product = product * (centred(distances(coordinates(column)), estimator, weights) / unit + c)
    n, power = len(y), len(columns) + 1
    base = c**power * n / (n - 3) if estimator == "U" else c**power
    return mean_of_pairs(product, estimator, weights) - base


def value(y, columns, kind, c=1.0, estimator="U", weights=None):
    """Return a penalty with its y-free part."""
    if kind == "cc":
        return dcov(y, np.hstack([coordinates(column) for column in columns]), estimator, weights)
    if kind == "marginal":
        return sum(dcov(y, coordinates(column), estimator, weights) for column in columns)
    return jdcov(y, columns, c, estimator, weights)


def people(rng, n=90, ties=False, whole_age=False):
    """Return predictions and race, sex, age; the predictions depend on a combination of race and sex, and on age."""
    race, sex = rng.integers(0, 4, n), rng.integers(0, 2, n)
    age = rng.gamma(6.0, 6.0, n) / 60
    age = np.round(age * 20) / 20 if whole_age else age
    y = rng.normal(size=n) + 0.8 * (race == 1) * (sex == 0) + 0.5 * age
    return (np.round(y, 1) if ties else y), nominal("race", race), binary("sex", sex), continuous("age", age)
