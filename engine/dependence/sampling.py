"""How a sample stands for a population: the bias-corrected (U) and the plain (V) estimator, with weights for V."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.errors import invalid
from engine.types import Floats

Estimator = Literal["U", "V"]
FEWEST = {"U": 4, "V": 1}   # rows: n (n - 3) must not be 0


@dataclass(frozen=True, eq=False)
class Sampling:
    """The mass of each row and the divisors of centring; U leaves out the pair of a row with itself.

    Centring of a symmetric P is ``P_ij - r_i / row - r_j / row + t / total`` with ``r_i = sum_j m_j P_ij`` and
    ``t = sum_i m_i r_i``; a statistic is ``scale * sum_ij m_i m_j ...``.
    """

    kind: Estimator
    n: int
    mass: Floats | None       # (n,); None: 1 each
    sum: float                # of the mass

    @staticmethod
    def of(n: int, kind: Estimator, weights: Floats | None = None) -> Sampling:
        """Return the sampling of n rows.

        Raises
        ------
        InvalidData
            Fewer rows than the estimator needs, or weights that it does not define.
        """
        if n < FEWEST[kind]:
            raise invalid(f"the {kind} estimator needs {FEWEST[kind]} rows or more", "the rows, or one stratum of them",
                          f"{n:,}", "use more rows, or coarser strata")
        if weights is None:
            return Sampling(kind, n, None, float(n))
        if kind == "U":
            raise invalid("weights need the V estimator", "the penalty", "estimator U",
                          "choose V: a bias-corrected weighted version has no standard definition")
        mass = np.asarray(weights, dtype=np.float64)
        if mass.shape != (n,) or not np.isfinite(mass).all() or (mass < 0).any() or not mass.any():
            raise invalid("weights must be finite and not negative, one a row", "the weights", f"{mass.shape}",
                          "correct them")
        mass = mass * (n / mass.sum())
        return Sampling(kind, n, mass, float(mass.sum()))

    @property
    def bias_corrected(self) -> bool:
        """Whether pairs of a row with itself are left out."""
        return self.kind == "U"

    @property
    def row(self) -> float:
        """The divisor of row sums."""
        return self.n - 2.0 if self.bias_corrected else self.sum

    @property
    def total(self) -> float:
        """The divisor of the total."""
        return (self.n - 1.0) * (self.n - 2.0) if self.bias_corrected else self.sum**2

    @property
    def scale(self) -> float:
        """What a sum over pairs is multiplied by."""
        return 1 / (self.n * (self.n - 3.0)) if self.bias_corrected else 1 / self.sum**2

    @property
    def pairs(self) -> float:
        """The mass of all pairs that count."""
        return self.n * (self.n - 1.0) if self.bias_corrected else self.sum**2

    def weighed(self, values: Floats) -> Floats:
        """Return values (n,) or (n, r) times the mass of their rows."""
        if self.mass is None:
            return values
        return values * (self.mass if values.ndim == 1 else self.mass[:, None])

    def summed(self, values: Floats) -> Floats:
        """Return the sum over rows of values (n, r) times their mass, (r,), without a copy of them."""
        sums: Floats = values.sum(axis=0) if self.mass is None else self.mass @ values
        return sums

    def by_cell(self, codes: np.ndarray, count: int) -> Floats:
        """Return the mass in each of `count` cells."""
        return np.bincount(codes, self.mass, minlength=count).astype(np.float64)
