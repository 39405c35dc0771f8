"""Two files as two samples: order, encodings, other columns, other levels, proportions."""

import numpy as np
import pytest

from engine.data.reading import read
from engine.errors import InvalidData
from engine.manipulation import Audit, detect
from engine.manipulation.inclusion import surplus
from engine.manipulation.tables import Columns, against_proportions, pair_of
from engine.types import Attribute

GIVEN = Columns((Attribute("sex"),), "hired", ("F",))


def text(rows, head="sex,age,town,hired", encoding="utf-8"):
    return "\n".join([head, *(",".join(map(str, row)) for row in rows)]).encode(encoding)


def made(n=400, seed=0):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], n, p=[0.4, 0.6])
    town = rng.choice(["Köln", "Orléans", "Ghent"], n)
    return [(s, int(a), t, int(rng.random() < (0.2 if s == "F" else 0.4)))
            for s, a, t in zip(sex, rng.integers(18, 70, n), town, strict=True)]


def table(content, name="x.csv"):
    return read(content, name)


def test_order_encoding_and_notation_do_not_matter():
    rows = made()
    handed = [(s, f"{a}.0", t, y) for s, a, t, y in rows[:80]][::-1]
    pair = pair_of(table(text(handed, encoding="latin-1")), table(text(rows)), GIVEN)
    assert not surplus(pair.submitted, pair.reference).size
    assert pair.submitted.groups == ("F", "M")
    assert detect(pair.submitted, pair.reference, Audit(draws=999, permutations=99)).proofs == ()


def test_a_changed_cell_is_found_where_it_stands():
    rows = made()
    handed = [*rows[:60], ("F", 99, "Ghent", 1)]
    pair = pair_of(table(text(handed)), table(text(rows)), GIVEN)
    found = detect(pair.submitted, pair.reference, Audit(draws=999, permutations=99))
    assert [each.row for each in found.rows] == [61]


def test_columns_of_one_file_alone_are_named_and_not_compared():
    rows = made()
    handed = text([(*row, "note") for row in rows[:50]], "sex,age,town,hired,remark")
    pair = pair_of(table(handed, "handed.csv"), table(text(rows)), GIVEN)
    assert [note.got for note in pair.notes] == ["'remark'"]
    assert not surplus(pair.submitted, pair.reference).size


def test_the_model_asked_again_is_read_from_the_submitted_file():
    rows = made()
    handed = text([(*row, 1 - row[3] if i == 5 else row[3]) for i, row in enumerate(rows[:50])],
                  "sex,age,town,hired,again")
    given = Columns((Attribute("sex"),), "hired", ("F",), requeried="again")
    pair = pair_of(table(handed), table(text(rows)), given)
    assert np.flatnonzero(pair.requeried != pair.submitted.decision).tolist() == [5]


def test_new_levels_and_words_for_the_decision():
    rows = made()
    handed = [*((s, a, t, y) for s, a, t, y in rows[:50]), ("X", 30, "Ghent", 1)]
    pair = pair_of(table(text(handed)), table(text(rows)), GIVEN)
    assert surplus(pair.submitted, pair.reference).tolist() == [50]   # X is of the other side, and in no row there
    several = pair_of(table(text(handed)), table(text(rows)), Columns((Attribute("sex"),), "hired"))
    with pytest.raises(InvalidData, match="same groups"):
        detect(several.submitted, several.reference)
    spoken = [(s, a, t, "no" if y else "yes") for s, a, t, y in rows]
    turned = Columns((Attribute("sex"),), "hired", ("F",), selected="yes", favourable="not-selected")
    ours = pair_of(table(text(spoken[:90])), table(text(spoken)), turned)
    assert (ours.reference.counts == pair.reference.counts).all()


@pytest.mark.parametrize(("given", "words"), [
    (Columns((Attribute("sex"),), "hired", ("Z",)), "unprivileged group must exist"),
    (Columns((Attribute("sexe"),), "hired", ("F",)), "must exist"),
    (Columns((Attribute("sex"),), "age", ("F",)), "two values"),
    (Columns((Attribute("sex"),), "hired", ("F", "M")), "both sides"),
])
def test_unsuitable_columns_are_refused(given, words):
    rows = made()
    with pytest.raises(InvalidData, match=words):
        pair_of(table(text(rows[:90])), table(text(rows)), given)


def test_a_file_without_the_unprivileged_side_is_refused():
    rows = made()
    with pytest.raises(InvalidData, match="both sides need rows"):
        pair_of(table(text([row for row in rows if row[0] == "M"])), table(text(rows)), GIVEN)


def test_edges_of_a_number_are_the_references():
    rows = made()
    given = Columns((Attribute("age", "continuous"),), "hired")
    pair = pair_of(table(text(rows[:120])), table(text(rows)), given)
    assert pair.submitted.groups == pair.reference.groups
    assert not surplus(pair.submitted, pair.reference).size


def test_known_proportions():
    shares = text([("F", 0, 0.3), ("F", 1, 0.1), ("M", 0, 0.4), ("M", 1, 0.2)], "group,decision,proportion")
    pair = against_proportions(table(text(made())), table(shares), GIVEN)
    assert pair.reference.shares == pytest.approx(np.array([[0.3, 0.1], [0.4, 0.2]]))
    alone = against_proportions(table(text(made())), table(shares), Columns((Attribute("sex"),), "hired"))
    assert alone.submitted.groups == ("F", "M")


@pytest.mark.parametrize(("content", "words"), [
    (text([("F", 0, 0.3)], "group,decision,share"), "no proportion"),
    (text([("F", 0, 0.3), ("M", 1, 0.3)], "group,decision,proportion"), "add up to 1"),
    (text([("Z", 0, 0.3), ("M", 1, 0.7)], "group,decision,proportion"), "must exist"),
    (text([("F", 0, -0.3), ("M", 1, 1.3)], "group,decision,proportion"), "0 or more"),
])
def test_unsuitable_proportions_are_refused(content, words):
    with pytest.raises(InvalidData, match=words):
        against_proportions(table(text(made())), table(content), GIVEN)
