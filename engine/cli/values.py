"""The engine's results as JSON values: no NaN, no infinity; what is not estimable is None beside its reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from engine import __version__
from engine.assessment import Assessment, Disparity, GroupingResult, Request
from engine.counting.counts import Numbers
from engine.policy import Policy
from engine.types import Attribute, Dataset, Estimate, Estimates

NO_INTERVAL = "no interval: too little data for one"
SCORELESS = "no score"
Json = dict[str, Any]


def finite(number: float) -> float | None:
    """Return a plain float, or None for NaN and infinities, which strict JSON does not know.

    >>> finite(0.5), finite(math.inf)
    (0.5, None)
    """
    return float(number) if math.isfinite(number) else None


def count(number: float) -> float | int:
    """Return a count of rows: an integer where it is whole.

    >>> count(3.0), count(2.5)
    (3, 2.5)
    """
    return int(number) if float(number).is_integer() else float(number)


def estimate(item: Estimate) -> Json:
    """Return ``{"value", "low", "high", "n", "reason"}``; a null among the first three always has a reason."""
    value, low, high = finite(item.value), finite(item.low), finite(item.high)
    reason = item.reason
    if reason is None and None in (value, low, high):
        reason = NO_INTERVAL if value is not None else "not estimable"
    return {"value": value, "low": low, "high": high, "n": count(item.n), "reason": reason}


def estimates(rates: Mapping[str, Estimates], group: int) -> Json:
    """Return one group's estimate of every rate, by key."""
    return {key: estimate(column[group]) for key, column in rates.items()}


def disparity(item: Disparity) -> Json:
    """Return one disparity; `reason` explains its nulls, `noise_reason` those of the noise band."""
    return {
        "value": finite(item.value), "low": finite(item.low), "high": finite(item.high), "interval": item.interval,
        "noise_high": finite(item.noise_high), "p_value": finite(item.p_value), "noise_reason": item.noise_reason,
        "reason": item.reason, "highest": item.highest, "lowest": item.lowest,
        "left_out": [name for name, _ in item.left_out],
        "left_out_reasons": dict(item.left_out),
    }


def cells(result: GroupingResult, group: int) -> Json:
    """Return one group's counts: weighted ones are floats, rows are integers."""
    values = result.counts.values[group]
    rows = result.counts.rows[group]
    names = ("tp", "fp", "fn", "tn")
    return {
        "n": _cell(values.sum()),
        **{name: _cell(value) for name, value in zip(names, values[:4], strict=True)},
        "rows": count(rows.sum()), "labelled": count(rows[:4].sum()), "unlabelled": count(rows[4:].sum()),
    }


def _cell(number: Numbers) -> float | int:
    return int(number) if np.issubdtype(type(number), np.integer) else float(number)


def grouping(result: GroupingResult) -> Json:
    """Return the groups of one grouping, its disparities, and every group against the reference group."""
    groups = {
        name: {
            "levels": dict(zip(result.attributes, result.levels[g], strict=True)),
            **cells(result, g),
            "small": bool(result.small[g]),
            "rates": estimates(result.rates, g),
            "auc": estimate(result.auc[g]),
        }
        for g, name in enumerate(result.names)
    }
    return {
        "attributes": list(result.attributes),
        "reference": result.names[result.reference] if result.names else None,
        "groups": groups,
        "disparities": {key: disparity(item) for key, item in result.disparities.items()},
        "against_reference": {
            name: {form: estimates(rates, g) for form, rates in result.against_reference.items()}
            for g, name in enumerate(result.names)
        },
    }


def data(dataset: Dataset, found: Assessment) -> Json:
    """Return what the data are, how many rows were used, and which were not and why."""
    excluded = [asdict(item) for item in dataset.excluded]
    if found.unscored:
        excluded.append({"reason": SCORELESS, "rows": found.unscored})
    return {
        "name": dataset.name, "sha256": dataset.sha256, "fingerprint": dataset.fingerprint,
        "rows": dataset.rows, "rows_used": found.rows_used, "excluded": excluded,
        "labelled": found.labelled, "unlabelled": found.rows_used - found.labelled,
        "simulated": dataset.simulated,
        "issues": [{"severity": issue.severity, "sentence": issue.sentence()} for issue in dataset.issues],
    }


def roles(dataset: Dataset) -> Json:
    """Return what each column is, and the score in use."""
    given = dataset.roles
    return {
        **{name: value for name, value in asdict(given).items() if name != "scores"},
        "protected": [_attribute(dataset, attribute) for attribute in given.protected],
        "features": list(given.features), "score": dataset.score, "score_source": dataset.score_source,
    }


def _attribute(dataset: Dataset, attribute: Attribute) -> Json:
    found = dataset.attribute(attribute.column)
    return {"column": found.name, "kind": found.kind, "edges": list(found.edges), "reference": attribute.reference}


def policy(chosen: Policy, note: str | None) -> Json:
    """Return the policy that was applied, and where it came from when nobody gave it."""
    return {**chosen.to_json(), "note": note}


def settings(request: Request) -> Json:
    """Return what the numbers were computed with."""
    return {"level": request.level, "min_group": request.min_group, "cost_fp": request.cost_fp,
            "cost_fn": request.cost_fn, "seed": request.seed, "version": __version__}
