"""More than two objectives at once: which policies no other beats, and how much of the space they cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.counting.groups import grouping
from engine.errors import invalid
from engine.frontier import FrontierResult, Point
from engine.frontier.dominance import Mask, Volume, hypervolume, hypervolume_interval, nondominated
from engine.frontier.draw import selection_probability
from engine.frontier.judging import REST, SELECTED, Resampler
from engine.frontier.points import rate_of
from engine.frontier.problem import extent
from engine.frontier.request import Request
from engine.frontier.split import held_out
from engine.frontier.utility import UTILITIES, value_of
from engine.metrics import AUC, DISPARITIES, ERROR_ODDS, Costs
from engine.types import Favourable, Floats

BOUNDED = tuple(key for key, rule in DISPARITIES.items() if not {ERROR_ODDS.key, AUC.key} & set(rule.rates))
MOST = 3           # disparities: the volume of one more would take too long
RESAMPLED = 200_000   # rows up to which the volume gets an interval
ENOUGH = 100       # draws where there are four objectives


@dataclass(frozen=True, eq=False)
class Objectives:
    """Policies by several objectives, on rows that were not used to find them.

    Parameters
    ----------
    keys
        The utility first, then disparities.
    values
        (P, m) as they are read; NaN where a disparity is not estimable.
    better
        (P, m) the same with higher better; what is not estimable counts as the worst.
    front
        (P,) which no other dominates.
    volume
        Of all policies, above the best constant decision at the widest disparities, with its reference as `better`
        has it. Its ends are NaN where nothing was resampled.
    """

    keys: tuple[str, ...]
    values: Floats
    better: Floats
    front: Mask
    volume: Volume


def measured(result: FrontierResult, points: Sequence[Point]) -> tuple[Floats, Floats | None]:
    """Return counts of policies on the rows kept for reporting, and the same on resamples of those rows.

    Returns
    -------
    cells, draws
        (P, G, 6) in the order of `CELLS`, and (R, P, G, 6); None in place of draws beyond `RESAMPLED` rows.

    Raises
    ------
    InvalidData
        Where no rows were kept, or no point has a policy.
    """
    policies = [point.policy for point in points if point.policy is not None]
    if result.reported_on is None or not policies:
        raise invalid("policies need rows that were not used to find them", "frontier", "none", "keep some to report")
    cells = np.stack([np.asarray(result.reported_on.under(p).values, dtype=np.float64) for p in policies])
    if result.rows[1] > RESAMPLED:
        return cells, None
    dataset, request, attributes = result.dataset, result.request, result.groups.attributes
    rows = held_out(dataset, attributes, request.test_size, request.seed) & np.isfinite(dataset.score_values())
    resampler = Resampler.of(dataset, grouping(dataset, attributes)[1], rows, len(result.groups), request.seed)
    return cells, resampler.draws(np.stack([selection_probability(dataset, p) for p in policies], axis=1))


def several(
    cells: Floats, draws: Floats | None, disparities: Sequence[str], request: Request, favourable: Favourable,
    tolerance: float = 0.0,
) -> Objectives:
    """Return policies by the request's utility and some disparities.

    Parameters
    ----------
    cells, draws
        From `measured`.
    disparities
        One to `MOST` keys of `BOUNDED`.
    tolerance
        Differences smaller than this do not count (eps-dominance).
    """
    keys = (request.utility, *disparities[:MOST])
    large = cells[0].sum(axis=-1) >= request.min_group
    values = _values(cells, keys, large, request, favourable)
    better = _better(values, keys)
    alike = np.zeros((2, *cells.shape[1:]))
    alike[0][:, SELECTED] = alike[1][:, REST] = cells[0][:, SELECTED] + cells[0][:, REST]
    usual = float(_values(alike, keys[:1], large, request, favourable).max())
    reference = np.array([usual, *(_worst(key) for key in keys[1:])])
    if draws is None:
        volume = Volume(hypervolume(better, reference), np.nan, np.nan, tuple(map(float, reference)))
    else:
        drawn = _values(draws if len(keys) < 4 else draws[:ENOUGH], keys, large, request, favourable)
        volume = hypervolume_interval(better, _better(drawn, keys), reference, request.level)
    return Objectives(keys, values, better, nondominated(better, tolerance), volume)


def _values(cells: Floats, keys: Sequence[str], large: Mask, request: Request, favourable: Favourable) -> Floats:
    """Return each objective of counts (..., G, 6), (..., m); groups are compared where they are large enough."""
    selected, rest = cells[..., SELECTED], cells[..., REST]
    totals = selected.sum(axis=-2) + rest.sum(axis=-2)
    columns = [_utility(request, selected.sum(axis=-2), totals)]
    selected, rest = selected[..., large, :], rest[..., large, :]
    for key in keys[1:]:
        rule = DISPARITIES[key]
        gaps = [extent(rule, rate_of(rate, selected, selected + rest, favourable)) for rate in rule.rates]
        columns.append(np.min(gaps, axis=0) if rule.form == "ratio" else np.max(gaps, axis=0))
    return np.stack(columns, axis=-1)


def _utility(request: Request, selected: Floats, totals: Floats) -> Floats:
    """Return the utility of counts by outcome (..., 3); totals may differ from draw to draw."""
    costs, utility = Costs(request.cost_fp, request.cost_fn), UTILITIES[request.utility]
    flat = zip(selected.reshape(-1, 3), totals.reshape(-1, 3), strict=True)
    found = [float(value_of(utility, taken, everybody, costs)) if (everybody[:2] > 0).all() else np.nan
             for taken, everybody in flat]   # a draw of few rows may hold one outcome only
    return np.array(found).reshape(selected.shape[:-1])


def _better(values: Floats, keys: Sequence[str]) -> Floats:
    signs = np.array([1.0, *(1.0 if DISPARITIES[key].form == "ratio" else -1.0 for key in keys[1:])])
    worst = np.array([-np.inf, *(_worst(key) for key in keys[1:])])
    return np.where(np.isnan(values), worst, signs * values)


def _worst(key: str) -> float:
    return 0.0 if DISPARITIES[key].form == "ratio" else -1.0
