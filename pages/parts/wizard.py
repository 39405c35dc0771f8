"""What is each column? Everything is guessed and asked; what is entered survives a refusal and a page change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from engine.data.quality import REVERSED, ranks_away
from engine.errors import Issue
from engine.text import plain
from engine.types import Attribute, Roles
from pages.parts import attributes, controls, notices, opening, state
from pages.parts.draft import Draft

OUTCOMES = {"yes/no": "yes/no", "regression": "an amount", "count": "a count", "none": "none, only selection"}
SCORES = {"scores": "score columns", "prediction": "a decision alone", "fit": "none, fit one here"}
TAKEN = {"prediction": "decision"}   # roles in the wizard's words
SECOND = "Second decision beside the score"
BESIDE = ("A column of two values: what people decided, or another model. The drivers page compares it with the score "
          "on the same rows; the sidebar can put it in use.")
DECISIONS = {
    "selected": "being selected (a high score helps)", "not-selected": "not being selected (a high score hurts)",
}
NUMBERS = "Columns of numbers are offered; one with any other text in it is not."
KEPT: dict[str, Any] = {"persist_state": "session"}


def draw(draft: Draft) -> None:
    """Draw the wizard of a table and, at its end, the one button that opens it."""
    first = draft.guess.to_roles()
    form = Form(draft, first)
    with st.container(border=True):
        left, right = st.columns(2, gap="large")
        with left:
            outcome = form.outcome()
        with right:
            score = form.score(without_outcome="label" not in outcome and "target" not in outcome)
            _ranks_away(draft, outcome, score)
        st.markdown("**Protected attributes**")
        protected, problems = attributes.ask(draft, first.protected, form.prefix)
        with st.expander("Weight, exposure, row id, features"):
            more = form.more()
        roles = form.roles(outcome, score, protected, more)
        st.button("Use this table", type=controls.leading(), on_click=_use, args=(roles, problems))
        _reasons(draft, protected)


class Form:
    """The questions about one table; widgets are keyed by the table, so each table keeps its own answers.

    Streamlit keeps a widget's functions and their arguments for the whole session: none of them may hold the table.
    """

    def __init__(self, draft: Draft, first: Roles) -> None:
        self.draft, self.first = draft, first
        self.columns = draft.table.columns
        self.names = tuple(plain(name) for name in self.columns)
        self.prefix = f"own {draft.table.sha256[:10]}"

    def outcome(self) -> dict[str, Any]:
        """Ask for the outcome, its positive value and the favourable decision."""
        first = self.first
        kind = self._one("Outcome", OUTCOMES, first.target_kind or ("yes/no" if first.label else "none"), "kind")
        answers: dict[str, Any] = {}
        if kind == "yes/no":
            label = self._column("Outcome column", first.label, "label")
            known = self.draft.guess.columns[label].positive if label is not None else None
            answers = {"label": label,
                       "positive": self._value("Positive value: the event the score ranks towards", label, known)}
        elif kind != "none":
            answers = {"target": self._column("Outcome column", first.target, "target"), "target_kind": kind}
        decisions = list(DECISIONS)
        answers["favourable"] = st.radio(
            "Which decision is favourable to the person?", decisions, index=decisions.index(first.favourable),
            format_func=DECISIONS.__getitem__, key=f"{self.prefix} favourable", **KEPT)
        return answers

    def score(self, without_outcome: bool) -> dict[str, Any]:
        """Ask for the score, the prediction, or leave it to a model fitted here, which needs an outcome."""
        first = self.first
        usual = "scores" if first.scores else "prediction" if first.prediction else "fit"
        if without_outcome:   # a question of its own: an answer to the other may not be among its options
            offered = {name: words for name, words in SCORES.items() if name != "fit"}
            kind = self._one("Score", offered, usual if usual in offered else "scores", "score kind without outcome")
        else:
            kind = self._one("Score", SCORES, usual, "score kind")
        notices.issues(self.draft.guess.notes)
        if kind == "scores":
            numbers = [name for name in self.columns if self.draft.guess.columns[name].numeric]
            chosen = self._columns("Score columns; the first is in use", first.scores, "scores", numbers, NUMBERS)
            return {"scores": tuple(chosen), **self._decision(self._may(SECOND, first.prediction, "second", BESIDE))}
        if kind == "prediction":
            return self._decision(self._column("Decision column", first.prediction, "prediction"))
        st.caption("A logistic model is fitted on the features, without the protected attributes; every row is scored "
                   "by a model that did not see it.")
        return {}

    def _decision(self, column: str | None) -> dict[str, Any]:
        """Ask which value of a column of two means selected."""
        known = None if column is None else self.draft.guess.columns[column].positive
        return {"prediction": column, "selected": self._value("Value that means selected", column, known)}

    def more(self) -> dict[str, Any]:
        """Ask for what most tables do not have, and for columns that no model may use."""
        first = self.first
        left, right = st.columns(2, gap="large")
        with left:
            answers = {"weight": self._may("Weight of a row", first.weight, "weight"),
                       "exposure": self._may("Exposure of a row", first.exposure, "exposure"),
                       "id": self._may("Row id", first.id, "id")}
        with right:
            taken = _taken(first)
            unused = [name for name in self.columns if name not in first.features and name not in taken]
            answers["dropped"] = self._columns("Columns no model may use (leaks, identifiers)", unused, "dropped")
            st.caption("Outcome, scores, protected attributes, weight and id are never used.")
        return answers

    def roles(
        self, outcome: dict[str, Any], score: dict[str, Any], protected: Sequence[Attribute], more: dict[str, Any]
    ) -> Roles:
        """Put the answers together."""
        dropped = more.pop("dropped")
        roles = Roles(protected=tuple(protected), **outcome, **score, **more)
        taken = _taken(roles) | set(dropped)
        return Roles(**{**vars(roles), "features": tuple(name for name in self.columns if name not in taken)})

    def _one(self, label: str, options: dict[str, str], usual: str, key: str) -> str:
        chosen = st.segmented_control(label, list(options), default=usual, format_func=options.__getitem__,
                                      required=True, wrap=True, key=f"{self.prefix} {key}", **KEPT)
        return str(chosen or usual)

    def _column(self, label: str, usual: str | None, key: str) -> str | None:
        places = range(len(self.columns))
        index = self.columns.index(usual) if usual in self.columns else None
        chosen = st.selectbox(label, places, index=index, format_func=self.names.__getitem__, placeholder="none",
                              key=f"{self.prefix} {key}", **KEPT)
        return None if chosen is None else self.columns[chosen]

    def _may(self, label: str, usual: str | None, key: str, help: str | None = None) -> str | None:
        """Ask for a column that there may be; a guess can be taken back."""
        names = ("none", *self.names)
        index = self.columns.index(usual) + 1 if usual in self.columns else 0
        chosen = st.selectbox(label, range(len(names)), index=index, format_func=names.__getitem__, help=help,
                              key=f"{self.prefix} {key}", **KEPT)
        return self.columns[chosen - 1] if chosen else None

    def _columns(
        self, label: str, usual: Sequence[str], key: str, among: Sequence[str] | None = None, help: str | None = None
    ) -> list[str]:
        offered = [self.columns.index(name) for name in (self.columns if among is None else among)]
        places = [place for place in offered if self.columns[place] in usual]
        chosen = st.multiselect(label, offered, default=places, format_func=self.names.__getitem__, help=help,
                                placeholder="none", key=f"{self.prefix} {key}", **KEPT)
        return [self.columns[place] for place in chosen]

    def _value(self, label: str, column: str | None, usual: str | None) -> str | None:
        """Ask for one of a column's values; options of a list are shown as they are, not read as Markdown."""
        if column is None:
            return None
        values = self.draft.values(column)
        names = [value for value, _ in values]
        shown = [f"{plain(value)} ({rows:,} rows)" for value, rows in values]
        chosen = st.selectbox(label, range(len(names)), index=names.index(usual) if usual in names else None,
                              format_func=shown.__getitem__, placeholder="choose a value",
                              key=f"{self.prefix} value of {self.columns.index(column)}", **KEPT)
        return None if chosen is None else names[chosen]


def _taken(roles: Roles) -> set[str | None]:
    """Return the columns that have a role other than feature."""
    single = {roles.label, roles.target, roles.prediction, roles.weight, roles.exposure, roles.id}
    return single | set(roles.scores) | {item.column for item in roles.protected}


def _ranks_away(draft: Draft, outcome: dict[str, Any], score: dict[str, Any]) -> None:
    """Warn, before the table is used, of a score that ranks towards the other value of the outcome."""
    label, positive = outcome.get("label"), outcome.get("positive")
    if label is None or positive is None:
        return
    areas = {column: draft.area(column, label, positive) for column in score.get("scores", ()) if column != label}
    notices.issues([ranks_away(f"score '{plain(column)}' and positive value '{plain(positive)}'", area)
                    for column, area in areas.items() if area < REVERSED])


def _use(roles: Roles, problems: Sequence[Issue]) -> None:
    session = state.current()
    session.refused = tuple(problems)
    if not problems and session.draft is not None:
        opening.table(session.draft.table, roles)


def _reasons(draft: Draft, protected: Sequence[Attribute]) -> None:
    """Say what each column was taken for and why; cells of a data frame are shown as they are."""
    found, kinds = list(draft.guess.columns.values()), {item.column: item.kind for item in protected}
    counts = [draft.counts(item.column, kinds.get(item.column)) for item in found]
    with st.expander("What each column was taken for, and why"):
        st.dataframe({"column": [plain(item.column) for item in found],
                      "taken for": [TAKEN.get(item.role, item.role) for item in found],
                      "because": [plain(item.reason, 200) for item in found], "holds": [item.kind for item in found],
                      "distinct": [distinct for distinct, _ in counts], "missing": [missing for _, missing in counts]},
                     hide_index=True, height="content" if len(found) <= 15 else 420)

