"""The diagnosis: gaps of one attribute against gaps of combinations, cell by cell, and where the dependence lies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from math import isnan

import streamlit as st

from engine.charts import intersections_cells as cells
from engine.charts import intersections_words as words
from engine.charts.intersections_terms import terms
from engine.charts.theme import badge
from engine.dependence.diagnosis import Compared, Contrast, Diagnosis, Question, compare_cells, diagnose
from engine.dependence.observed import OUTCOME, observed
from engine.dependence.request import PENALTIES
from engine.dependence.version import held_out
from engine.errors import InvalidData
from engine.text import markdown, plain
from engine.types import Cancelled, Dataset, Progress
from pages.parts import answers, definitions, drawing, jobs, notices
from pages.parts.intersections_training import Trained

CELLS = answers.Kind("combinations", "Looking at combinations", "Look at the combinations", 8)
PARTS_OF = answers.Kind("dependence", "Measuring the dependence", "Measure the dependence", 8, jobs.BESIDE, 1.0)
WORST = 8
TERMS = ("intersectional_gap", "cell_against_rest", "beyond_single_attributes", "intersection", "wilson")
PARTS = ("distance_covariance", "ccdcov", "jdcov", "interaction_term", "permutation_of_predictions", "bias_corrected",
         "landmark_features")


@dataclass(frozen=True, eq=False)
class Look:
    """What is looked at: data whose score in use it is, the question, and both in words."""

    data: Dataset
    question: Question
    what: str            # plain
    note: str = ""

    def tag(self, question: Question) -> str:
        """Return the name of the answer to a question about this."""
        score = self.data.score if self.data.score != OUTCOME else None
        return repr((self.data.fingerprint, score, self.what, question))

    @property
    def share(self) -> bool:
        """Whether the numbers are shares of rows."""
        return self.question.threshold is not None


def sources(data: Dataset, trained: Trained | None) -> list[str]:
    """Return what can be looked at."""
    there = {"score": data.score is not None, "outcome": data.label is not None or data.target is not None,
             "unpenalised": trained is not None, "chosen": trained is not None}
    return [key for key, fine in there.items() if fine]


def look(data: Dataset, of: str, question: Question, trained: Trained | None) -> Look:
    """Return what is looked at, with its name in words."""
    if of == "outcome":
        return _outcome(data, question)
    if of == "score" or trained is None:
        return Look(data, question, _named(plain(data.score, 40), question))
    point = trained.path.points[0] if of == "unpenalised" else trained.point
    seen = held_out(data, trained.path, point)
    note = f"{len(trained.path.held):,} rows that trained nothing; the others have no value."
    return Look(seen, question, _named(f"prediction of {words.name(point)}", question), note)


def _outcome(data: Dataset, question: Question) -> Look:
    seen, column = observed(data), plain(data.roles.label or data.roles.target, 40)
    if data.label is not None:
        return Look(seen, question, f"share with {column} = {plain(data.roles.positive, 20)}")
    note = "" if seen.weight is data.weight else "Counts over their exposure; rows weigh by it."
    return Look(seen, question, _named(column if not note else f"{column} per unit of exposure", question), note)


def _named(name: str, question: Question) -> str:
    if question.threshold is None:
        return f"mean of {name}"
    return f"share with {name} ≥ {question.threshold:.4g}"


def draw(shown: Look) -> None:
    """Draw the sentences, the cells, the worst of them and, once it is known, the parts of the dependence."""
    compared = answers.found(CELLS, shown.tag(replace(shown.question, permutations=0, most=None)),
                             partial(_cells, shown.data, shown.question), at_once=shown.data.n <= answers.MANY)
    if compared is None:
        return
    st.markdown("\n".join(f"- {line}" for line in words.told(compared, markdown(shown.what, 80), shown.share)))
    left, right = st.columns([3, 2], gap="large")
    with left:
        drawing.chart(cells.cells(compared, shown.what, shown.share), "combinations")
        if said := cells.shown(compared):
            st.caption(said)
        definitions.offer(TERMS)
    with right:
        _dependence(shown, compared)
    _worst(compared, shown)
    st.caption(f"Intervals at {100 * shown.question.level:g} %, one by one; bounds and p-values of differences hold "
               f"for all combinations together. {shown.note}")


def _cells(data: Dataset, question: Question, progress: Progress, cancelled: Cancelled) -> Compared:
    progress(0.0, "counting")
    return compare_cells(data, question)


def _dependence(shown: Look, compared: Compared) -> None:
    """Draw how large the dependence is and where it lies; its progress until then."""
    question = shown.question
    work = partial(diagnose, shown.data, question, compared=compared)
    try:
        found: Diagnosis | None = answers.found(PARTS_OF, shown.tag(question), work)
    except InvalidData as refusal:   # the cells stand without it
        notices.issues(refusal.issues)
        return
    if found is None:
        st.caption(f"How far it depends on all attributes together ({PENALTIES[question.penalty]}), and what chance "
                   "alone would show, stands here once it is worked out. The rest of the page does not wait for it.")
        return
    st.markdown(words.dependence(found, question.penalty, question.permutations)
                + words.units(found.cells.attributes, question.as_continuous or ()))
    if found.dependence_rows < found.rows:
        st.caption(f"Measured on {found.dependence_rows:,} of the {found.rows:,} persons, drawn at random, "
                   "p-value included; on all of them a smaller one could be told from chance. Settings has the "
                   "number.")
    drawing.chart(terms(found, PENALTIES[question.penalty]), "dependence parts")
    definitions.offer(PARTS)
    st.caption(f"Dependence: {plain(found.route, 120)}.")


def _worst(found: Compared, shown: Look) -> None:
    if not found.contrasts:
        st.info(f"No combination has enough rows to be compared with the others: {cells.WAY_OUT}.")
        return
    apart = sum(words.sure(each) for each in found.contrasts)
    rows = found.contrasts[:WORST]
    first = f"; the first {WORST} stand here, all in the table of the chart" if len(found.contrasts) > WORST else ""
    st.markdown(f"**Most surely different from all others** ({apart} of {len(found.contrasts)} have bounds that leave "
                f"out 0{first})")
    digits = words.decimals(found.estimates.value[[each.cell for each in rows]])
    number = [badge(each.cell) for each in rows]
    st.table({
        "Combination": [f"**{n}** {markdown(each.name, 50)}" for n, each in zip(number, rows, strict=True)],
        "Persons": [f"{found.estimates.n[each.cell]:,.0f}" for each in rows],
        shown.what[:1].upper() + markdown(shown.what[1:], 50): [
            definitions.escaped(words.between(found.estimates[each.cell], shown.share, digits)) for each in rows],
        "Minus all others": [_difference(each, shown.share, digits) for each in rows],
        "p (Holm)": [f"{each.p_value:.3f}" if each.p_value >= 0.001 else "under 0.001" for each in rows],
        "Beyond single attributes": [_points(float(found.beyond[each.cell]), shown.share, digits) for each in rows],
    }, border="horizontal", hide_index=True)


def _difference(each: Contrast, share: bool, digits: int) -> str:
    value, low, high = (_points(end, share, digits) for end in (
        each.difference.value, each.difference.low, each.difference.high))
    return f"**{value}** :small[({low} to {high})]"


def _points(amount: float, share: bool, digits: int) -> str:
    if isnan(amount):
        return "not estimable"
    said = f"{100 * amount:+.1f} points" if share else f"{amount:+,.{digits}f}"
    return said.replace("-", "−").replace(" ", "\u00a0")
