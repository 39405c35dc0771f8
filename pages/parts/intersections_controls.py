"""The controls of the intersections page: which attributes, what is looked at, and how a path is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from engine.dependence.diagnosis import Question
from engine.dependence.families import FAMILIES
from engine.dependence.request import BASELINES, KAPPAS, MODELS, OF_TASK, PENALTIES, Request
from engine.types import Dataset
from pages.parts import controls, definitions, policy_book, state

PAGE = "intersections"
STRENGTHS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
SOURCES = {"score": "the score in use", "outcome": "the outcome itself", "unpenalised": "the model without penalty",
           "chosen": "the model chosen on the path"}
SAMPLE = 50_000   # rows that the dependence is measured on, to begin with
BY = {"mean": "mean", "share": "share at or above a threshold"}
PENALTY_WORDS = {"cc": "all together (CCdCov)", "joint": "all subsets (JdCov)", "marginal": "one by one (sum)"}
SCALES = {"probability": "probability", "value": "value", "count": "expected count", "rate": "rate per exposure",
          "linear": "linear predictor"}
MODES = {"authors": "bandwidth 0.15", "robust": "by the data"}


def attributes(data: Dataset) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the attributes whose combinations count, and those of them that enter as numbers."""
    names = [attribute.name for attribute in data.attributes]
    places = controls.several(PAGE, "attributes", "Protected attributes", names, default=range(len(names)),
                              help="Their combinations are looked at. Two of them are drawn as a heat map.")
    numbered = [attribute.name for attribute in data.attributes if attribute.values is not None]
    chosen = tuple(names[place] for place in places)
    numbers: tuple[int, ...] = ()
    if set(numbered) & set(chosen):
        numbers = controls.several(PAGE, "numbers", "Taken as numbers", numbered, default=range(len(numbered)),
                                   help="Their own values enter the penalty. The others enter by their groups, and "
                                        "cells are made of groups in either case.")
    return chosen, tuple(numbered[place] for place in numbers if numbered[place] in chosen)


def source(data: Dataset, sources: Sequence[str]) -> str:
    """Return what is looked at: the score in use, the outcome, or a model of the path."""
    return controls.select(PAGE, f"source_{len(sources)}", "Look at", sources, by="keyword", show=SOURCES.__getitem__)


def question(data: Dataset, of: str, chosen: tuple[str, ...], numbers: tuple[str, ...]) -> Question:
    """Draw how it is compared; return the question for the engine."""
    yes_no = of == "outcome" and data.label is not None and data.target is None
    threshold: float | None = 0.5 if yes_no else None
    if not yes_no and controls.select(PAGE, "by", "Compare", tuple(BY), by="keyword", show=BY.__getitem__,
                                      flat=True) == "share":
        threshold = controls.number(PAGE, f"cut_{of}", "Threshold", _cut(data, of), format="%.4g")
    with st.popover("Settings", icon=":material/tune:"):
        level, least = _intervals()
        draws = controls.number(PAGE, "permutations", "Shuffles for the p-value", 99, low=19, high=999, step=20,
                                help=definitions.tooltip("permutation_of_predictions"))
        most = data.n
        if data.n > SAMPLE:   # a shuffle of a million rows takes seconds
            most = controls.number(PAGE, "most", "Rows for the dependence", SAMPLE, low=1_000, high=data.n, step=10_000,
                                   help="Drawn at random; gaps and combinations are of all rows in any case.")
    kind, c = _penalty()
    return Question(chosen, numbers, threshold, kind, c, int(draws), level, least,
                    most=int(most) if most < data.n else None)


def _intervals() -> tuple[float, int]:
    """Draw the level of intervals and the least size of a cell; both sections have the same."""
    level = controls.number(PAGE, "level", "Level of intervals", 0.95, low=0.5, high=0.999, step=0.01, format="%.3f",
                            help=definitions.tooltip("level"))
    least = controls.number(PAGE, "min_group", "Minimum group size, rows", 30, low=2, high=1_000_000, step=1,
                            help=definitions.tooltip("minimum_group_size"))
    return level, int(least)


def _cut(data: Dataset, of: str) -> float:
    """Return a first threshold: the policy in force for the score in use, one half for a model."""
    if of != "score" or data.target is not None or data.label is None:
        return 0.5
    cut = policy_book.book(data).now.otherwise
    return float(cut) if abs(cut) < 1e12 else 0.5


def _penalty() -> tuple[str, float]:
    """Return the penalty that the page is about as its settings have it, drawn in the training part."""
    settings = state.settings(PAGE)
    kind, c = settings.get("penalty", "cc"), settings.get("c", 1.0)
    fits = isinstance(c, (int, float)) and not isinstance(c, bool) and 0.1 <= c <= 10
    return (kind if kind in PENALTIES else "cc"), float(c) if fits else 1.0


def request(data: Dataset, chosen: tuple[str, ...], numbers: tuple[str, ...]) -> Request:
    """Draw how a path is trained; return the request for the engine."""
    task = "classification" if data.label is not None else (
        "poisson" if data.roles.target_kind == "count" else "regression")
    kind = controls.select(PAGE, "penalty", "Penalty", tuple(PENALTY_WORDS), by="keyword",
                           show=PENALTY_WORDS.__getitem__, help=definitions.tooltip("ccdcov"))
    c = 1.0
    if kind == "joint":
        c = controls.number(PAGE, "c", "c", 1.0, low=0.1, high=10.0, step=0.1,
                            help="Weight of single attributes against interactions: a small c stresses interactions.")
    model = controls.select(PAGE, f"model_{task}", "Model", OF_TASK[task], by="keyword", show=MODELS.__getitem__)
    strengths = controls.several(PAGE, "kappas", "Strengths κ", [f"{kappa:g}" for kappa in STRENGTHS],
                                 default=[STRENGTHS.index(kappa) for kappa in KAPPAS],
                                 help=definitions.tooltip("penalty_strength"))
    keys = [key for key in BASELINES if (key != "marginal" or kind != "marginal")
            and (key == "marginal" or task == "classification")]
    others: tuple[int, ...] = ()
    if keys:
        others = controls.several(PAGE, f"baselines_{len(keys)}", "Beside it", [BASELINES[key] for key in keys],
                                  default=[keys.index("marginal")] if "marginal" in keys else [],
                                  help=definitions.tooltip("exponentiated_gradient_on_cells"))
    return _settings(task, Request(
        None, chosen, numbers, kind, c, kappas=tuple(STRENGTHS[place] for place in strengths), model=model,
        baselines=tuple(keys[place] for place in others)))


def _settings(task: str, request: Request) -> Request:
    """Draw the settings that few change; return the request with them."""
    with st.popover("More", icon=":material/tune:"):
        scales = FAMILIES[task].scales
        scale = controls.select(PAGE, f"scale_{task}", "The penalty looks at the", scales, by="keyword",
                                show=SCALES.__getitem__)
        normalised = controls.toggle(PAGE, "normalised", "Normalised: shrinking predictions gains nothing")
        mode = controls.select(PAGE, f"divergence_{task}", "Divergence is smoothed by", tuple(MODES), by="keyword",
                               default="robust" if task == "regression" else "authors", show=MODES.__getitem__,
                               flat=True, help=definitions.tooltip("jensen_shannon_divergence"))
        target = controls.number(PAGE, "target", "Target divergence, bits (0: none)", 0.0, low=0.0, high=10.0,
                                 step=0.001, format="%.4f")
        threshold = 0.5
        if task == "classification":
            threshold = controls.number(PAGE, "threshold", "Gaps compare shares at or above", 0.5, low=0.0, high=1.0,
                                        step=0.05, format="%.3f", help=definitions.tooltip("intersectional_gap"))
        share = controls.slider(PAGE, "share", "Rows for validation, and for the test", 0.1, 0.4, 0.25, 0.05,
                                help=definitions.tooltip("three_parts"))
        seed = controls.number(PAGE, "seed", "Seed of the split", 0, low=0, high=1_000_000, step=1)
        level, least = _intervals()
    return replace(request, level=level, min_group=least, scale=scale, normalised=normalised, divergence=mode,
                   target=target or None, threshold=threshold, shares=(share, share), seed=int(seed))


def share() -> None:
    """Write this page's settings to the address."""
    state.sync_url(PAGE, {key: value for key, value in state.settings(PAGE).items() if value not in ((), [])})
