"""Small reports for tests: a fixed clock, and names of groups that nobody should trust."""

from datetime import UTC, datetime
from functools import lru_cache

import numpy as np

from engine.policy import Policy
from engine.report import ReportRequest, build
from tests.build import dataset

CLOCK = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script>", '=HYPERLINK("http://evil.example")', "https://evil.example/x", "مرحبا بالعالم",
    "\u202eright to left\u202c", "$x^2$ #import *bold* `code` @ref", "</script><img src=x onerror=alert(1)>", "y" * 60,
)


def data(names=("a", "b"), n=240, seed=3, **more):
    """Return a data set of n rows in equal groups, with a score that says something."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 33, n) / 32
    label = (rng.random(n) < 0.2 + 0.6 * scores).astype(int)
    return dataset(scores, label, g=[names[i % len(names)] for i in range(n)], **more)


@lru_cache
def report(names=("a", "b"), n=240, **asked):
    """Return a full report about one threshold on such data."""
    return build(data(names, n), ReportRequest(policy=Policy.common(0.5), source="data.csv", **asked), CLOCK)


def hostile():
    """Return a report whose group names try to be code, formulas, addresses and right-to-left text."""
    return report(HOSTILE, 40 * len(HOSTILE))
