"""New York City Local Law 144: the rule's worked example, people not known, small categories, choices, words."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import numpy as np
import pytest

from engine.data.ingest import ingest
from engine.data.limits import Limits
from engine.data.reading import read
from engine.errors import InvalidData
from engine.policy import Policy
from engine.report.build import build
from engine.report.json_form import to_json
from engine.report.request import ReportRequest
from engine.report.tables.ll144 import Switches, calculate, weighted_median
from engine.report.tables.ll144_roles import demographic_columns
from engine.types import Attribute, Roles
from tests.build import dataset
from tests.culture_fit import RACE_RATIOS, SEX_RATIOS, csv, people

CLOCK = datetime(2026, 11, 21, 12, tzinfo=UTC)
COLUMNS = (Attribute("sex"), Attribute("race_ethnicity"))
BANNED = re.compile(r"pass|fail|complian", re.IGNORECASE)
UNKNOWN = [("", "White", 1), ("Male", "", 0), ("Unknown", "", 1), ("Female", "prefer not to say", 0)]


def opened(extra=(), **roles):
    table = read(csv(extra).encode(), "culture_fit.csv", Limits.from_environment())
    return ingest(table, Roles(protected=COLUMNS, **roles))


def report(data, **request):
    return build(data, ReportRequest("ll144", source="culture_fit.csv", **request), CLOCK)


def tables(made):
    return {table.name: table for table in made.tables}


def column(table, name):
    return [row[table.columns.index(name)] for row in table.rows]


@pytest.mark.parametrize("roles", [{"prediction": "selected"}, {"scores": ("score",)}])
def test_the_worked_example_of_the_rule(roles):
    found = tables(report(opened(**roles)))
    scores = "scores" in roles
    rate = "scoring rate" if scores else "selection rate"
    assert column(found["ll144-t1"], "category") == ["Male", "Female"]
    assert column(found["ll144-t1"], "applicants") == [92, 76]
    assert column(found["ll144-t1"], rate) == ["54.3%", "44.7%"]
    assert column(found["ll144-t1"], "impact ratio") == SEX_RATIOS
    assert column(found["ll144-t2"], "category")[:5] == [
        "Hispanic or Latino", "White", "Black or African American", "Native Hawaiian or Pacific Islander", "Asian"]
    assert column(found["ll144-t2"], rate)[:5] == ["64.3%", "37.5%", "50.0%", "62.5%", "41.7%"]
    assert column(found["ll144-t2"], "impact ratio") == [*RACE_RATIOS, "0.86", "0.86"]
    assert ("selected" in found["ll144-t1"].columns) is not scores
    if not scores:
        assert sum(column(found["ll144-t2"], "selected")) == 84


def test_the_combinations_are_divided_by_the_highest_of_the_whole_table():
    table = tables(report(opened(prediction="selected")))["ll144-t3"]
    assert len(table.rows) == 14
    assert table.columns[:3] == ("ethnicity", "sex", "race/ethnicity")
    assert [row[:2] for row in table.rows[:3]] == [("Hispanic or Latino", "Male"), ("Hispanic or Latino", "Female"),
                                                   ("Not Hispanic or Latino", "Male")]
    made = {}
    for sex, race, selected in people():
        n, k = made.get((sex, race), (0, 0))
        made[sex, race] = n + 1, k + selected
    best = max(Fraction(k, n) for n, k in made.values())
    filled = 0
    for row in table.rows:
        n, k = made.get((row[1], row[2]), (0, 0))
        if not n:
            assert row[3:] == (None,) * 4   # blank, never 0
            continue
        filled += 1
        assert row[3:5] == (n, k)
        assert row[5] == f"{float(Fraction(k, n)) * 100:.1f}%"
        assert row[6] == f"{float(Fraction(k, n) / best):.2f}"
    assert filled == len(made) < 14


def test_people_who_are_not_known_are_counted_once_and_are_in_no_row():
    data = opened(UNKNOWN, prediction="selected")
    made = report(data)
    found = tables(made)
    assert [row[1] for row in found["ll144-t4"].rows] == [2, 3, 4]   # sex, race, either
    assert sum(column(found["ll144-t1"], "applicants")) == 168 + 2
    assert sum(column(found["ll144-t2"], "applicants")) == 168 + 1
    assert sum(n or 0 for n in column(found["ll144-t3"], "applicants")) == 168
    words = next(row[1] for row in found["ll144-choices"].rows if "not known" in str(row[0]))
    assert words == "Unknown, missing, prefer not to say"
    section = next(section for section in made.sections if section.name == "unknown")
    assert section.paragraphs[0] == (
        "People who were assessed and are not in the table of categories together, because their sex or "
        "race/ethnicity is not known: 4.")


def test_a_category_under_two_per_cent_may_be_left_out_and_is_listed_with_a_justification():
    extra = [("Male", "Other", 1)] * 3
    kept = tables(report(opened(extra, prediction="selected")))
    assert column(kept["ll144-t2"], "impact ratio")[-1] == "1.00"       # 3 of 3: the highest rate
    assert [row[1:5] for row in kept["ll144-t5"].rows if row[0].startswith("T2")] == [("Other", 3, "100.0%", "no")]
    left = report(opened(extra, prediction="selected"), options=(
        ("exclude-under-2", "yes"), ("justification", "Three people say little.")))
    found = tables(left)
    assert column(found["ll144-t2"], "impact ratio")[-1] is None
    assert column(found["ll144-t2"], "impact ratio")[:5] == RACE_RATIOS
    row = next(row for row in found["ll144-t5"].rows if row[0].startswith("T2"))
    assert row == ("T2 Race/ethnicity", "Other", 3, "100.0%", "yes", "Three people say little.")
    assert "are not eligible as the highest" in next(s for s in left.sections if s.name == "small").paragraphs[0]
    eligible = tables(report(opened(extra, prediction="selected"), options=(
        ("exclude-under-2", "yes"), ("excluded-as-reference", "yes"))))
    assert column(eligible["ll144-t2"], "impact ratio")[0] == "0.64"    # 64.3 % over the 100 % of the one left out
    none = tables(report(opened(prediction="selected")))["ll144-t5"]
    assert [row for row in none.rows if row[0].startswith(("T1", "T2"))] == []


def test_the_choices_about_the_median():
    scores, sex = [1, 2, 3, 3, 3, 9, 9, 9], ["M", "F"] * 4
    race = ["White"] * 4 + ["Asian", "Asian", "missing", "missing"]
    data = dataset(scores, sex=sex, race=race)
    everybody = Policy.common(0.0, "s")

    def rate(**choices):
        found = calculate(data, everybody, ("sex", "race"), Switches("scores", **choices))
        return found.median, {row.levels[0]: row.chosen for row in found.tables[0].rows}

    assert rate() == (3.0, {"M": 1, "F": 2})
    assert rate(ties_above=True) == (3.0, {"M": 3, "F": 3})
    assert rate(unknown_in_median=False) == (3.0, {"M": 1, "F": 2})
    known = dataset([1, 2, 3, 4, 5, 6, 9, 9], sex=sex, race=race)
    shares = [calculate(known, everybody, ("sex", "race"), Switches("scores", unknown_in_median=choice)).median
              for choice in (True, False)]
    assert shares == [4.5, 3.5]


def test_the_median_is_numpys_and_weights_stand_for_rows():
    rng = np.random.default_rng(0)
    for n in (1, 2, 7, 30):
        values, weight = rng.integers(0, 6, n).astype(float), rng.integers(1, 4, n).astype(float)
        assert weighted_median(values, np.ones(n)) == np.median(values)
        assert weighted_median(values, weight) == np.median(np.repeat(values, weight.astype(int)))


def test_it_works_from_counts():
    from engine.counting.counted import counts_of, dataset_of

    for roles, bins in (({"scores": ("score",)}, "values"), ({"prediction": "selected"}, "grid")):
        data = opened(UNKNOWN, **roles)
        counted = dataset_of(counts_of(data, bins), "counts")
        assert [t.rows for n, t in tables(report(counted)).items() if n != "ll144-choices"] == [
            t.rows for n, t in tables(report(data)).items() if n != "ll144-choices"]


def test_the_favourable_decision_counts_where_it_is_not_to_be_selected():
    data = opened(prediction="selected", favourable="not-selected")
    found = tables(report(data))
    assert column(found["ll144-t1"], "selected") == [92 - 50, 76 - 34]
    assert "not selected" in found["ll144-choices"].rows[0][2]


def test_the_annex_holds_the_ratio_over_every_assignment():
    rows = people()[:40] + people()[120:160]
    rows = [("" if k % 16 == 0 else sex, race, chosen) for k, (sex, race, chosen) in enumerate(rows)]
    data = dataset([chosen for *_, chosen in rows], sex=[sex or "missing" for sex, *_ in rows],
                   race=[race for _, race, _ in rows])
    found = tables(build(data, ReportRequest("ll144", policy=Policy.common(0.5, "s")), CLOCK))["ll144-missing"]
    lacking = [chosen for sex, _, chosen in rows if not sex]
    hits = {sex: sum(chosen for s, _, chosen in rows if s == sex) for sex in ("Male", "Female")}
    size = {sex: sum(s == sex for s, *_ in rows) for sex in ("Male", "Female")}
    ratios = []
    for mine in range(2 ** len(lacking)):
        taken = [bool(mine >> k & 1) for k in range(len(lacking))]
        male = Fraction(hits["Male"] + sum(c for c, t in zip(lacking, taken, strict=True) if t),
                        size["Male"] + sum(taken))
        female = Fraction(hits["Female"] + sum(c for c, t in zip(lacking, taken, strict=True) if not t),
                          size["Female"] + len(lacking) - sum(taken))
        ratios.append(min(male, female) / max(male, female))
    row = next(row for row in found.rows if row[0] == "sex")
    assert row[1] == len(lacking) == 5
    assert row[3] == pytest.approx(float(min(ratios)))
    assert row[4] == pytest.approx(float(max(ratios)))


def test_no_word_says_whether_a_ratio_is_good_enough():
    from engine.report.html import render

    for options in ((), (("annex", "yes"), ("exclude-under-2", "yes"))):
        made = report(opened(UNKNOWN, prediction="selected"), options=options, suppress_under=10)
        assert not BANNED.findall(json.dumps(to_json(made)))
    page = re.sub(r"<(style|script)\b.*?</\1>", "", render(made), flags=re.DOTALL)
    assert "Impact ratio" in page or "impact ratio" in page
    assert not BANNED.findall(page)
    assert BANNED.search("Compliance")


@pytest.mark.parametrize(("tool", "rate"), [("selects", "54.3%"), ("scores", "54.3%")])
def test_the_command_guesses_the_columns_and_takes_the_choices(ask, tmp_path, tool, rate):
    file, out = tmp_path / "culture_fit.csv", tmp_path / "audit.json"
    file.write_text(csv(), encoding="utf-8")
    column_of = ("--prediction", "selected") if tool == "selects" else ("--score", "score", "--option", "ties=below")
    ask("report", str(file), "--template", "ll144", *column_of, "--format", "json", "-o", str(out))
    text = out.read_text(encoding="utf-8")
    assert rate in text
    found = {table["name"]: table for section in json.loads(text)["sections"] for table in section["tables"]}
    assert [row[-1] for row in found["ll144-t1"]["rows"]] == SEX_RATIOS
    assert [row[-1] for row in found["ll144-t2"]["rows"]][:5] == RACE_RATIOS


def test_categories_that_are_kept_back_cannot_be_had_from_the_tables():
    data = opened(UNKNOWN, prediction="selected")
    found = calculate(data, Policy.common(1.0, "selected"), ("sex", "race_ethnicity"), under=10)
    names = [("sex",), ("race_ethnicity",), ("sex", "race_ethnicity")]
    rows = [(sex or "missing", race or "missing", chosen) for sex, race, chosen in [*people(), *UNKNOWN]]
    unknown = {"missing", "Unknown", "prefer not to say"}
    cells = sorted({row[:2] for row in rows})

    def line(test):
        return [float(test(*cell)) for cell in cells]

    shown, secret = [line(lambda s, r: True)], []
    for attributes, table in zip(names, found.tables, strict=True):
        for row in table.rows:
            wanted = dict(zip(attributes, row.levels, strict=True))
            mask = line(lambda s, r, w=wanted: all({"sex": s, "race_ethnicity": r}[k] == v for k, v in w.items()))
            n = sum(1 for s, r, _ in rows if all({"sex": s, "race_ethnicity": r}[k] == v for k, v in wanted.items()))
            assert row.hidden or n == 0 or n >= 10
            (secret if row.hidden else shown).append(mask)
            if row.hidden:
                assert (row.applicants, row.chosen, row.rate, row.ratio) == (None,) * 4
    for key, test in (("sex", lambda s, r: s in unknown), ("race_ethnicity", lambda s, r: r in unknown),
                      ("either", lambda s, r: bool({s, r} & unknown))):
        (secret if found.unknown[key] is None else shown).append(line(test))
    assert len(secret) > 3
    rank = np.linalg.matrix_rank(shown)
    assert all(np.linalg.matrix_rank([*shown, one]) > rank for one in secret)


def test_columns_are_guessed_from_their_names_or_given():
    assert demographic_columns(["id", "Sex", "Race"]) == ("Sex", "Race")
    assert demographic_columns(["essex", "terrace", "candidate_gender"]) == ("candidate_gender", None)
    assert demographic_columns(["a", "b"], "b", "a") == ("b", "a")
    for names, sex, race in ((["a"], None, None), (["a"], "b", None), (["a"], "a", "a")):
        with pytest.raises(InvalidData):
            demographic_columns(names, sex, race)


def test_a_tool_that_classifies_has_all_tables_for_each_class():
    rows = [(sex, race, ("lead", "care", "missing")[(k * k + chosen) % 3])
            for k, (sex, race, chosen) in enumerate(people())]
    data = dataset([0.5] * len(rows), sex=[r[0] for r in rows], race=[r[1] for r in rows], style=[r[2] for r in rows])
    options = (("tool", "classifies"), ("classes", "style"))
    made = report(data, options=options, policy=Policy.common(0.5, "s"))
    assert [s.title for s in made.sections if s.name.startswith("rates")] == [
        f"Selection rates and impact ratios, class {level}" for level in ("care", "lead")]
    for table in (t for t in made.tables if t.title.startswith(("T1", "T2"))):
        place, level = int(table.title[1]) - 1, table.title.rsplit(" ", 1)[1]
        rates = {}
        for name in {row[place] for row in rows}:
            inside = [style == level for *both, style in rows if both[place] == name]
            rates[name] = Fraction(sum(inside), len(inside))
        filled = [row for row in table.rows if row[1] is not None]
        assert len(filled) == len(rates)
        for name, people_, inside, rate, ratio in filled:
            assert Fraction(inside, people_) == rates[name]
            assert rate == f"{float(rates[name]) * 100:.1f}%"
            assert float(ratio) == pytest.approx(float(rates[name] / max(rates.values())), abs=0.0051)
    assert {row[0].rsplit(" ", 1)[1] for row in tables(made)["ll144-missing"].rows} == {"care", "lead"}
    for named, wrong in (("", "'classes'"), ("sex", "'classes'"), ("no", "'classes'")):
        with pytest.raises(InvalidData, match=wrong):
            report(data, options=(("tool", "classifies"), ("classes", named)), policy=Policy.common(0.5, "s"))


def test_one_of_the_two_is_enough_and_what_cannot_be_used_is_refused():
    alone = dataset([1.0, 0.0, 1.0], gender=["F", "M", "F"])
    found = tables(build(alone, ReportRequest("ll144", policy=Policy.common(0.5, "s")), CLOCK))
    assert "ll144-t1" in found
    assert "ll144-t3" not in found
    with pytest.raises(InvalidData, match="sex, or race"):
        build(dataset([1.0], age=["old"]), ReportRequest("ll144"), CLOCK)
    with pytest.raises(InvalidData, match="neither"):
        build(replace(alone, score=None), ReportRequest("ll144"), CLOCK)
    with pytest.raises(InvalidData, match="option 'ties'"):
        build(alone, ReportRequest("ll144", options=(("ties", "maybe"),)), CLOCK)
