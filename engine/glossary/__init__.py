"""Every rate, disparity, interval and rule in words: the source of tooltips, the guide and the report's appendix."""

from __future__ import annotations

from engine.glossary.disparities import DISPARITIES
from engine.glossary.entry import Entry
from engine.glossary.frontier import FRONTIER
from engine.glossary.intervals import INTERVALS
from engine.glossary.manipulation import MANIPULATION
from engine.glossary.rates import RATES
from engine.glossary.rules import RULES

GLOSSARY: dict[str, Entry] = {**RATES, **DISPARITIES, **INTERVALS, **RULES, **MANIPULATION, **FRONTIER}

__all__ = ["GLOSSARY", "Entry"]
