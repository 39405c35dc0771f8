"""Which route is exact and cheap for these attributes; landmarks only where none is, and then with their error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from engine.dependence import cells as by_cells
from engine.dependence.attributes import Cells, ProtectedColumn, distinct
from engine.dependence.coupling import Coupling
from engine.dependence.kernels import OnePoint, Product
from engine.dependence.landmarks import LandmarkCoupling, by_landmarks
from engine.dependence.line import LineCoupling
from engine.dependence.line_by_cells import LineByCellsCoupling
from engine.dependence.normalised import distance_variance
from engine.dependence.ranking import Ranking
from engine.dependence.sampling import Sampling
from engine.types import Floats

MOST_CELLS = 2_000      # a table of 32 MB
FEW_VALUES = 500        # distinct values of one continuous attribute up to which cells are quicker than merging
FEW_BY_CELLS = 1_000    # combinations with a continuous attribute up to which cells are quicker than merging over cells
MOST_BESIDE = 64        # cells beside a continuous attribute in one merge
SMALL = 5_000           # rows up to which a table may hold every pair


@dataclass(frozen=True, eq=False)
class Route:
    """A coupling and, in words, how it is reached."""

    coupling: Coupling
    words: str

    @property
    def landmarks(self) -> LandmarkCoupling | None:
        """The coupling where it is approximate."""
        return self.coupling if isinstance(self.coupling, LandmarkCoupling) else None


def together(protected: Sequence[ProtectedColumn], sampling: Sampling, rng: np.random.Generator) -> Route:
    """Return the route of all attributes as one point: dCov of one, CCdCov of several."""
    cells = distinct(protected, MOST_CELLS)
    if _is_line(protected) and (cells is None or len(cells) > FEW_VALUES):
        return _line(protected[0].numbers, sampling)
    cells = cells or (distinct(protected, sampling.n) if sampling.n <= SMALL else None)
    if cells is not None:
        return Route(by_cells.concatenated(sampling, cells, protected), _words(cells, protected))
    return _approximate(by_landmarks(sampling, protected, OnePoint.of(protected, sampling), rng))


def joint(
    protected: Sequence[ProtectedColumn], sampling: Sampling, c: float, units: Sequence[float], rng: np.random.Generator
) -> Route:
    """Return the route of the joint measure; `units` divides each attribute's distances."""
    cells = distinct(protected, MOST_CELLS)
    if _is_line(protected) and (cells is None or len(cells) > FEW_VALUES):
        return _line(protected[0].numbers / units[0], sampling)
    many = cells is None or len(cells) > FEW_BY_CELLS
    if many and (found := _line_by_cells(protected, sampling, c, units)) is not None:
        return found
    cells = cells or (distinct(protected, sampling.n) if sampling.n <= SMALL else None)
    if cells is not None:
        return Route(by_cells.joint(sampling, cells, protected, c, units), _words(cells, protected))
    return _approximate(by_landmarks(sampling, protected, Product.of(protected, sampling, c, units), rng, c))


def unit(column: ProtectedColumn, sampling: Sampling) -> float:
    """Return an attribute's distance standard deviation, the unit of the scale-invariant measure; 1 where it is 0."""
    if column.kind == "continuous":
        values = column.numbers
        variance = distance_variance(values, Ranking.of(values), sampling)[0]
    else:
        cells = distinct([column], sampling.n)
        variance = 0.0 if cells is None else by_cells.concatenated(sampling, cells, [column]).square()
    return sqrt(variance) if variance > 0 else 1.0


def _is_line(protected: Sequence[ProtectedColumn]) -> bool:
    return len(protected) == 1 and protected[0].kind == "continuous"


def _line(values: Floats, sampling: Sampling) -> Route:
    return Route(LineCoupling(sampling, values), "exact: rows sorted along a continuous attribute")


def _line_by_cells(
    protected: Sequence[ProtectedColumn], sampling: Sampling, c: float, units: Sequence[float]
) -> Route | None:
    """Return the route of one continuous attribute beside a few cells; None where that is not what these are."""
    numbers = [k for k, column in enumerate(protected) if column.kind == "continuous"]
    beside = [k for k in range(len(protected)) if k not in numbers]
    cells = distinct([protected[k] for k in beside], MOST_BESIDE) if len(numbers) == 1 and beside else None
    if cells is None:
        return None
    table = by_cells.product_of_attributes(sampling, cells, [protected[k] for k in beside], c,
                                           [units[k] for k in beside])
    values = protected[numbers[0]].numbers / units[numbers[0]]
    coupling = LineByCellsCoupling(sampling, values - values.mean(), cells.codes, table, c, len(protected))
    return Route(coupling, f"exact: rows sorted along a continuous attribute, over {len(cells):,} cells")


def _words(cells: Cells, protected: Sequence[ProtectedColumn]) -> str:
    folded = any(column.kind == "continuous" for column in protected)
    return f"exact: {len(cells):,} cells" + (", one for each distinct combination of values" if folded else "")


def _approximate(coupling: LandmarkCoupling) -> Route:
    return Route(coupling, f"approximate: {coupling.features.shape[1]:,} features of k-means landmarks, relative error "
                           f"{coupling.error:.1e} on {len(coupling.checked):,} rows")
