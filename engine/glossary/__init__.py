"""Every rate, disparity, interval and rule in words: the source of tooltips, the guide and the report's appendix."""

from __future__ import annotations

from engine.glossary.calibration import CALIBRATION
from engine.glossary.dependence import DEPENDENCE
from engine.glossary.disparities import DISPARITIES
from engine.glossary.drivers import DRIVERS
from engine.glossary.entry import Entry
from engine.glossary.frontier import FRONTIER
from engine.glossary.intersections import INTERSECTIONS
from engine.glossary.intervals import INTERVALS
from engine.glossary.manipulation import MANIPULATION
from engine.glossary.rates import RATES
from engine.glossary.recalibration import RECALIBRATION
from engine.glossary.regulation import REGULATION
from engine.glossary.rules import RULES
from engine.glossary.scoring import SCORING

GLOSSARY: dict[str, Entry] = {
    **RATES, **DISPARITIES, **INTERVALS, **RULES, **MANIPULATION, **FRONTIER, **CALIBRATION, **RECALIBRATION, **DRIVERS,
    **DEPENDENCE, **INTERSECTIONS,
    **SCORING, **REGULATION,
}

__all__ = ["GLOSSARY", "Entry"]
