"""What a path found: three linked charts, the chosen point in numbers, and predictions per cell before and after."""

from __future__ import annotations

from math import isnan

import streamlit as st

from engine.charts import intersections_path as charts
from engine.charts import intersections_words as words
from engine.charts.intersections_densities import Densities, densities
from engine.charts.intersections_table import PERFORMANCE
from engine.charts.intersections_words import kappa
from engine.counting.groups import grouping
from engine.dependence.families import FAMILIES
from engine.dependence.request import MODELS, PENALTIES
from engine.dependence.result import Measures, Path
from engine.text import markdown
from engine.types import Dataset, Estimate
from pages.parts import controls, definitions, drawing, state
from pages.parts import intersections_controls as ask
from pages.parts.intersections_training import Trained, setting

CHART_TERMS = ("penalty_strength", "path_loss", "jensen_shannon_divergence", "divergence_by_chance", "path_markers",
               "three_parts", "sum_of_marginal_penalties", "exponentiated_gradient_on_cells")
POINT_TERMS = ("path_loss", "jensen_shannon_divergence", "intersectional_gap", "uniform_fairness_ratio", "ccdcov",
               "distance_correlation", "prediction_spread", "ranked_probability_score")
LIMITS = (
    "What this does not do: the penalty asks that predictions do not depend on the attributes at all (demographic "
    "parity); error rates and calibration within groups may still differ, so look at the calibration page with the "
    "scores in use. A penalty can be lowered by drawing all predictions together: the standard deviation and the slope "
    "show by how much. λ belongs to one penalty and one unit of the outcome; only κ can be compared between paths. "
    "Combinations with few persons weigh little in the penalty and are not compared."
)
UNDEFINED = "not estimable: one number, or fewer than two cells with enough rows"
SIGNIFICANT = {"jsd": "{:.3g}", "jsd_null_high": "{:.3g}", "ccdcov": "{:.3g}", "dcor": "{:.3g}", "spread": "{:.4g}",
               "calibration_slope": "{:.3g}", "uniform_fairness": "{:.3g}"}
ROWS = {"jsd": "Divergence, bits", "jsd_null_high": "Divergence by chance alone", "ccdcov": "CCdCov²",
        "dcor": "dCor², free of scale", "uniform_fairness": "Spread between cells",
        "spread": "Standard deviation of predictions", "calibration_slope": "Slope of outcome on prediction"}


def chosen(trained: Trained) -> Trained:
    """Draw the list of the path's points; return the path with the one chosen."""
    path = trained.path
    places = list(range(len(path.points)))
    place = controls.select(
        ask.PAGE, setting(path), "Point of the path", places, default=words.suggested(path), flat=True,
        show=lambda k: words.listed(path, k), help=definitions.tooltip("path_markers"),
    )
    if said := words.meanings(path):
        st.caption(said[:1].upper() + said[1:])
    return Trained(trained.request, path, place)


def draw(trained: Trained) -> None:
    """Draw the three charts, where the chosen point is ringed, what was done, and the point's numbers."""
    path, place = trained.path, trained.place
    left, right = st.columns(2, gap="medium")
    with left:
        _clickable(charts.loss(path, place), "path loss", path)
    with right:
        _clickable(charts.divergence(path, place), "path divergence", path)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        _clickable(charts.frontier(path, place), "path frontier", path)
        definitions.offer(CHART_TERMS)
    with right:
        _said(path)
    _numbers(trained)


def _clickable(chart: charts.Chart, key: str, path: Path) -> None:
    drawing.chart(chart, key, clicked=lambda: _clicked(path, key))


def _clicked(path: Path, key: str) -> None:
    """Choose the point that was clicked; a click elsewhere changes nothing."""
    said = st.session_state.get(key)
    for point in (said or {}).get("selection", {}).get("points", []):
        place = (*(point.get("customdata") or ()), None)[0]
        if isinstance(place, int) and 0 <= place < len(path.points):
            state.settings(ask.PAGE)[setting(path)] = place
            return


def _numbers(trained: Trained) -> None:
    """Draw the chosen point's numbers: on the rows that choose, on those that report, beside the unpenalised model."""
    path, point = trained.path, trained.point
    first = path.points[0]
    columns = {"Unpenalised, validation": first.validation, "Unpenalised, test": first.test} if (
        first.strength == 0 and trained.place) else {}
    columns |= {f"{kappa(point)}, validation": point.validation, f"{kappa(point)}, test": point.test}
    performance = PERFORMANCE[path.plan.family.performance]
    rows = ["Rows", "Loss", performance[:1].upper() + performance[1:],
            f"Gap over combinations of {markdown(', '.join(path.plan.attributes), 80)}",
            "Largest gap of one attribute", *ROWS.values()]
    table: dict[str, list[str]] = {"": rows}
    for head, seen in columns.items():
        table[head] = _column(seen)
    st.table(table, border="horizontal", hide_index=True)
    strength = "" if point.strength is None else f"λ {point.strength:.4g}; "
    st.caption(f"{strength}gaps compare the {path.gap_is}. The marks were chosen on the validation rows; the test "
               "rows report. From the divergence down, numbers have no interval: rows drawn again hold repeats, which "
               "raise such distances, so bounds would be too high; chance alone stands beside the divergence. "
               "Standard deviation and slope describe these rows.")
    definitions.offer(POINT_TERMS)
    if point.collapsed:
        st.info("At this strength all predictions are one number: nobody can be ranked by them.")


def _column(seen: Measures) -> list[str]:
    estimates = [_estimate(each) for each in (seen.loss, seen.performance, seen.intersectional_gap, seen.marginal_gap)]
    if seen.marginal_of is not None:
        estimates[-1] += f" :small[of {markdown(seen.marginal_of, 40)}]"
    plain = [_plain(getattr(seen, key), SIGNIFICANT[key]) for key in ROWS]
    return [f"{seen.n:,}", *estimates, *plain]


def _estimate(one: Estimate) -> str:
    if isnan(one.value):
        return f":small[{markdown(one.reason or 'not estimable', 120)}]"
    if isnan(one.low):
        return f"**{one.value:.4g}** :small[{markdown(one.reason or 'no interval', 80)}]"
    return f"**{one.value:.4g}** :small[({one.low:.4g} to {one.high:.4g})]"


def _plain(amount: float, form: str) -> str:
    return f":small[{UNDEFINED}]" if isnan(amount) else form.format(amount).replace("-", "−")


def _said(path: Path) -> None:
    """Say what was trained on what, where lambda comes from, what could not be done, and what the method leaves out."""
    request, calibration, rows = path.plan.request, path.calibration, path.rows
    note = f" {definitions.escaped(calibration.note)}." if calibration.note else ""
    st.caption(
        f"{rows[0]:,} rows trained, {rows[1]:,} chose, {rows[2]:,} report. {PENALTIES[request.penalty]} on the "
        f"{ask.SCALES[path.plan.scale]}, {MODELS[path.plan.model]} model, {path.columns:,} columns of features, none "
        f"of them protected. Penalty: {markdown(path.route, 120)}. λ = κ × {calibration.unit:.4g}: the features gain "
        f"{calibration.gain:.4g} of loss over a constant, and the penalty of the unpenalised model is "
        f"{calibration.penalty:.4g}.{note}")
    marked = [key for key in words.MARKERS if getattr(path.markers, key) is not None]
    missing = [words.MARKERS[key] for key in words.MARKERS if key not in marked
               and (key != "meets_target" or request.target)]
    if missing:
        st.caption("No point qualifies for: " + ", ".join(missing) + ".")
    for point in path.baselines:
        if point.strength is None:
            st.caption(f"{markdown(point.name, 80)}: {markdown(point.message, 160)}; it has no κ, so it stands on the "
                       "third chart alone, as the mean of its models' probabilities.")
    for name, why in path.skipped:
        st.caption(f"Left out: {markdown(name, 80)}: {markdown(why, 200)}.")
    if path.left_out:
        st.caption(f"{len(path.left_out)} of {len(path.cells)} combinations have fewer than {request.min_group} test "
                   "rows and are kept out of the gaps.")
    st.caption(LIMITS)


def before_and_after(data: Dataset, trained: Trained) -> None:
    """Draw the densities of predictions per cell, unpenalised against chosen."""
    path = trained.path
    first = next((point for point in path.points if point.strength == 0), None)
    if first is None:
        st.info("The path has no unpenalised model to compare with: train it with κ 0 among the strengths.")
        return
    groups, codes = grouping(data, path.plan.attributes)
    found = Densities(groups.names, codes[path.held], path.prediction(first), path.prediction(trained.point),
                      ask.SCALES[_shown(path)])
    shown = found.largest(path.plan.request.min_group)
    if not shown:
        st.info("No combination has enough rows that trained nothing to draw a density.")
        return
    drawing.chart(densities(found, shown), "densities")
    more = len(found.names) - len(shown)
    st.caption(f"On {len(path.held):,} rows that trained neither model, smoothed by Silverman's rule."
               + (f" {more} combinations with fewer rows are in the table only." if more else ""))
    definitions.offer(("jensen_shannon_divergence", "prediction_spread"))


def _shown(path: Path) -> str:
    """Return the scale of the predictions that are shown, which a penalty on the linear predictor does not change."""
    return FAMILIES[path.plan.family.task].scales[0] if path.plan.scale == "linear" else path.plan.scale
