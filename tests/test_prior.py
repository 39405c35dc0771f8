"""Another base rate: one factor on all odds, the threshold with them, and who cannot be moved."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calibration.prior import ASSUMPTION, Deployment, compensated, log_odds_shift, moved_threshold, shifted
from engine.errors import InvalidData
from tests.build import dataset

RATES = st.floats(0.01, 0.99)


def test_from_one_half_to_one_fifth_the_threshold_of_one_half_was_four_fifths_before():
    score = np.linspace(0.01, 0.99, 99)
    label = np.arange(99 + 1) % 2
    data = dataset(np.append(score, 0.5), label)
    found = compensated(data, Deployment(0.2))
    assert found.threshold(0.5) == pytest.approx([0.8], abs=1e-12)
    assert ((found.scores >= 0.5) == (data.score_values() >= 0.8 - 1e-12)).all()


@given(RATES, RATES, st.floats(0.001, 0.999))
def test_the_shift_is_bayes_rule_and_the_moved_threshold_decides_alike(here, there, threshold):
    score = np.linspace(0, 1, 101)
    shift = log_odds_shift(here, there)
    bayes = score * there / here / (score * there / here + (1 - score) * (1 - there) / (1 - here))
    assert shifted(score, shift) == pytest.approx(bayes, abs=1e-12)
    assert shifted(shifted(score, shift), -shift) == pytest.approx(score, abs=1e-12)
    before = moved_threshold(threshold, shift)
    away = np.abs(score - before) > 1e-9
    assert ((shifted(score, shift) >= threshold) == (score >= before))[away].all()


def test_under_label_shift_calibrated_scores_are_calibrated_again():
    rng = np.random.default_rng(0)
    truth = rng.beta(2, 2, 400_000)
    event = rng.random(400_000) < truth
    keep = ~event | (rng.random(400_000) < 0.25)       # a quarter of those with the event
    rate = event[keep].mean()
    moved = shifted(truth[keep], log_odds_shift(event.mean(), rate))
    for low in (0.0, 0.2, 0.4):
        inside = (moved >= low) & (moved < low + 0.2)
        assert moved[inside].mean() == pytest.approx(event[keep][inside].mean(), abs=0.006)


def test_by_group_some_are_moved_and_the_others_are_named():
    data = dataset([0.2, 0.6, 0.2, 0.6, 0.5, 0.5], [0, 1, 1, 1, 0, -1], g=["a", "a", "b", "b", "c", "d"])
    found = compensated(data, Deployment(attributes=("g",), rates=(("a", 0.2), ("b", 0.3))))
    assert found.here[:3] == pytest.approx([0.5, 1.0, 0.0])
    assert np.isnan(found.here[3])
    assert found.shift == pytest.approx([np.log(0.25), 0, 0, 0])
    assert dict(found.unmoved) == {"b": "not estimable: b has one outcome only", "c": "no base rate was given for it",
                                   "d": "no base rate was given for it"}
    assert found.scores[2:] == pytest.approx(data.score_values()[2:])
    assert found.scores[0] == pytest.approx(0.25 * 0.25 / (0.25 * 0.25 + 1))


def test_base_rates_here_use_weights_and_unknown_outcomes_do_not_count():
    data = dataset([0.5] * 4, [1, 0, 0, -1], weight=[3, 1, 2, 9])
    assert compensated(data, Deployment(0.5)).here == pytest.approx([0.5])
    unscored = dataset([0.5, 0.5, np.nan], [1, 0, 1])
    assert compensated(unscored, Deployment(0.5)).shift == pytest.approx([0.0])


def test_without_a_rate_for_any_group_nothing_moves():
    data = dataset([0.2, 0.6], [0, 1], g=["a", "b"])
    found = compensated(data, Deployment(attributes=("g",)))
    assert found.scores == pytest.approx(data.score_values())
    assert [name for name, _ in found.unmoved] == ["a", "b"]


def test_the_version_says_what_it_assumes_and_has_a_name_of_its_own():
    data = dataset([0.2, 0.6], [0, 1], g=["a", "b"])
    version = compensated(data, Deployment(0.2)).version()
    assert version.score == "base rate 0.2 for s"
    assert version.issues[-1].do == ASSUMPTION
    names = {compensated(data, request).name for request in (
        Deployment(0.2), Deployment(0.20000001), Deployment(attributes=("g",), rates=(("a", 0.2),)))}
    assert len(names) == 3


@pytest.mark.parametrize("request_", [
    Deployment(), Deployment(0.0), Deployment(1.0), Deployment(0.2, ("g",), (("a", 0.2),)),
    Deployment(rates=(("a", 0.2),)), Deployment(attributes=("g",), rates=(("nobody", 0.2),)),
    Deployment(attributes=("g",), rates=(("a", float("nan")),)),
])
def test_what_cannot_be_is_refused(request_):
    with pytest.raises(InvalidData):
        compensated(dataset([0.2, 0.6], [0, 1], g=["a", "b"]), request_)


def test_a_score_outside_zero_to_one_or_no_outcome_is_refused():
    for data in (dataset([2.0, 0.6], [0, 1]), dataset([0.2, 0.6], None)):
        with pytest.raises(InvalidData):
            compensated(data, Deployment(0.2))
