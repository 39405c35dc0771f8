"""The controls of the drivers page: between which two groups, what is explained or tested, at which level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st

from engine.counting.groups import Groups, attribute_sets, grouping
from engine.scoring.models import MODELS
from engine.scoring.scorer import TrainedScorer
from engine.text import markdown, plain
from engine.types import MISSING, Dataset
from pages.parts import controls, definitions, state

PAGE = "drivers"
GIVEN = "given"           # what no model trained here decides: the score in use, or columns of the file
BROUGHT = "brought"       # a model from a file
WIDTH = 300               # of a list, in pixels: a phone shows one in a line
NARROW, GROUP = 190, 270  # of the three lists of a pair, which a laptop shows in one line
NAME = 40                 # characters of a name in a list


@dataclass(frozen=True)
class Pair:
    """Two groups of one grouping, by raw name; a gap is the first minus the second."""

    attributes: tuple[str, ...]
    groups: tuple[str, str]


def pair(data: Dataset) -> Pair | None:
    """Draw which groups are compared; None, with the reason said, where there are no two."""
    sets = attribute_sets([attribute.name for attribute in data.attributes])
    with st.container(width=NARROW):
        attributes = controls.select(PAGE, "grouping", "Groups by", sets, help=definitions.tooltip("intersection"),
                                     show=lambda names: " x ".join(plain(name, 30) for name in names))
    groups, rows = _occurring(data, attributes)
    if len(rows) < 2:
        st.info("There is one group only, so there is no gap between two: choose other groups.")
        return None
    places, (first, second) = list(rows), _usual(data, groups, rows)
    at = sets.index(attributes)

    def show(place: int) -> str:
        return f"{plain(groups.names[place], NAME)} ({rows[place]:,} rows)"

    with st.container(width=GROUP):
        a = controls.select(PAGE, f"a_{at}", "Gap: first group", places, default=first, show=show)
    with st.container(width=GROUP):
        b = controls.select(PAGE, f"b_{at}", "minus second group", places, default=second, show=show)
    if a == b:
        st.info("A gap needs two different groups: choose another first or second one.")
        return None
    return Pair(attributes, (groups.names[a], groups.names[b]))


def _occurring(data: Dataset, attributes: tuple[str, ...]) -> tuple[Groups, dict[int, int]]:
    """Return the groups, and the rows of each that has any."""
    groups, codes = grouping(data, attributes)
    sizes = np.bincount(codes, minlength=len(groups))
    return groups, {place: int(size) for place, size in enumerate(sizes) if size}


def _usual(data: Dataset, groups: Groups, rows: dict[int, int]) -> tuple[int, int]:
    """Return the groups shown first: the largest one beside the reference, and the reference or the next largest."""
    known = [place for place in rows if MISSING not in groups.group_levels[place]]
    ordered = sorted(known if len(known) > 1 else rows, key=lambda place: -rows[place])
    wanted = tuple(data.attribute(name).reference for name in groups.attributes)
    reference = next((place for place in ordered if groups.group_levels[place] == wanted), ordered[0])
    return next(place for place in ordered if place != reference), reference


def models(data: Dataset, key: str, given: Mapping[str, str], first: str | None = None) -> str:
    """Draw which model it is about: one trained here where there can be one, or what is given, keyword to words."""
    trained = {name: model.name for name, model in MODELS.items()} if data.label is not None and data.features else {}
    options = {**trained, **given}
    with st.container(width=WIDTH):
        return controls.select(PAGE, key, "Model", tuple(options), by="keyword", show=options.__getitem__,
                               default=first, help=definitions.tooltip("model_trained_here"))


def protected(key: str, default: bool) -> bool:
    """Draw whether a model trained here may use the protected attributes."""
    return controls.toggle(PAGE, key, "May use the protected attributes", default,
                           help=definitions.tooltip("protected_in"))


def about(data: Dataset, model: str, inside: bool, seed: int) -> str | None:
    """Say that a model trained here is not the score in use, in escaped Markdown; None where it is that score."""
    own = f"a {MODELS[model].name} model trained here"
    if data.score is None:
        return f"**This is about {own}.**"
    made_here = data.score_source == "fitted here"
    if made_here and TrainedScorer(model, seed=seed, protected_in=inside).name == data.score:
        return None
    how = f" {'with' if inside else 'without'} the protected attributes" if made_here else ""
    return f"**This is about {own}{how}, not about {markdown(data.score, NAME)}**, the score in use."


def level() -> float:
    """Draw the level of intervals; all sections have the same."""
    return controls.number(PAGE, "level", "Level of intervals", 0.95, low=0.5, high=0.999, step=0.01, format="%.3f",
                           help=definitions.tooltip("level"))


def seed() -> int:
    """Draw the seed of folds and samples."""
    return int(controls.number(PAGE, "seed", "Seed of folds and samples", 0, low=0, high=1_000_000, step=1))


def share() -> None:
    """Write this page's settings to the address."""
    state.sync_url(PAGE, {key: value for key, value in state.settings(PAGE).items() if value not in ((), [])})
