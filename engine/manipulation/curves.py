"""Power and frontier against the size of the sample, for pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.manipulation.cells import Counts, Goal, shares_of
from engine.manipulation.power import Protocol, direct_limit, direct_power, g_power, undetectable
from engine.manipulation.projection import optimal
from engine.types import Floats, Ints

POINTS, DRAWS = 24, 8_000
SMALLEST = 50


@dataclass(frozen=True, eq=False)
class Curves:
    """What an audit sees at each size: power by target, and the measure that stays unseen."""

    sizes: Ints                  # (S,)
    targets: tuple[float, ...]   # (T,)
    g_test: Floats               # (T, S)
    direct: Floats               # (T, S)
    unseen_g: Floats             # (S,) inf where everything goes unseen
    unseen_direct: Floats        # (S,)


def curves(reference: Counts, protocol: Protocol, targets: Sequence[float]) -> Curves:
    """Return power and frontier over sizes around the protocol's own, in the formulas of `power`.

    >>> adult = np.array([[1478, 160], [2267, 1095]])
    >>> found = curves(adult, Protocol(500), (0.8,))
    >>> bool((np.diff(found.g_test[0]) >= 0).all()), found.sizes[0].item(), found.sizes[-1].item()
    (True, 50, 5000)
    """
    total = float(reference.sum())
    most = total if protocol.mode == "A" else max(20.0 * protocol.size, 2_000.0)
    sizes = np.unique(np.geomspace(min(SMALLEST, most), most, POINTS).round().astype(np.int64))
    plans = [optimal(reference, Goal(protocol.goal.metric, target)) for target in targets]
    each = [replace(protocol, size=int(size)) for size in sizes]
    limits = [direct_limit(reference, one, DRAWS) for one in each]
    return Curves(
        sizes, tuple(targets),
        np.array([[g_power(reference, plan, one) for one in each] for plan in plans]).reshape(len(plans), -1),
        np.array([[direct_power(plan, one, limit) for one, limit in zip(each, limits, strict=True)]
                  for plan in plans]).reshape(len(plans), -1),
        np.array([undetectable(reference, one) for one in each]), np.array(limits),
    )


def fewest(reference: Counts, size: int) -> float:
    """Return the rows that the smallest cell expects in a sample of that size."""
    return float((shares_of(reference) * size).min())
