"""What the drivers page says it is about: a model trained here is not the score in use; what a flip counts."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from engine.drivers import FlipRequest, flip_test
from engine.policy import Policy
from engine.scoring.scorer import TrainedScorer
from tests.drivers_made import lending
from tests.test_drivers_page import page, scored, text, worked_out
from tests.test_thresholds_page import clean

pytestmark = pytest.mark.usefixtures("patient")


@pytest.mark.parametrize("section", ["gap", "flip"])
def test_a_model_that_is_not_the_score_in_use_is_said_to_be_none_first(section):
    data = scored(lending())
    at = clean(page(data, section=section))
    assert "This is about a logistic model trained here, not about s**" in text(at)
    own = TrainedScorer(protected_in=section == "flip")
    mine = own.scored(data)
    assert "not about" not in text(clean(page(mine, section=section)))
    other = TrainedScorer(protected_in=section != "flip").scored(data)
    how = "with" if section == "flip" else "without"
    assert f"model trained here {how} the protected attributes, not about" in text(clean(page(other, section=section)))


def test_a_surrogate_is_about_the_score_in_use_and_paired_columns_need_not_be():
    data = scored(lending())
    assert "not about" not in text(clean(page(data, model="given")))
    for value in "FM":
        data = data.with_scores(f"t__sex={value}", data.scores["s"], "column")
    settings = {"section": "flip", "flip_model_0": "given"}
    assert "not about" not in text(clean(page(data, **settings)))
    assert "paired columns, not about s**" in text(clean(page(data.using("s"), **settings)))


@pytest.mark.parametrize("favourable", ["selected", "not-selected"])
def test_the_flip_test_says_what_it_counts_and_which_decision_is_good(favourable):
    data = lending()
    roles = dataclasses.replace(data.roles, favourable=favourable)
    at = worked_out(page(dataclasses.replace(data, roles=roles), section="flip"))
    assert f"favourable decision here is to be **{favourable.replace('-', ' ')}**" in text(at)
    assert "under the other value of sex" in text(at)
    assert "Decided by a logistic model trained here." in text(at)
    table = next(frame.value for frame in at.dataframe if list(frame.value)[:2] == ["group", "flip"])
    assert table["flip"][0] == pytest.approx(100 * flip_test(data, FlipRequest("sex", policy=Policy.common(0.5)))
                                             .flipped.value)


def test_the_sidebar_counts_rows_without_a_score():
    data = scored(lending())
    holed = data.with_scores("held out", np.where(np.arange(data.n) % 4 == 0, np.nan, data.scores["s"]), "column")
    at = clean(page(holed))
    assert any(f"{data.n // 4:,} rows have no score" in each.value for each in at.sidebar.caption)
    next(each for each in at.sidebar.selectbox if each.label == "Score in use").set_value(0).run()
    assert not any("no score" in each.value for each in clean(at).sidebar.caption)
