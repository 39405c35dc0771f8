"""How differently predictions are distributed over cells: Jensen-Shannon divergence with the band of chance alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.dependence.density import Mode, binned, span
from engine.types import Codes, Floats, Ints

SHUFFLES = 50
TINY = 1e-10   # densities below it count as it, as the authors do
Shares = Literal["proportion", "equal"]


@dataclass(frozen=True, eq=False)
class Divergence:
    """A divergence in bits, and what shuffled predictions give; `p_value` counts the observed one among them."""

    value: float
    null: Floats          # (shuffles,)
    grid: tuple[float, float]
    bandwidth: float

    def null_high(self, level: float = 0.95) -> float:
        """Return the quantile of what chance alone gives; NaN without shuffles."""
        return float(np.quantile(self.null, level)) if len(self.null) else float("nan")

    @property
    def null_mean(self) -> float:
        """Return the mean of what chance alone gives; NaN without shuffles."""
        return float(self.null.mean()) if len(self.null) else float("nan")

    @property
    def p_value(self) -> float:
        """Return the chance of a divergence at least this large where predictions know nothing of the cells."""
        return float((1 + (self.null >= self.value).sum()) / (1 + len(self.null)))


def jensen_shannon(
    prediction: Floats, codes: Codes | Ints, cells: int, weight: Floats | None = None, mode: Mode = "authors",
    shares: Shares = "proportion", shuffles: int = 0, rng: np.random.Generator | None = None,
    bandwidth: float | None = None,
) -> Divergence:
    """Return the generalised Jensen-Shannon divergence of the predictions' densities over cells.

    The entropy of the mixture of the cells' densities minus the mean of their entropies, in bits: 0 where every cell
    has the same density, at most the entropy of the cells' shares. It is biased upwards, the more the smaller the
    cells: read it beside what shuffled predictions give. A shuffle moves the predictions over the rows and leaves the
    protected attributes together, as it is the prediction that should not depend on them.

    Parameters
    ----------
    prediction
        (n,) on the scale that matters.
    codes, cells
        (n,) cell of each row, and how many there are.
    weight
        (n,) of the rows; they stay with the rows' cells when predictions are shuffled.
    mode
        Grid and bandwidth, see `engine.dependence.density.span`. The authors' bandwidth is absolute.
    shares
        Cells weigh by their rows, or all alike.
    shuffles, rng
        Draws for the band of chance; seed 0 where not given.
    bandwidth
        Instead of the mode's.

    Returns
    -------
    divergence
        0, with a null of 0, where all predictions are one number.

    References
    ----------
    Lin 1991, Divergence measures based on the Shannon entropy; Lee, Antonio, Avanzi, Marchi and Zhou 2025.
    """
    sizes = np.bincount(codes, minlength=cells)
    low, high, wide = span(prediction, float(np.median(sizes[sizes > 0])), mode)
    wide = bandwidth if bandwidth is not None else wide
    dealt = binned(prediction, low, high, wide)
    if dealt is None:
        return Divergence(0.0, np.zeros(shuffles), (low, high), wide)
    mass = np.bincount(codes, weight, cells)
    share = mass / mass.sum() if shares == "proportion" else (sizes > 0) / (sizes > 0).sum()

    def measured(order: Ints | None) -> float:
        shuffled = dealt if order is None else type(dealt)(
            dealt.left[order], dealt.right_share[order], dealt.grid, dealt.bandwidth, dealt.transform)
        return _divergence(shuffled.densities(codes, cells, weight), share)

    rng = rng or np.random.default_rng(0)
    null = [measured(rng.permutation(len(codes))) for _ in range(shuffles)]
    return Divergence(measured(None), np.array(null), (low, high), wide)


def _divergence(densities: Floats, share: Floats) -> float:
    return max(0.0, float(_entropy(share @ densities) - share @ _entropy(densities)))


def _entropy(density: Floats) -> Floats:
    entropy: Floats = -(density * np.log2(np.maximum(density, TINY))).sum(axis=-1)
    return entropy


def uniform_fairness(
    prediction: Floats, codes: Codes | Ints, cells: int, weight: Floats | None = None, smallest: int = 1
) -> float:
    """Return the variance of the cells' mean predictions over the variance of the predictions.

    The cells' means weigh alike, and both variances divide by one less. 0 where the means are equal; NaN with fewer
    than two cells or where all predictions are one number. Chance alone makes it larger than 0.

    Parameters
    ----------
    smallest
        Cells with fewer rows are left out: a mean of two rows says little and would weigh as much as any other.

    References
    ----------
    Lee, Antonio, Avanzi, Marchi and Zhou 2025, who leave out none.
    """
    rows = np.ones(len(codes)) if weight is None else weight
    sizes, mass = np.bincount(codes, minlength=cells), np.bincount(codes, rows, cells)
    kept = sizes >= max(smallest, 1)
    if kept.sum() < 2:
        return float("nan")
    means = (np.bincount(codes, rows * prediction, cells)[kept]) / mass[kept]
    centre = rows @ prediction / rows.sum()
    spread = rows @ (prediction - centre) ** 2 / rows.sum() * len(codes) / (len(codes) - 1)
    flat = spread <= 1e-12 * max(1.0, float(centre**2))
    return float("nan") if flat else float(means.var(ddof=1) / spread)
