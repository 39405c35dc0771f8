"""A table and roles to a data set."""

import dataclasses

import numpy as np
import pytest

from engine.data.ingest import ingest
from engine.data.reading import read
from engine.errors import InvalidData
from engine.types import Attribute, Exclusion, Roles

CSV = b"id,sex,age,paid,score,w,job,pay\n1,F,20,1,0.9,1,a,5\n2,M,30,0,0.2,0,b,6\n3,F,,,0.4,2,a,\n4,,50,1,0.7,1,c,8\n"
ROLES = Roles(
    (Attribute("sex", reference="F"), Attribute("age", "continuous", (40.0,))), label="paid", positive="1",
    scores=("score",), features=("job", "pay"), weight="w", id="id",
)


def test_every_array_has_the_rows_kept():
    data = ingest(read(CSV, "loans.csv"), ROLES)
    assert (data.rows, data.n) == (4, 3)
    assert data.label.tolist() == [1, -1, 1]
    assert data.ids.tolist() == ["1", "3", "4"]
    assert data.weight.tolist() == [1, 2, 1]
    assert data.score_values().tolist() == [0.9, 0.4, 0.7]
    assert [data.attribute("sex").levels[c] for c in data.attribute("sex").codes] == ["F", "F", "missing"]
    assert data.attribute("age").codes.tolist() == [0, 2, 1]
    assert [f.values.tolist()[0] for f in data.features] == [0, 5.0]
    assert all(len(f.values) == 3 for f in data.features)


def test_arrays_are_read_only():
    data = ingest(read(CSV, "loans.csv"), ROLES)
    arrays = [data.label, data.weight, data.ids, data.score_values()]
    arrays += [a.codes for a in data.attributes] + [f.values for f in data.features]
    assert not any(array.flags.writeable for array in arrays)


def test_values_are_frozen():
    data = ingest(read(CSV, "loans.csv"), ROLES)
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.name = "other"


def test_fingerprint_is_of_bytes_and_roles():
    table = read(CSV, "loans.csv")
    one = ingest(table, ROLES).fingerprint
    assert ingest(read(CSV, "another name.csv"), ROLES).fingerprint == one
    assert ingest(table, dataclasses.replace(ROLES, positive="0")).fingerprint != one
    assert ingest(read(CSV + b"\n", "loans.csv"), ROLES).fingerprint != one


def test_problems_of_all_columns_come_together():
    roles = Roles((Attribute("sex", reference="X"), Attribute("job", "continuous")), label="paid", positive="yes",
                  scores=("sex (2)",))
    with pytest.raises(InvalidData) as refusal:
        ingest(read(CSV.replace(b"pay\n", b"sex\n"), "loans.csv"), roles)
    assert len(refusal.value.issues) == 3
    assert all(issue.severity == "error" for issue in refusal.value.issues)


def test_exclusions_made_before_are_counted():
    data = ingest(read(CSV, "loans.csv"), ROLES, excluded=(Exclusion("repeated", 7),))
    assert (data.rows, data.n) == (11, 3)


def test_no_row_left_is_refused():
    with pytest.raises(InvalidData, match="at least one row"):
        ingest(read(b"g,s,w\na,1,0\nb,0,0\n", "x.csv"), Roles((Attribute("g"),), scores=("s",), weight="w"))


def test_row_order_does_not_matter_to_groups():
    lines = CSV.decode().splitlines()
    flipped = "\n".join([lines[0], *reversed(lines[1:])]).encode()
    one, other = (ingest(read(text, "x"), ROLES) for text in (CSV, flipped))
    for a, b in zip(one.attributes, other.attributes, strict=True):
        assert a.levels == b.levels
        np.testing.assert_array_equal(a.codes, b.codes[::-1])


def test_name_and_notes_are_carried():
    data = ingest(read(b"g,g,s\na,b,0.5\n", "x.csv"), Roles((Attribute("g (2)"),), scores=("s",)), name="mine")
    assert data.name == "mine"
    assert any("'g (2)'" in issue.do for issue in data.issues)


def test_a_decision_beside_a_score_is_a_version_that_knows_it_is_one():
    csv = b"sex,paid,score,human\nF,1,0.9,no\nM,0,0.2,yes\nF,1,0.4,yes\n"
    roles = Roles((Attribute("sex"),), label="paid", positive="1", scores=("score",), prediction="human")
    data = ingest(read(csv, "x.csv"), roles)
    assert (data.score, data.score_source, list(data.scores)) == ("score", "column", ["score", "human"])
    decided = data.using("human")
    assert (decided.score_source, decided.score_values().tolist()) == ("prediction", [0, 1, 1])
    assert decided.using("score").score_source == "column"
    more = data.with_scores("made", [0.1, 0.2, 0.3])
    assert [more.using(name).score_source for name in more.scores] == ["column", "prediction", "fitted here"]
    assert not ingest(read(csv, "x.csv"), dataclasses.replace(roles, scores=())).sources
