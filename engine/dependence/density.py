"""Gaussian kernel densities of predictions per cell on one grid: linear binning and a fast Fourier transform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.types import Codes, Floats, Ints

GRID = 1_000
AUTHORS_BANDWIDTH = 0.15
TRIM = 0.005       # share of predictions beyond each end of the robust grid
Mode = Literal["authors", "robust"]


@dataclass(frozen=True, eq=False)
class Binned:
    """Predictions dealt to the two grid points beside each, and the kernel's transform; labels may be shuffled."""

    left: Ints            # (n,) grid point at or below each prediction
    right_share: Floats   # (n,) share that goes to the next point
    grid: Floats          # (points,)
    bandwidth: float
    transform: Floats     # of the kernel

    def densities(self, codes: Codes | Ints, cells: int, weight: Floats | None = None) -> Floats:
        """Return per cell a density over the grid, (cells, points), each summing to 1; 0 for a cell without rows."""
        points = len(self.grid)
        place = codes.astype(np.int64) * points + self.left
        rows = np.ones(len(codes)) if weight is None else weight
        size = cells * points
        mass = np.bincount(place, rows * (1 - self.right_share), size)
        mass += np.bincount(place + 1, rows * self.right_share, size)
        length = 2 * (len(self.transform) - 1)
        smooth = np.fft.irfft(np.fft.rfft(mass.reshape(cells, points), length) * self.transform, length)[:, :points]
        smooth = np.maximum(smooth, 0)
        total = smooth.sum(axis=1, keepdims=True)
        density: Floats = np.divide(smooth, total, out=np.zeros_like(smooth), where=total > 0)
        return density


def binned(prediction: Floats, low: float, high: float, bandwidth: float, points: int = GRID) -> Binned | None:
    """Return predictions ready for densities on evenly spaced points from low to high; None where low is high.

    A prediction beyond an end is moved to it. Each is shared linearly between its two grid points, which changes a
    density by O(step squared / bandwidth squared).

    References
    ----------
    Silverman 1982, Algorithm AS 176: Kernel density estimation using the fast Fourier transform.
    """
    if not high - low > 1e-12:
        return None
    step = (high - low) / (points - 1)
    place = (np.clip(prediction, low, high) - low) / step
    left = np.minimum(place.astype(np.int64), points - 2)
    lags = np.minimum(np.arange(2 * points), 2 * points - np.arange(2 * points))   # around the circle, so no shift
    kernel = np.exp(-0.5 * (lags * step / bandwidth) ** 2)
    transform = np.fft.rfft(kernel).real
    return Binned(left, place - left, np.linspace(low, high, points), bandwidth, transform)


def span(prediction: Floats, smallest: float, mode: Mode) -> tuple[float, float, float]:
    """Return where the grid begins and ends, and the bandwidth.

    ``authors``: the range of the predictions and 0.15, in the predictions' own units. ``robust``: the middle 99 %
    and Silverman's bandwidth for `smallest` rows, the size of a typical cell.

    References
    ----------
    Lee, Antonio, Avanzi, Marchi and Zhou 2025 for the first; Silverman 1986, equation 3.31, for the second.
    """
    if mode == "authors":
        return float(prediction.min()), float(prediction.max()), AUTHORS_BANDWIDTH
    low, high = (float(end) for end in np.quantile(prediction, (TRIM, 1 - TRIM)))
    middle = np.clip(prediction, low, high)
    lower, upper = np.percentile(middle, (25, 75))
    spread = float(middle.std())
    spread = min(spread, float(upper - lower) / 1.34) or spread
    return low, high, max(0.9 * spread * max(smallest, 1.0) ** -0.2, 1e-9)


def curves(
    prediction: Floats, codes: Codes, cells: int, weight: Floats | None = None, points: int = 200,
    mode: Mode = "robust",
) -> tuple[Floats, Floats]:
    """Return points to draw at, (points,), and each cell's density there, (cells, points), per unit of prediction.

    A cell without rows has NaN. Where all predictions are one number, that number and NaN.
    """
    sizes = np.bincount(codes, minlength=cells)
    low, high, bandwidth = span(prediction, float(np.median(sizes[sizes > 0])), mode)
    if mode == "authors":
        bandwidth /= 3   # the authors draw with .05 and measure with .15
    dealt = binned(prediction, low, high, bandwidth, points)
    if dealt is None:
        return np.array([low]), np.full((cells, 1), np.nan)
    density = dealt.densities(codes, cells, weight) / (dealt.grid[1] - dealt.grid[0])
    density[sizes == 0] = np.nan
    return dealt.grid, density
