"""Roles are checked as a whole: every problem at once, each with what to do."""

from engine.data.reading import read
from engine.data.roles import check_roles
from engine.types import Attribute, Roles

TABLE = read(b"sex,race,age,paid,score\nF,x,20,1,0.5\nM,y,30,0,0.2\n", "loans.csv")


def sentences(roles):
    return [issue.sentence() for issue in check_roles(TABLE, roles)]


def test_good_roles_have_no_issue():
    assert sentences(Roles((Attribute("sex"),), label="paid", positive="1", scores=("score",), features=("age",))) == []


def test_every_problem_at_once():
    found = sentences(Roles(
        (Attribute("gender"), Attribute("sex"), Attribute("sex"), Attribute("age", "continuous", (3, 2))),
        label="paid", scores=("paid",),
    ))
    assert len(found) == 5
    assert any("no column 'gender'" in text for text in found)
    assert any("'sex', protected attribute and protected attribute" in text for text in found)
    assert any("outcome and score" in text for text in found)
    assert any("choose one of: 1, 0" in text for text in found)
    assert any("rising order" in text for text in found)


def test_an_absent_column_brings_the_closest_names():
    assert "e.g. 'score'" in sentences(Roles((Attribute("sex"),), scores=("scoer",)))[0]
    assert "e.g. 'age'" in sentences(Roles((Attribute("AGE"),), scores=("score",)))[0]


def test_a_protected_attribute_and_something_to_assess_are_needed():
    assert len(sentences(Roles())) == 2


def test_a_feature_is_nothing_else():
    found = sentences(Roles((Attribute("sex"),), label="paid", positive="1", features=("sex", "paid")))
    assert len(found) == 2


def test_edges_are_for_numbers():
    assert "continuous" in sentences(Roles((Attribute("sex", "nominal", (1.0,)),), scores=("score",)))[0]
    assert len(sentences(Roles((Attribute("age", "continuous", (float("nan"),)),), scores=("score",)))) == 1
