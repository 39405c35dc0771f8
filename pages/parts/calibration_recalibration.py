"""The section on recalibration: cross-fitted maps as a job, what each does to calibration and to decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from engine.calibration.effects import GAPS, RATES
from engine.calibration.maps import METHODS
from engine.calibration.moves import Move, move
from engine.calibration.recalibrate import CHOSEN, Recalibration, possible, recalibrated
from engine.charts import calibration_moves as charts
from engine.charts.calibration import signed
from engine.charts.theme import badge
from engine.counting.counted import need_rows
from engine.metrics import DISPARITIES
from engine.metrics import RATES as ALL_RATES
from engine.text import markdown
from engine.types import Cancelled, Dataset, Progress
from pages.parts import (
    calibration_used,
    controls,
    definitions,
    drawing,
    jobs,
    notices,
    opening,
    policy_book,
    state,
    versions,
)
from pages.parts.calibration_controls import PAGE, Asked

JOB = "recalibration"
WHOSE = {"pooled": "one for everybody", "group": "one per group"}
TERMS = ("recalibration", "pooled_map", "group_maps", "out_of_fold_loss", "score_version", "two_bin_error", "ecce_r",
         *GAPS)
MAPS = {"platt": "platt_map", "temperature": "temperature_map", "beta": "beta_map", "isotonic": "isotonic_map",
        "centred_isotonic": "centred_isotonic_map", "binning": "binning_map", "h_calibration": "h_calibration_map"}
WHY = (
    "A map turns each score into the share with the outcome among scores like it. Every row is mapped by a map that "
    "did not see it (five folds), with five seeds; there is no other way here, as a map fitted on the rows that "
    "it is judged by always looks calibrated."
)


def draw(data: Dataset, asked: Asked) -> None:
    """Draw the choice of a map, the job, and what was found for this score, grouping and policy."""
    need_rows(data, "recalibration")
    st.markdown(WHY)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        request, everything = _chosen(data, asked)
        definitions.offer((*TERMS, *(MAPS[key] for key in METHODS)))
    st.caption(_described(request.method))
    context = _context(data, asked)
    busy = jobs.active(JOB)
    with st.container(horizontal=True, gap="small"):
        st.button("Recalibrate", key="recalibrate", type=controls.leading(), disabled=busy, on_click=_start,
                  args=(data, asked, context, (request,)))
        st.button("Compare all maps", key="recalibrate all", disabled=busy, on_click=_start,
                  args=(data, asked, context, everything), help="Every map, for everybody and per group.")
    jobs.show(JOB)
    _collect()
    found = list(_kept(context).values())
    if found:
        _drawn(found, asked, data, data)
    else:
        _earlier(data, asked)


def _described(method: str) -> str:
    """Return what the map chosen is, in a sentence."""
    if method == CHOSEN:
        return "For each fold, the map of lowest log loss on the other folds."
    return f"{METHODS[method].name[0].upper()}{METHODS[method].name[1:]}: {METHODS[method].sentence}"


def _earlier(data: Dataset, asked: Asked) -> None:
    """Keep the comparison in sight that the score in use was chosen from."""
    first = calibration_used.before(data)
    if first is None:
        return
    then = replace(asked, policy=policy_book.book(first).now)
    found = list(_kept(_context(first, then)).values())
    if found:
        st.caption(f"{markdown(data.score, 120)} is in use now. Below are the maps of {markdown(first.score, 120)} "
                   "that it was chosen from, at the thresholds of that score.")
        _drawn(found, then, first, data)


def _chosen(data: Dataset, asked: Asked) -> tuple[Recalibration, tuple[Recalibration, ...]]:
    """Return the recalibration asked for, and all that can be compared on this score."""
    scores = data.score_values()
    known = scores[np.isfinite(scores)]
    keys = possible(bool(len(known)) and bool(known.min() >= 0 and known.max() <= 1))
    names = {key: METHODS[key].name + (" (experimental)" if METHODS[key].experimental else "") for key in keys}
    names[CHOSEN] = "the best on other folds"
    method = controls.select(PAGE, "method", "Map", tuple(names), by="keyword", show=names.__getitem__,
                             help=definitions.tooltip("recalibration"))
    whose = controls.select(PAGE, "whose", "Fitted", tuple(WHOSE), by="keyword", show=WHOSE.__getitem__, flat=True)
    compare = {"compare": ()} if method != CHOSEN else {}
    one = Recalibration(method, whose == "group", asked.attributes, **compare)   # type: ignore[arg-type]
    usual = [key for key in keys if not METHODS[key].experimental]
    return one, tuple(Recalibration(key, each, asked.attributes, compare=()) for each in (False, True) for key in usual)


def _context(data: Dataset, asked: Asked) -> str:
    """Return what results belong to: another score, grouping, policy, cut or group size makes them others."""
    return repr((data.fingerprint, data.score, asked.attributes, asked.policy, asked.cut, asked.request.min_group,
                 asked.request.level))


def _kept(context: str) -> dict[str, Move]:
    every: dict[str, dict[str, Move]] = state.current().kept.setdefault(JOB, {})
    return every.setdefault(context, {})


def _start(data: Dataset, asked: Asked, context: str, requests: Sequence[Recalibration]) -> None:
    inside = possible(True) == possible(_probability(data))
    cut = asked.request.cut if inside else 0.5

    def work(progress: Progress, cancelled: Cancelled) -> list[Move]:
        found = []
        for place, request in enumerate(requests):
            def part(share: float, words: str, place: int = place, request: Recalibration = request) -> None:
                name = METHODS[request.method].name if request.method in METHODS else "best map"
                progress((place + share) / len(requests), f"{name}: {words}")

            mapped = recalibrated(data, request, part, cancelled)
            found.append(move(mapped, asked.assessed(), cut, None, cancelled))
        return found

    jobs.start(JOB, work, "Recalibrating", tag=context)


def _probability(data: Dataset) -> bool:
    scores = data.score_values()
    known = scores[np.isfinite(scores)]
    return bool(len(known)) and bool(known.min() >= 0 and known.max() <= 1)


def _collect() -> None:
    """Keep what a finished job found."""
    if (done := opening.finished(JOB)) is not None:
        _kept(str(done.tag)).update({charts.named(each): each for each in done.result})


def _drawn(found: Sequence[Move], asked: Asked, mapped: Dataset, used: Dataset) -> None:
    """Draw the arrows, and one of the recalibrations in full."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        gap = controls.select(PAGE, "gap", "Up: gap in decisions", GAPS, by="keyword",
                              show=lambda key: DISPARITIES[key].name)
        error = controls.select(PAGE, "error", "Across: miscalibration", tuple(charts.ERRORS), by="keyword",
                                show=charts.ERRORS.__getitem__)
    left, right = st.columns([3, 2], gap="large")
    with left:
        drawing.chart(charts.moves(found, error, gap), "recalibration")
        if found[0].before is None:
            st.caption("The score as it is has no place here: it is no probability, so it has no calibration error.")
        if found[0].effects.said:
            st.caption(f"Decisions: {markdown(found[0].effects.said, 200)}.")
    with right:
        _one(found, asked, gap, mapped, used)


def _one(found: Sequence[Move], asked: Asked, gap: str, mapped: Dataset, used: Dataset) -> None:
    names = [charts.named(each) for each in found]
    place = st.selectbox("Shown in full", range(len(found)), index=len(found) - 1, format_func=names.__getitem__,
                         key=f"recalibration looked at {state.mark()} {len(found)}")
    chosen = found[place or 0]
    st.markdown(_summary(chosen, gap))
    for name, why in chosen.fallbacks:
        st.caption(f"Took the map of everybody: {markdown(name, 40)}, {markdown(why, 160)}.")
    if chosen.request.per_group:
        st.warning("A map per group needs each person's group when it is used. " + notices.TREATMENT,
                   icon=":material/balance:")
    refusal = "These scores are in use." if chosen.version.score == used.score else versions.refusal()
    st.button("Use these scores", key="use recalibrated", icon=":material/arrow_forward:",
              on_click=calibration_used.use, args=(chosen.version, mapped.score),
              disabled=refusal is not None, help=refusal
              or "Puts them in use on every page; the sidebar leads back. Choose thresholds after recalibration: equal "
                 "thresholds of the score before are no longer equal.")
    st.table(_groups(chosen), border="horizontal", hide_index=True)
    st.caption(f"Before → after, at the thresholds in force; groups under {asked.request.min_group} rows are in grey. "
               "Intervals of every rate stand on the threshold page once the scores are in use.")


def _summary(chosen: Move, gap: str) -> str:
    """Say what the map does to the worst group's calibration, to the gap and to log loss, with the spread of seeds."""
    after, lines = chosen.after[0], []
    errors = np.array([place.ece2 for place in chosen.after])
    before = "" if chosen.before is None else f"{chosen.before.ece2:.3f} ({markdown(chosen.before.ece2_group, 30)}) → "
    lines.append(f"Two-bin error of the worst group: {before}**{after.ece2:.3f}** ({markdown(after.ece2_group, 30)}); "
                 f"over {len(errors)} seeds {errors.min():.3f} to {errors.max():.3f}.")
    gaps = np.array([place.gaps[gap] for place in chosen.after])
    result = next(iter(chosen.effects.before.groupings.values())).disparities[gap]
    later = next(iter(chosen.effects.after.groupings.values())).disparities[gap]
    lines.append(f"{DISPARITIES[gap].name.capitalize()}: {_worded(result)} → **{_worded(later)}**; over seeds "
                 f"{np.nanmin(gaps):.3f} to {np.nanmax(gaps):.3f}." if np.isfinite(gaps).any() else
                 f"{DISPARITIES[gap].name.capitalize()}: not estimable.")
    raw, mapped = chosen.loss
    lines.append((f"Log loss: {raw:.4f} → **{mapped:.4f}**" if np.isfinite(raw) else f"Log loss: **{mapped:.4f}**")
                 + ", out of fold, lower is better.")
    if chosen.chosen:
        lines.append("Chosen fold by fold: " + ", ".join(METHODS[key].name for key in chosen.chosen) + ".")
    return "\n".join(f"- {line}" for line in lines)


def _worded(found: object) -> str:
    value, low, high = (float(getattr(found, part)) for part in ("value", "low", "high"))
    if np.isnan(value):
        return "not estimable"
    ends = "" if np.isnan(low) or np.isnan(high) else f" ({low:.3f} to {high:.3f})"
    return (f"{value:.3f}" + ends).replace("-", "−")


def _groups(chosen: Move) -> dict[str, list[str]]:
    """Return each group's calibration after, and its rates before and after."""
    before, after = (next(iter(each.groupings.values())) for each in (chosen.effects.before, chosen.effects.after))
    rows = [g for g in range(len(after.names)) if after.sizes[g]]
    table: dict[str, list[str]] = {
        "Group": [_grey(f"**{badge(g)}** {markdown(after.names[g], 30)}", after.small[g]) for g in rows],
        "In the large": [_grey(signed(chosen.calibration.measured[g].calibration_in_the_large.value), after.small[g])
                         for g in rows],
    }
    for key in RATES:
        table[ALL_RATES[key].name.capitalize()] = [
            _grey(_moved(float(before.rates[key].value[g]), float(after.rates[key].value[g])), after.small[g])
            for g in rows]
    return table


def _moved(before: float, after: float) -> str:
    if np.isnan(before + after):
        return ":small[not estimable]"
    return f"{100 * before:.1f}\u00a0→ **{100 * after:.1f}\u00a0%**"


def _grey(words: str, small: object) -> str:
    return f":gray[{words}]" if small else words
