"""One stratum's share of a penalty: its rows, and the couplings that predictions are held against."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import sqrt

import numpy as np

from engine.dependence.normalised import distance_variance
from engine.dependence.planner import Route
from engine.dependence.ranking import Ranking
from engine.dependence.sampling import Sampling
from engine.types import Floats, Ints


@dataclass(frozen=True, eq=False)
class Part:
    """The rows of one stratum, or all, with the routes of their couplings."""

    rows: Ints | None          # None: all
    share: float               # of the mass
    sampling: Sampling
    routes: tuple[Route, ...]
    normalised: bool

    def of(self, prediction: Floats) -> Floats:
        """Return the predictions of these rows around their mean; the measure does not move with them."""
        some = prediction if self.rows is None else prediction[self.rows]
        centred: Floats = some - some.mean()
        return centred

    def measure(self, y: Floats, ranking: Ranking) -> tuple[float, Floats]:
        """Return value and gradient at predictions (m,) of these rows and their ranking."""
        gradient, value = np.zeros(len(y)), 0.0
        if np.ptp(y) == 0:
            return value, gradient
        variance, slope = distance_variance(y, ranking, self.sampling) if self.normalised else (1.0, gradient)
        for route, size in zip(self.routes, self.sizes, strict=True):
            pull = 2 * self.sampling.scale * self.sampling.weighed(route.coupling.pull(ranking))
            raw, unit = float(y @ pull), sqrt(variance * size)
            if unit > 0:
                value += raw / unit
                gradient = gradient + pull / unit
                if self.normalised:
                    gradient -= raw / unit / (2 * variance) * slope
        return value, gradient

    @cached_property
    def sizes(self) -> tuple[float, ...]:
        """What each coupling is divided by besides the predictions' distance variance: its own, or 1."""
        return tuple(route.coupling.square() if self.normalised else 1.0 for route in self.routes)
