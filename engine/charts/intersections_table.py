"""Every model of a path and beside it, on the validation and on the test rows, as columns."""

from __future__ import annotations

from engine.charts.intersections_words import MARKERS, finite, name
from engine.charts.theme import Column
from engine.dependence.result import Measures, Path, PathPoint
from engine.types import Estimate

PERFORMANCE = {"auc": "area under the curve", "rmse": "root mean squared error", "rps": "ranked probability score"}
ESTIMATES = {"loss": "loss", "performance": "", "marginal_gap": "gap of one attribute",
             "intersectional_gap": "gap over combinations", "mean_gap": "gap of the mean prediction"}
NUMBERS = {"jsd": "divergence, bits", "jsd_null_high": "chance alone", "jsd_p_value": "p-value of the divergence",
           "uniform_fairness": "spread between cells", "ccdcov": "CCdCov squared", "jdcov": "JdCov squared",
           "dcov": "sum of marginal dCov squared", "dcor": "dCor squared",
           "spread": "standard deviation of predictions", "calibration_slope": "slope of outcome on prediction"}


def table(path: Path) -> dict[str, Column]:
    """Return one row per model and part of the rows."""
    rows = [(point, part, getattr(point, part)) for point in (*path.points, *path.baselines)
            for part in ("validation", "test")]
    marked = {path.points[place].key: words for key, words in MARKERS.items()
              if (place := getattr(path.markers, key)) is not None}
    columns: dict[str, Column] = {
        "model": [name(point) for point, _, _ in rows],
        "kappa": [point.kappa for point, _, _ in rows], "lambda": [point.strength for point, _, _ in rows],
        "rows are": [part for _, part, _ in rows], "rows": [seen.n for *_, seen in rows],
    }
    for key, words in ESTIMATES.items():
        words = words or PERFORMANCE[path.plan.family.performance]
        found: list[Estimate] = [getattr(seen, key) for *_, seen in rows]
        columns |= {words: [finite(one.value) for one in found], f"{words}, low": [finite(one.low) for one in found],
                    f"{words}, high": [finite(one.high) for one in found]}
    for key, words in NUMBERS.items():
        columns[words] = [finite(getattr(seen, key)) for *_, seen in rows]
    columns["seconds"] = [finite(point.seconds) for point, _, _ in rows]
    columns["note"] = [_note(point, seen, marked) for point, _, seen in rows]
    return columns


def _note(point: PathPoint, seen: Measures, marked: dict[str, str]) -> str:
    parts = [marked.get(point.key), "all predictions are one number" if point.collapsed else None,
             None if point.converged else "the optimiser stopped early", seen.intersectional_gap.reason,
             point.message if point.strength is None else None]
    return "; ".join(part for part in parts if part)
