"""Policies: taken away, brought back, named, compared side by side, shared by the address."""

from __future__ import annotations

import json
from math import isinf

import streamlit as st

from engine.assessment import Assessment
from engine.charts.theme import SHOWN, Column, badge
from engine.counting.counted import Index
from engine.errors import InvalidPolicy
from engine.metrics import DISPARITIES, RATES
from engine.policy import Policy
from engine.text import markdown, plain
from engine.thresholds import exchange
from engine.types import Dataset
from pages.parts import cache, drawing, frame, notices, policy_book, state
from pages.parts import threshold_controls as ask
from pages.parts import threshold_numbers as numbers
from pages.parts.policy_book import MOST_NAMED, Book

OVERALL = ("selection_rate", "accuracy", "expected_cost")


def draw(data: Dataset, policy: Policy, attributes: tuple[str, ...], settings: ask.Settings, book: Book) -> None:
    """Draw the policies of the session: this one to take away, others to bring, and a comparison."""
    left, right = st.columns(2, gap="large")
    with left:
        _take(data, policy, book)
    with right:
        _bring(data, book)
    _named(data, policy, book)
    _compare(data, policy, attributes, settings, book)


def _take(data: Dataset, policy: Policy, book: Book) -> None:
    st.subheader("Take this policy away", anchor=False)
    st.caption(f"{_summary(policy)}. The file says score >= threshold, with thresholds halfway between two scores of "
               "these data, so that > and >= decide alike; the data's hash, the score and the groups stand in it.")
    index = cache.score_index(data, policy.attributes)   # here: the file is made outside the session, on a click
    st.download_button(
        "Download policy", data=lambda: file_of(data, policy, index), file_name=f"policy-{data.fingerprint[:8]}.json",
        mime="application/json", key="download policy", on_click="ignore", icon=":material/download:",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Name it, to compare", max_chars=40, key=f"policy name {state.mark()}")
        full = len(book.named) >= MOST_NAMED
        st.button("Keep", key="keep policy", on_click=_keep, args=(book, policy, f"policy name {state.mark()}"),
                  disabled=full or not (name or "").strip(),
                  help=f"{MOST_NAMED} policies are kept at most." if full else None)


def file_of(data: Dataset, policy: Policy, index: Index) -> str:
    """Return the policy as the text of a file that `python -m engine rates --policy` reads too."""
    return json.dumps(exchange.exported(policy, index, data).to_json(), indent=2, allow_nan=False) + "\n"


def _keep(book: Book, policy: Policy, key: str) -> None:
    name = plain(st.session_state.get(key) or "", 40)
    if name:
        book.named[name] = policy
        st.session_state[key] = ""


def _bring(data: Dataset, book: Book) -> None:
    st.subheader("Bring a policy", anchor=False)
    key = f"bring policy {state.mark()}"
    st.file_uploader("A policy in JSON", type=["json"], key=key, max_upload_size=1, on_change=receive,
                     args=(data, book, key))
    if book.refused:
        notices.issues(book.refused)
    if book.asked is not None:
        _question(data, book, book.asked)


@frame.callback
def receive(data: Dataset, book: Book, key: str) -> None:
    """Read the file brought; put its policy in use, or keep it for the question where it was made on other data."""
    book.refused, book.asked = (), None
    file = st.session_state.get(key)
    if file is None:
        return
    try:
        policy = accepted(data, exchange.read_policy(file.getvalue(), plain(file.name)))
    except InvalidPolicy as refusal:
        book.refused = refusal.issues
        return
    if policy.data_sha256 == data.sha256:
        policy_book.apply(data, book, policy)
    else:
        book.asked = policy


def accepted(data: Dataset, policy: Policy) -> Policy:
    """Return the policy where it can hold for these data; else raise `InvalidPolicy` with the reason."""
    exchange.known_attributes(policy, data)
    index = cache.score_index(data, policy.attributes)
    return exchange.fitting(policy, data, index.groups.names if policy.attributes else ())


def _question(data: Dataset, book: Book, policy: Policy) -> None:
    """Ask before a policy made on other data is applied; name both."""
    other = "does not say on which data it was made"
    if policy.data_sha256 is not None:
        other = f"was made on the data with sha256 **{markdown(policy.data_sha256[:12])}**"
    score = f", score {markdown(policy.score)}" if policy.score is not None else ""
    st.warning(f"This policy{score} {other}. In use are the data **{markdown(data.name)}**, sha256 "
               f"**{data.sha256[:12]}**. Scores of other data may mean something else. Apply it to these data?")
    with st.container(horizontal=True):
        st.button("Apply to these data", key="apply asked", on_click=frame.callback(policy_book.apply),
                  args=(data, book, policy))
        st.button("Leave it", key="leave asked", on_click=_leave, args=(book,))


def _leave(book: Book) -> None:
    book.asked = None


def _named(data: Dataset, policy: Policy, book: Book) -> None:
    """List the named policies, each to be put in use, made the start, or forgotten."""
    st.subheader("Named policies", anchor=False)
    if not book.named:
        st.caption("None yet: name the policy in use above. Names and policies stay in this session.")
    for place, (name, kept) in enumerate(list(book.named.items())):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{markdown(name)}** :small[{_summary(kept)}]", width="stretch")
            st.button("Use", key=f"use policy {place}", on_click=book.put, args=(kept,), disabled=kept == policy)
            st.button("Start from it", key=f"start policy {place}", on_click=_start, args=(book, kept),
                      disabled=kept == book.start, help="Changes, costs and the ghost line are against this policy.")
            st.button("Forget", key=f"forget policy {place}", on_click=book.named.pop, args=(name, None))


def _start(book: Book, policy: Policy) -> None:
    book.start = policy


def _summary(policy: Policy) -> str:
    if policy.kind == "common":
        return f"one threshold for all: {_number(policy.otherwise)}"
    by = " x ".join(markdown(name, 30) for name in policy.attributes)
    lots = ", some drawn by lot" if policy.kind == "randomised" else ""
    return f"{len(policy.thresholds)} thresholds by {by}{lots}"


def _number(value: float) -> str:
    return ("nobody" if value > 0 else "everybody") if isinf(value) else markdown(f"{value:.6g}")


def _compare(
    data: Dataset, policy: Policy, attributes: tuple[str, ...], settings: ask.Settings, book: Book
) -> None:
    """Show policies side by side: overall rates, disparities with what chance alone gives, one rate by group."""
    st.subheader("Side by side", anchor=False)
    with st.container(width=360):
        key = ask.compared("Rate by group")
    chosen = {"In use": policy, "Starting policy": book.start, **{f"“{name}”": p for name, p in book.named.items()}}
    chosen = {name: p for name, p in chosen.items() if name in ("In use", "Starting policy") or p != policy}
    answers = {}
    for name, each in chosen.items():
        every = (*attributes, *(a for a in each.attributes if a not in attributes))
        answers[name] = cache.assessment(data, every, ask.request(each, attributes, settings))
    table: dict[str, list[str]] = {"": []}
    for name in chosen:
        table[markdown(name)] = []
    for label, cells in _rows(answers, key):
        table[""].append(label)
        for column, cell in zip(list(table)[1:], cells, strict=True):
            table[column].append(cell)
    st.table(table, border="horizontal", hide_index=True)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"Intervals at {100 * settings.level:g} %; the same rows under each policy, so a difference "
                   "between two policies is usually surer than their two intervals suggest.", width="content")
        drawing.download(long_table(answers), "policies-compared", "policies compared")


def _rows(answers: dict[str, Assessment], key: str) -> list[tuple[str, list[str]]]:
    first = next(iter(next(iter(answers.values())).groupings.values()))
    rows = [(f"everybody: {RATES[k].name}", [numbers.cell(a.overall.rates[k][0], "all", k) for a in answers.values()])
            for k in OVERALL]
    for rule in numbers.CARDS:
        gaps = [next(iter(a.groupings.values())).disparities[rule] for a in answers.values()]
        rows.append((DISPARITIES[rule].name, [numbers.gap_cell(gap) for gap in gaps]))
    order = numbers.order(first, key, worst_first=False)[:SHOWN]
    for g in order:
        cells = [next(iter(a.groupings.values())).rates[key][g] for a in answers.values()]
        name = f"**{badge(g)}** {markdown(first.names[g], 40)}: {RATES[key].name}"
        rows.append((numbers.grey(name, first, g),
                     [numbers.grey(numbers.cell(cell, first.names[g], key), first, g) for cell in cells]))
    return rows


def long_table(answers: dict[str, Assessment]) -> dict[str, Column]:
    """Return every rate of every group, and every disparity, of each policy as one long table; for a file."""
    head = ("policy", "group", "number", "value", "low", "high", "noise band to")
    rows: list[tuple[str | float | None, ...]] = []
    for name, answer in answers.items():
        result = next(iter(answer.groupings.values()))
        for group, rates, g in [("everybody", answer.overall.rates, 0),
                                *((plain(n), result.rates, g) for g, n in enumerate(result.names))]:
            rows += [(name, group, key, *map(_finite, (e.value, e.low, e.high)), None)
                     for key, column in rates.items() for e in [column[g]]]
        rows += [(name, "", key, *map(_finite, (d.value, d.low, d.high, d.noise_high)))
                 for key, d in result.disparities.items()]
    return {title: [row[place] for row in rows] for place, title in enumerate(head)}   # type: ignore[misc]


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None


