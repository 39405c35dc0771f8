"""What the calibration page asks of the engine, kept for this session."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from engine.calibration import Calibration, GroupingCalibration, Request, calibrate
from engine.charts.theme import SHOWN
from engine.types import Dataset
from pages.parts import cache
from pages.parts.calibration_controls import Asked


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


def scene(data: Dataset, asked: Asked) -> Scene:
    """Return the calibration of the score in use for the groups asked for."""
    answer = _calibration(data.fingerprint, data.score, repr(asked.request), _data=data, _request=asked.request)
    return Scene(data, asked, answer, next(iter(answer.groupings.values())))


@st.cache_resource(scope="session", max_entries=2 * cache.ENTRIES, show_spinner="Comparing scores with outcomes")
def _calibration(fingerprint: str, score: str | None, request: str, _data: Dataset, _request: Request) -> Calibration:
    return calibrate(_data, _request)
