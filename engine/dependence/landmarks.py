"""Many mixed attributes and many rows: W by features of r landmarks (Nyström), its error measured on some of the rows.

Source: Williams and Seeger 2001, NIPS 13; landmarks by k-means, Zhang, Tsang and Kwok 2008, ICML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.dependence.attributes import ProtectedColumn
from engine.dependence.cells import CellCoupling
from engine.dependence.coupling import centred_pull, constant_of
from engine.dependence.kernels import OnePoint, Points, Product, points
from engine.dependence.ranking import Ranking
from engine.dependence.sampling import Sampling
from engine.types import Floats, Ints

FEATURES = 200
PER_FEATURE = 3                  # landmarks: their main axes are nearer than as many landmarks alone
FEATURE_NUMBERS = 64_000_000     # rows times features at most: half a gigabyte
FITTED_ON, CHECKED = 20_000, 2_000
CHUNK = 4_096
SMALLEST = 1e-10                 # eigenvalues below this share of the largest are rounding


@dataclass(frozen=True, eq=False)
class LandmarkCoupling:
    """W as minus the inner product of features; see `engine.dependence.coupling`."""

    sampling: Sampling
    features: Floats                 # (n, r) around their mean
    checked: Ints                    # (m,) rows of the exact check
    exact: Floats                    # (m, m) their kernel
    constant: float = 0.0

    @cached_property
    def row_sums(self) -> Floats:
        """Row sums of the features' products: 0, but for the pair of a row with itself that U leaves out."""
        if not self.sampling.bias_corrected:
            return np.zeros(self.sampling.n)
        lengths: Floats = np.einsum("ij,ij->i", self.features, self.features)
        return -lengths

    def pull(self, ranking: Ranking) -> Floats:
        """Return the pull of W, (n,); O(n r)."""
        pulled = self._pull_of_features(ranking)
        if ranking.first is not None:
            pulled = (pulled + self._pull_of_features(ranking.reversed_ties())) / 2
        return centred_pull(self.sampling, ranking, pulled, self.row_sums, float(self.row_sums.sum()))

    def _pull_of_features(self, ranking: Ranking) -> Floats:
        """Return ``phi_i . sum_j m_j phi_j sign(y_i - y_j)``, ties by their order, (n,)."""
        found, below = np.empty(self.sampling.n), np.zeros(self.features.shape[1])
        everybody = self.sampling.summed(self.features)
        for start in range(0, self.sampling.n, CHUNK):
            rows = ranking.order[start : start + CHUNK]
            some = self.features[rows]
            weighed = some if self.sampling.mass is None else some * self.sampling.mass[rows, None]
            run = np.cumsum(weighed, axis=0)
            found[rows] = np.einsum("ij,ij->i", some, 2 * (run + below) - weighed - everybody)
            below += run[-1]
        return found

    def square(self) -> float:
        """Return the distance variance of the attributes, by the features."""
        sampling, phi = self.sampling, self.features
        gram = phi.T @ sampling.weighed(phi)
        norm = float((gram**2).sum())
        if sampling.bias_corrected:
            rows = self.row_sums
            norm -= (1 + 2 / sampling.row) * float(rows @ rows)
            norm += float(rows.sum()) ** 2 / sampling.total
        return max(sampling.scale * norm, 0.0)

    @cached_property
    def _tables(self) -> tuple[Floats, Floats]:
        some = self.features[self.checked]
        return _doubly_centred(self.exact), _doubly_centred(some @ some.T)

    @cached_property
    def error(self) -> float:
        """The relative error of the coupling between the checked rows (Frobenius), pairs of different rows."""
        exact, ours = (table - np.diag(np.diag(table)) for table in self._tables)
        size = float(np.linalg.norm(exact))
        return float(np.linalg.norm(ours - exact)) / size if size > 0 else 0.0

    def check(self, prediction: Floats) -> tuple[float, float]:
        """Return the relative errors of value and gradient (V) at a prediction (n,), on the checked rows."""
        sampling = Sampling.of(len(self.checked), "V")
        y = prediction[self.checked]
        ranking, codes = Ranking.of(y), np.arange(len(self.checked))
        exact, ours = (CellCoupling(sampling, codes, -table).pull(ranking) for table in self._tables)
        value, size = abs(float(y @ exact)), float(np.linalg.norm(exact))
        if value == 0:
            return 0.0, 0.0
        return abs(float(y @ (ours - exact))) / value, float(np.linalg.norm(ours - exact)) / size


def by_landmarks(
    sampling: Sampling, protected: Sequence[ProtectedColumn], kernel: OnePoint | Product, rng: np.random.Generator,
    c: float | None = None,
) -> LandmarkCoupling:
    """Return the coupling by 200 features, fewer where they would take over half a gigabyte: see `_projection`.

    `c` is the joint measure's, None for one point; its constant is the checked rows' exact one.
    """
    count = min(int(np.clip(FEATURE_NUMBERS // sampling.n, 25, FEATURES)), sampling.n)
    some = points(protected, rng.choice(sampling.n, min(FITTED_ON, sampling.n), replace=False))
    chosen = _landmarks(some, min(PER_FEATURE * count, sampling.n), rng)
    project = _projection(kernel, chosen, some, count)
    features = np.empty((sampling.n, project.shape[1]))
    for start in range(0, sampling.n, CHUNK):
        rows = slice(start, start + CHUNK)
        features[rows] = kernel.between(points(protected, rows), chosen) @ project
    features -= sampling.summed(features) / sampling.sum
    checked = np.sort(rng.choice(sampling.n, min(CHECKED, sampling.n), replace=False))
    spots = points(protected, checked)
    exact = kernel.between(spots, spots)
    constant = 0.0 if c is None else constant_of(sampling, _total(exact, checked, sampling), c, len(protected))
    return LandmarkCoupling(sampling, features, checked, exact, constant)


def _total(exact: Floats, checked: Ints, sampling: Sampling) -> float:
    """Return a kernel's total over all rows from some of them: pairs of different rows, and rows with themselves."""
    mass = np.ones(len(checked)) if sampling.mass is None else sampling.mass[checked]
    own, all_own = float(mass**2 @ np.diag(exact)), float(mass @ mass)
    apart = (float(mass @ exact @ mass) - own) / (float(mass.sum()) ** 2 - all_own)
    if sampling.bias_corrected:
        return apart * sampling.pairs
    squares = float(sampling.n) if sampling.mass is None else float(sampling.mass @ sampling.mass)
    return apart * (sampling.pairs - squares) + own / all_own * squares


def _projection(kernel: OnePoint | Product, chosen: Points, some: Points, count: int) -> Floats:
    """Return what makes features of the kernel with landmarks, (landmarks, count): their main axes on some rows."""
    among = kernel.between(chosen, chosen)
    values, vectors = np.linalg.eigh((among + among.T) / 2)
    kept = values > SMALLEST * values[-1]
    project: Floats = vectors[:, kept] / np.sqrt(values[kept])
    features = kernel.between(some, chosen) @ project
    features -= features.mean(axis=0)
    axes: Floats = np.linalg.eigh(features.T @ features)[1][:, ::-1][:, :count]
    return project @ axes


def _landmarks(some: Points, count: int, rng: np.random.Generator) -> Points:
    from sklearn.cluster import MiniBatchKMeans

    seed = int(rng.integers(2**31))
    centres = MiniBatchKMeans(count, n_init=1, random_state=seed).fit(np.hstack(some)).cluster_centers_
    return np.split(centres, np.cumsum([each.shape[1] for each in some])[:-1], axis=1)


def _doubly_centred(table: Floats) -> Floats:
    rows = table.mean(axis=0)
    centred: Floats = table - rows[:, None] - rows[None, :] + rows.mean()
    return centred
