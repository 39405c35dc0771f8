"""A page with nothing but the live explorer, for its tests: ?case=grid&k=4&n=20000 chooses the data.

    python -m streamlit run tests/e2e/live_app.py
"""

import json

import numpy as np
import streamlit as st

from engine.assessment import Request, assess
from engine.counting.index import ScoreIndex
from engine.counting.table import CountTable
from engine.policy import Policy
from pages.parts import threshold_native
from pages.parts.live_explorer import Reading, explorer, handles
from tests.build import dataset

NAMES = ["White", "Black", "Asian", "Hispanic", "Mixed", "Other", "Not stated", "Pacific Islander", "American Indian",
         "Arab", "Jewish", "Roma and Travellers, including Gypsy communities", *(f"group {i}" for i in range(13, 41))]
HOSTILE = ["<img src=x onerror=alert(1)>", "</script><script>alert(2)</script>", "${alert(3)}", "__proto__"]
METRICS = ("selection_rate", "true_positive_rate", "false_positive_rate", "precision", "accuracy")
EVERY = (*METRICS, "favourable_rate", "balanced_accuracy", "f1", "matthews_correlation", "expected_cost")

threshold_native.PATIENCE = 0.0   # who never reported is silent at once
st.set_page_config("Live explorer", layout="wide")
ask = st.session_state.setdefault("ask", st.query_params.to_dict() or {})
K, N, CASE = int(ask.get("k", 4)), int(ask.get("n", 20_000)), ask.get("case", "grid")


@st.cache_resource(scope="session")
def sample(case: str, k: int, n: int):
    """Rows whose groups differ in size, base rate and how well the score ranks them."""
    rng = np.random.default_rng(7)
    share = 1 / np.arange(1, k + 1)
    group = rng.choice(k, n, p=share / share.sum())
    event = rng.random(n) < np.linspace(0.35, 0.6, k)[group]
    skill = np.linspace(2.6, 1.2, k)[group]
    scores = rng.beta(1.4 + skill * event + 0.5 * group / k, 3.0 - 0.45 * skill * event)
    label = np.where(rng.random(n) < 0.05, -1, event) if case == "unknown" else event
    weight = rng.random(n) * 3 + 0.1 if case == "weights" else None
    scores = {"deciles": np.ceil(10 * scores), "quantiles": np.exp(4 * scores)}.get(case, scores)
    names = [*HOSTILE, *NAMES[4:]] if case == "hostile" else NAMES
    favourable = "not-selected" if case == "deciles" else "selected"
    race = dataset(scores, label, weight, favourable, race=np.array(names)[group])
    return race, CountTable.build(race, ("race",)), ScoreIndex.build(race, ("race",))


def starting(case: str, table: CountTable) -> Policy:
    names = table.groups.names
    if case == "lottery":
        mixes = ((names[0], ((0.3004, 0.25), (0.6001, 0.75))), (names[1], ((0.41237, 1.0),)))
        return Policy("randomised", 0.5, mixes, ("race",))
    return Policy.common(5 if case == "deciles" else float(table.edges[len(table.edges) // 2]))


@st.fragment
def page() -> None:
    st.session_state.runs = st.session_state.get("runs", -1) + 1   # run 1 is the report of the first painting
    st.caption(f"silent: {threshold_native.silent('live')}")
    data, table, index = sample(CASE, K, N)
    held = st.session_state.setdefault("policy", starting(CASE, table))
    every = st.checkbox("Every rate", bool(ask.get("every")))
    reading = Reading(EVERY if every else METRICS, favourable=data.roles.favourable)
    size, edges = len(handles(table)), len(table.edges)
    presets = [("middle for all", "one threshold", [edges // 2] * size),
               ("stairs", "one edge more per group", [edges // 2 + h for h in range(size)])]
    if st.button("Reset"):
        held = starting(CASE, table)
    choice = explorer(table, key="live", policy=held, baseline=starting(CASE, table), reading=reading, presets=presets,
                      index=index, separate=ask.get("separate", "1") == "1")
    st.session_state.policy = choice.policy
    result = assess(data, Request(choice.policy, (("race",),)), index).groupings["race"]
    gaps = {key: gap.value for key, gap in result.disparities.items()}
    rates = {key: [str(v) for v in result.rates[key].value] for key in reading.metrics}
    st.text(f"python run {st.session_state.runs} " + json.dumps(
        {"policy": choice.policy.to_json(), "linked": choice.linked, "gaps": {k: str(v) for k, v in gaps.items()},
         "rates": rates}))


def explorer_page() -> None:
    st.session_state.page_runs = st.session_state.get("page_runs", 0) + 1
    st.caption(f"page run {st.session_state.page_runs}")
    page()


def other_page() -> None:
    st.subheader("Another page")


st.navigation([st.Page(explorer_page, title="Explorer", default=True), st.Page(other_page, title="Other")]).run()
