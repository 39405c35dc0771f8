"""What the calibration page asks of the engine, kept for this session."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from engine.calibration import Calibration, GroupingCalibration, calibrate
from engine.charts.theme import SHOWN
from engine.types import Dataset
from pages.parts import answers, cache
from pages.parts.calibration_controls import Asked

MEASURES = answers.Kind("calibration", "Comparing scores with outcomes", "Compare scores with outcomes",
                        2 * cache.ENTRIES)


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that the sections of the page are drawn from."""

    data: Dataset
    asked: Asked
    answer: Calibration
    found: GroupingCalibration

    @property
    def shown(self) -> list[int]:
        """Groups that get a panel: of the minimum size, and of those at most `SHOWN`, with most rows."""
        large = [g for g, group in enumerate(self.found.measured) if group.n >= self.found.min_group]
        return sorted(sorted(large, key=lambda g: -self.found.measured[g].n)[:SHOWN])


def scene(data: Dataset, asked: Asked) -> Scene | None:
    """Return the calibration of the score in use for the groups asked for; None while it is worked out."""
    answer = answers.found(MEASURES, repr((data.fingerprint, data.score, asked.request)),
                           partial(calibrate, data, asked.request),
                           at_once=data.counts is not None or data.n <= answers.MANY)
    return None if answer is None else Scene(data, asked, answer, next(iter(answer.groupings.values())))
