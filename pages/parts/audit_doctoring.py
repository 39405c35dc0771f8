"""The stress test: doctor the data in use, see whether the audit would notice, take the sample away, marked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from engine.charts import manipulation as charts
from engine.counting.groups import Groups, attribute_sets, grouping
from engine.manipulation import (
    ATTACKS,
    METRICS,
    SAMPLINGS,
    Audit,
    Detection,
    Forgery,
    Goal,
    Sample,
    Simulation,
    detect,
    sample_of,
    simulate,
)
from engine.manipulation.export import MARK, csv_text, doctored_columns, reader
from engine.manipulation.sample import favourable_decision
from engine.metrics import DISPARITIES
from engine.text import markdown, plain
from engine.types import Cancelled, Dataset, Progress
from pages.parts import audit_results, controls, drawing, jobs, notices, opening, session, state
from pages.parts.audit_results import PAGE

JOB, KEPT = "stress test", "stress test"
USUAL = {"disparate_impact_ratio": 0.8, "demographic_parity_difference": 0.05, "equal_opportunity_difference": 0.05}


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one stress test made, and what the audit of it said."""

    forgery: Forgery
    detection: Detection
    attributes: tuple[str, ...]


def draw(data: Dataset) -> None:
    """Draw the controls, and what the last stress test of these data made."""
    if not data.attributes or data.score is None:
        st.info("The stress test needs a protected attribute and a score or a prediction: name them on the data page.")
        return
    sample, attributes = _sides(data)
    request, alpha = _request(data, sample)
    st.button("Doctor a sample", type=controls.leading(), key="doctor", on_click=_start,
              args=(data.fingerprint, sample, attributes, request, alpha))
    job = jobs.take(JOB)
    if job is not None:
        notices.issues(opening.outcome(job))
        if job.state == "done" and job.tag == data.fingerprint:
            state.current().kept[KEPT] = job.result
    jobs.show(JOB)
    made = state.current().kept.get(KEPT)
    if made is not None:
        _made(data, made)


def _sides(data: Dataset) -> tuple[Sample, tuple[str, ...]]:
    """Return the honest rows under the groups and the decision chosen."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        sets = attribute_sets([attribute.name for attribute in data.attributes])
        attributes = controls.select(PAGE, "grouping", "Groups", sets,
                                     show=lambda names: " x ".join(plain(name, 30) for name in names))
        low, high = (float(edge(data.score_values())) for edge in (np.nanmin, np.nanmax))
        usual = session.usual_threshold()
        start = usual if usual is not None else 0.5 if low >= 0 and high <= 1 else float(
            np.nanmedian(data.score_values()))
        threshold = controls.number(PAGE, "threshold", "Selected from a score of", float(start), format="%.4g")
    decision = favourable_decision(data, threshold)
    groups, codes = grouping(data, attributes)
    place = sets.index(attributes)
    chosen = controls.several(
        PAGE, f"unprivileged_{place}", "Unprivileged groups (the rest are privileged; none: every group on its own)",
        groups.names, default=_worst(groups, codes, decision))
    favourable = "being selected" if data.roles.favourable == "selected" else "not being selected"
    st.caption(f"The favourable decision is {favourable}; ratios divide the unprivileged side's share by the other's.")
    return sample_of(data, attributes, tuple(groups.names[g] for g in chosen), decision), attributes


def _worst(groups: Groups, codes: np.ndarray, decision: np.ndarray) -> list[int]:
    """Return the group to start from: of those that are not small, the one least favoured."""
    sizes = np.bincount(codes, minlength=len(groups))
    rate = np.bincount(codes, np.nan_to_num(decision), len(groups)) / np.maximum(sizes, 1)
    rate = np.where(sizes >= 30, rate, np.inf)
    return [int(rate.argmin())]


def _request(data: Dataset, sample: Sample) -> tuple[Simulation, float]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        attack = controls.select(PAGE, "attack", "Attack", tuple(ATTACKS), by="keyword",
                                 show=lambda key: ATTACKS[key].name)
        known = METRICS if data.label is not None else METRICS[:2]
        metric = controls.select(PAGE, "metric", "Measure", known, by="keyword",
                                 show=lambda key: DISPARITIES[key].name)
        target = controls.number(PAGE, f"target_{metric[:9]}", "Target", USUAL[metric], low=0.0, high=5.0, step=0.01)
        size = controls.number(PAGE, "size", "Rows handed in", min(500, len(sample)), low=1, high=len(sample), step=1)
    with st.popover("How the sample is drawn", icon=":material/tune:"):
        scheme = controls.select(PAGE, "sampling", "Sampling", tuple(SAMPLINGS), by="keyword",
                                 show=lambda key: SAMPLINGS[key].name)
        st.caption(f"{SAMPLINGS[scheme].sentence}.")
        tries = controls.number(PAGE, "tries", "Draws to choose the best from", 1, low=1, high=1_000, step=1)
        alpha = controls.number(PAGE, "alpha", "Level of the audit", 0.05, low=0.001, high=0.5, step=0.01,
                                format="%.3f")
        seed = controls.number(PAGE, "seed", "Seed", 0, low=0, high=1_000_000, step=1)
    st.caption(f"The attack {ATTACKS[attack].sentence}. It touches: {ATTACKS[attack].touches}.")
    return Simulation(attack, Goal(metric, float(target)), int(size), scheme, int(tries), alpha, int(seed)), alpha


def _start(mark: str, sample: Sample, attributes: tuple[str, ...], request: Simulation, alpha: float) -> None:
    def work(progress: Progress, cancelled: Cancelled) -> Outcome:
        forgery = simulate(sample, request, lambda share, words: progress(0.4 * share, words), cancelled)
        target = request.goal.target if request.goal.ratio else USUAL["disparate_impact_ratio"]
        found = detect(forgery.sample, forgery.source, Audit("A", alpha, target=target, best_of=request.best_of,
                                                     seed=request.seed),
                       None, lambda share, words: progress(0.4 + 0.6 * share, words), cancelled)
        return Outcome(forgery, found, attributes)

    jobs.start(JOB, work, "Doctoring a sample and auditing it", tag=mark)


def _made(data: Dataset, made: Outcome) -> None:
    forgery, goal = made.forgery, made.forgery.request.goal
    st.subheader("What was made, and whether the audit notices", anchor=False)
    before = float(goal.value(forgery.before))
    altered = "no row altered, only picked"
    if forgery.rows_changed:
        altered = f"{forgery.rows_changed:,} rows altered in all data, {int(forgery.changed.sum()):,} in the sample"
    name, measure = ATTACKS[forgery.request.attack].name, DISPARITIES[goal.metric].name
    st.markdown(
        f"**{name[0].upper()}{name[1:]}**: {measure} from {before:.3f} to **{forgery.reached:.3f}** "
        f"(target {goal.target:g}) in {len(forgery.sample):,} rows; {altered}. Cells moved "
        f"by {forgery.kl:.4f} nats (KL of the plan from the data) and {forgery.wasserstein:.4f} (Wasserstein).")
    if goal.reached(forgery.before):
        st.caption("The honest data reach this target already, so nothing had to be doctored: choose another one.")
    elif not goal.reached(forgery.after) and goal.metric != "equal_opportunity_difference":
        st.caption("The sample falls short of its target: by the sampling, see its note, or because its rows run out.")
    with st.container(horizontal=True, gap="small"):
        _download(data, made)
    if goal.metric == "equal_opportunity_difference":
        titles = ("positives, honest", "positives, handed in")
        picture = charts.mosaic(forgery.source.groups, forgery.before, _positive_cells(forgery), titles)
        drawing.chart(picture, "positives")
        st.caption("The tests below look at all rows and at the ratio of favourable decisions.")
    doctored = not goal.reached(forgery.before)
    audit_results.draw(made.detection, ("honest", "handed in"), doctored)


def _positive_cells(forgery: Forgery) -> np.ndarray:
    sample = forgery.sample
    return sample.take(sample.label == 1).counts if sample.label is not None else sample.counts


def _download(data: Dataset, made: Outcome) -> None:
    def text() -> str:
        names, fetch = reader(data)
        return csv_text(doctored_columns(made.forgery, names, made.attributes, fetch))

    st.download_button("Doctored sample, marked", data=text, file_name=f"{MARK}-{data.fingerprint[:8]}.csv",
                       mime="text/csv", key="doctored csv", on_click="ignore", icon=":material/download:",
                       help=f"Each row and the file's name say {markdown('manipulated: simulation')}.")
