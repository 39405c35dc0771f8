"""Could this sample have been doctored, and would we notice? Both sides of an audit, and what it can see."""

from __future__ import annotations

from engine.manipulation.attacks import ATTACKS, Forgery, Simulation, simulate
from engine.manipulation.battery import TESTS
from engine.manipulation.cells import METRICS, Goal
from engine.manipulation.detection import Audit, Detection, Proportions, detect
from engine.manipulation.nulls import MODES
from engine.manipulation.power import PowerResult, Protocol, power
from engine.manipulation.sample import Sample, sample_of
from engine.manipulation.sampling import SAMPLINGS

__all__ = [
    "ATTACKS", "METRICS", "MODES", "SAMPLINGS", "TESTS", "Audit", "Detection", "Forgery", "Goal", "PowerResult",
    "Proportions", "Protocol", "Sample", "Simulation", "detect", "power", "sample_of", "simulate",
]
