"""Guesses fill in; they come with reasons and never with certainty."""

import argparse

import pytest

from engine.cli.roles import spoken
from engine.data.catalogue import load, open_table
from engine.data.guessing import column_kind, guess
from engine.data.ingest import ingest
from engine.data.reading import read


def roles_of(text):
    return {column: found.role for column, found in guess(read(text, "x.csv")).columns.items()}


def test_the_simulated_sample_is_guessed_as_its_roles_are():
    roles, card = guess(open_table("simulated-lending")).to_roles(), load("simulated-lending").roles
    assert (roles.label, roles.positive, roles.scores) == (card.label, card.positive, card.scores)
    assert {a.column: a.kind for a in roles.protected} == {a.column: a.kind for a in card.protected}
    assert set(roles.features) == set(card.features)


def test_compas(data_folder, needs_data):
    roles = guess(read(needs_data("compas-scores-two-years.csv"), "compas")).to_roles()
    assert (roles.label, roles.positive) == ("two_year_recid", "1")
    assert {"sex", "race", "age"} <= {a.column for a in roles.protected}
    assert "decile_score" in roles.scores
    assert roles.id == "id"


@pytest.mark.parametrize("name", ["Geschlecht", "SEXO", "user_gender", "ApplicantRace", "edad", "marital-status"])
def test_protected_names(name):
    assert roles_of(f"{name},z\na,1\nb,2\n".encode())[name] == "protected"


@pytest.mark.parametrize("name", ["message", "stage", "page", "essex", "average"])
def test_words_are_whole(name):
    assert roles_of(f"{name},z\na,1\nb,2\n".encode())[name] != "protected"


def test_one_outcome_and_the_reasons():
    found = guess(read(b"default,label,x\n1,yes,3\n0,no,4\n1,no,5\n", "x.csv"))
    assert [g.column for g in found.with_role("outcome")] == ["default"]
    assert "likelier" in found.columns["label"].reason
    assert all(g.reason for g in found.columns.values())


def test_without_a_name_the_last_two_valued_column_is_proposed():
    assert roles_of(b"sex,p,q,n\na,0,1,5\nb,1,0,6\na,1,1,7\n") == {
        "sex": "protected", "p": "feature", "q": "outcome", "n": "feature"
    }


def test_identifiers_constants_and_empty_columns():
    rows = "".join(f"{100 + i},k,,{i % 3}\n" for i in range(30))
    assert roles_of(f"account,c,e,x\n{rows}".encode()) == {"account": "id", "c": "none", "e": "none", "x": "feature"}


def test_a_score_in_the_unit_interval_beats_others():
    assert roles_of(b"g,risk,prob\na,700,0.2\nb,650,0.9\nc,600,0.4\n")["prob"] == "score"
    assert roles_of(b"g,risk,prob\na,700,0.2\nb,650,0.9\nc,600,0.4\n")["risk"] == "feature"


def test_a_two_valued_decision():
    roles = guess(read(b"sex,hired,prediction\nF,1,yes\nM,0,no\nF,0,yes\n", "x.csv")).to_roles()
    assert (roles.label, roles.prediction, roles.selected) == ("hired", "prediction", "yes")


@pytest.mark.parametrize(("column", "kind"), [
    (["a", "b"], "nominal"), ([str(i) for i in range(20)], "nominal"), ([str(i) for i in range(21)], "continuous"),
    (["1.5", "2"], "continuous"), (["1.0", "2.0", ""], "nominal"), (["1.5", "NA", "?"], "continuous"),
    ([*(str(i) for i in range(21)), "NA"], "continuous"), (["1", "NA", "2"], "nominal"), (["1.5", "some"], "nominal"),
])
def test_kind_when_nobody_says_is_one_for_the_wizard_and_the_command_line(column, kind):
    table = read(("x,y\n" + "".join(f"{v},1\n" for v in column)).encode(), "x.csv")
    assert column_kind(table, "x") == kind
    assert guess(table).columns["x"].attribute == kind
    said = argparse.Namespace(**dict.fromkeys(("label", "positive", "prediction", "selected", "favourable", "weight",
                                               "id", "features", "drop")),
                              score="y", protected=["x"], edges=[], reference=[])
    assert spoken(said, table).protected[0].kind == kind


def test_a_decision_beside_a_score_is_a_role_of_its_own():
    rows = b"".join(b"%c,%d,%s,0.%02d\n" % (b"FM"[i % 2], i % 3 == 0, (b"grant", b"deny")[i % 5 < 2], 10 + i)
                    for i in range(60))
    roles = guess(read(b"sex,paid,officer_decision,score\n" + rows, "x.csv")).to_roles()
    assert (roles.scores, roles.prediction, roles.selected) == (("score",), "officer_decision", "grant")
    assert "officer_decision" not in roles.features


def test_what_is_guessed_can_be_ingested():
    for key in ("simulated-lending", "diabetes"):
        table = open_table(key)
        roles = guess(table).to_roles()
        if roles.label or roles.scores:
            assert ingest(table, roles).n == table.rows


def spread(column, n=40):
    """Return lines `g,x,region,y` with distinct numbers in [0, 1) and three texts."""
    return (f"g,{column},region,size\n" + "".join(f"{'ab'[i % 2]},{i / n},{'nsw'[i % 3]},{10 + i % 7}\n"
                                                  for i in range(n))).encode()


def test_a_lone_column_of_many_numbers_in_the_unit_interval_may_be_the_score():
    assert roles_of(spread("x").replace(b"g,x", b"sex,x", 1)) == {
        "sex": "protected", "x": "score", "region": "feature", "size": "feature"}
    two = b"sex,p,q\n" + b"".join(b"%c,%.3f,%.3f\n" % (b"FM"[i % 2], i / 40, 1 - i / 40) for i in range(40))
    assert "score" not in roles_of(two).values()


def test_few_texts_may_be_the_outcome_where_there_is_neither_a_score_nor_two_values():
    rows = b"".join(b"%c,%d,%s\n" % (b"FM"[i % 2], 30 + i % 9, [b"won", b"lost", b"open"][i % 3]) for i in range(40))
    assert roles_of(b"sex,size,state\n" + rows) == {"sex": "protected", "size": "feature", "state": "outcome"}


def test_decimal_commas_are_said_and_not_converted():
    lines = "".join(f"{'FM'[i % 2]};{i % 2};0,{177 + i}\n" for i in range(40))
    found = guess(read(f"sex;paid;score\n{lines}".encode(), "x.csv"))
    assert found.columns["score"].role != "score"
    [note] = found.notes
    assert "'score'" in note.where
    assert "'0,177'" in note.got
    assert "write a point for the decimal sign" in note.do


@pytest.mark.parametrize("values", [["10,031", "2,620", "7"], ["0.5", "0.7"], ["a,b", "1,5"], ["x", "y"]])
def test_other_columns_are_not_taken_for_decimal_commas(values):
    assert guess(read(("g;v\n" + "".join(f"a;{value}\n" for value in values)).encode(), "x.csv")).notes == ()
