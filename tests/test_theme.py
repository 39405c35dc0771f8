"""The look of charts holds on both pages and for every colour vision; labels do not stand on each other."""

from __future__ import annotations

import itertools
import tomllib

import numpy as np
import pytest

from engine.charts.changes import LOOK
from engine.charts.theme import SERIES, apart, hatch
from tests.conftest import ROOT

LEAST = 3.0      # WCAG 2.1, 1.4.11: of graphics against their surroundings
# Machado, Oliveira and Fernandes 2009: linear RGB as seen without one kind of cone.
SEEN = {
    "all three": np.eye(3),
    "protanopia": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    "deuteranopia": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    "tritanopia": np.array([[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
}


def linear(colour):
    value = np.array([int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    low, high = sorted(float(linear(each) @ [0.2126, 0.7152, 0.0722]) for each in (one, other))
    return (high + 0.05) / (low + 0.05)


def perceived(rgb):
    """OKLab (Ottosson 2020) of linear RGB."""
    cones = np.cbrt(np.clip(np.array([[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]])
                            @ rgb, 0, None))
    return np.array([[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]) @ cones


@pytest.mark.parametrize("page", ["light", "dark"])
def test_every_colour_of_a_series_stands_out_from_the_page(page):
    theme = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["theme"][page]
    assert min(contrast(colour, theme["backgroundColor"]) for colour in SERIES) >= LEAST


@pytest.mark.parametrize("page", ["light", "dark"])
def test_a_hatched_bar_stands_out_from_the_page_and_its_lines_from_the_bar(page):
    theme = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["theme"][page]
    lines = hatch("/")
    assert lines["fillmode"] == "overlay"   # otherwise the bar is nothing but its lines
    for _, colour, _ in LOOK:
        assert contrast(colour, theme["backgroundColor"]) >= LEAST
        parts = [(int(white, 16), int(own, 16)) for white, own in zip(
            *([text[i:i + 2] for i in (1, 3, 5)] for text in (lines["fgcolor"], colour)), strict=True)]
        mixed = "#" + "".join(f"{round(lines['fgopacity'] * white + (1 - lines['fgopacity']) * own):02x}"
                              for white, own in parts)
        assert contrast(mixed, colour) >= 2.0


@pytest.mark.parametrize("vision", SEEN)
def test_no_two_colours_of_a_series_look_alike(vision):
    seen = [perceived(np.clip(SEEN[vision] @ linear(colour), 0, 1)) for colour in SERIES]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 0.07


def test_labels_keep_their_order_and_distance_and_move_as_little_as_possible():
    places = np.array([3.0, 0.0, 0.5, 9.0, 3.0])
    found = apart(places, 2.0)
    order = np.argsort(places, kind="stable")
    assert (np.diff(found[order]) >= 2.0 - 1e-12).all()
    assert found[3] == 9.0                                  # nobody near: it stays
    assert found.mean() == pytest.approx(places.mean())     # each block around its own middle
    assert apart([], 1.0).tolist() == []
