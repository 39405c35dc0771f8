"""``report`` and ``rerun``: what is written, that it comes out the same, and what is refused."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli import main
from engine.policy import Policy

ROOT = Path(__file__).parents[1]
ROLES = ("--label", "paid", "--positive", "yes", "--score", "risk", "--protected", "group")


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A table of 300 rows in a folder whose name no report may hold; the clock stands still."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    drawn = random.Random(5)
    rows = []
    for _ in range(300):
        risk = drawn.random()
        rows.append(f"{drawn.choice('abc')},{'yes' if drawn.random() < risk else 'no'},{risk:.4f}")
    path = tmp_path / "secret-folder" / "people.csv"
    path.parent.mkdir()
    path.write_text("group,paid,risk\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def made():
    """What was already written, by the table it is about."""
    return {}


@pytest.fixture
def stored(file, tmp_path, made, ask):
    """The JSON report about that table, made once."""
    path = tmp_path / "r.json"
    if "report" not in made:
        ask("report", str(file), *ROLES, "-o", str(path))
        made["report"] = path.read_bytes()
    path.write_bytes(made["report"])
    return path


@pytest.mark.parametrize(("form", "start"), [("html", b"<!doctype html>"), ("pdf", b"%PDF-"), ("json", b"{")])
def test_a_file_is_written(file, tmp_path, ask, form, start):
    out = tmp_path / f"r.{form}"
    said = ask("report", str(file), *ROLES, "-o", str(out))
    content = out.read_bytes()
    assert content.startswith(start)
    assert (said["bytes"], said["format"], said["out"]) == (len(content), form, out.name)
    assert said["clock"] == "2023-11-14T22:13:20Z"
    assert not list(tmp_path.glob("*.part"))


def test_format_outweighs_the_name(file, tmp_path, ask):
    assert ask("report", str(file), *ROLES, "--format", "json", "-o", str(tmp_path / "r.pdf"))["format"] == "json"


def test_csv_is_a_folder_and_only_its_own_is_written_over(file, tmp_path, ask, refused):
    out = tmp_path / "tables"
    said = ask("report", str(file), *ROLES, "--format", "csv", "-o", str(out))
    assert len(list(out.glob("*.csv"))) == said["tables"] + 1
    ask("report", str(file), *ROLES, "--format", "csv", "-o", str(out))
    other = tmp_path / "mine"
    other.mkdir()
    (other / "keep.txt").write_text("mine")
    assert "a folder with other files" in refused("report", str(file), *ROLES, "--format", "csv", "-o", str(other))
    assert [each.name for each in other.iterdir()] == ["keep.txt"]


def test_no_folder_of_the_machine_is_in_the_report(stored, tmp_path):
    text = stored.read_text(encoding="ascii")
    assert "secret-folder" not in text
    assert str(tmp_path) not in text
    assert "python -m engine report people.csv" in text


def test_the_stored_command_makes_the_same_report(file, tmp_path, stored, ask, monkeypatch):
    monkeypatch.chdir(file.parent)
    words = json.loads(stored.read_bytes())["provenance"]["command"].split()
    ask(*words[3:-1], str(tmp_path / "again.json"))
    first, second = (json.loads(path.read_bytes()) for path in (stored, tmp_path / "again.json"))
    first["provenance"]["request"]["policy_note"] = None   # the threshold was the default, and is now given
    first["sections"][0]["paragraphs"] = second["sections"][0]["paragraphs"]
    assert first == second


def test_rerun_is_identical(file, stored, ask):
    said = ask("rerun", str(stored), "--data", str(file))
    assert said == {"identical": True, "count": 0, "differences": [], "same_data": True, "same_versions": True,
                    "kept": []}


def test_rerun_ignores_where_the_file_lies(file, stored, tmp_path, ask):
    moved = tmp_path / "renamed.csv"
    file.rename(moved)
    assert ask("rerun", str(stored), "--data", str(moved))["identical"]


@pytest.mark.slow
def test_another_process_writes_the_same_bytes(file, tmp_path, ask):
    """Another hash seed, working folder and time zone; the same interpreter and packages."""
    script = "import sys\nfrom engine.cli import main\n[main([*sys.argv[2:], '-o', o]) for o in sys.argv[1].split()]"
    forms = ("json", "html", "pdf")
    wanted = " ".join(str(tmp_path / f"b.{form}") for form in forms)
    subprocess.run([sys.executable, "-c", script, wanted, "report", file.name, *ROLES], cwd=file.parent, check=True,
                   env={**os.environ, "PYTHONHASHSEED": "77", "TZ": "Asia/Kathmandu", "PYTHONPATH": str(ROOT)})
    for form in forms:
        ask("report", str(file), *ROLES, "-o", str(tmp_path / f"a.{form}"))
        assert (tmp_path / f"a.{form}").read_bytes() == (tmp_path / f"b.{form}").read_bytes(), form


def test_rerun_lists_what_differs(file, stored, capsys):
    changed = file.read_text(encoding="utf-8").replace("a,yes", "a,no", 1)
    file.write_text(changed, encoding="utf-8")
    assert main(["rerun", str(stored), "--data", str(file), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert not said["identical"]
    assert not said["same_data"]
    places = [each["where"] for each in said["differences"]]
    assert "provenance > sha256" in places
    assert any(place.startswith("sections > rates > tables > rates-group") for place in places)
    assert main(["rerun", str(stored), "--data", str(file)]) == 1
    assert "different in" in capsys.readouterr().out


def test_rerun_names_another_version(file, stored, capsys):
    value = json.loads(stored.read_bytes())
    value["provenance"]["versions"]["numpy"] = "1.0"
    stored.write_text(json.dumps(value))
    assert main(["rerun", str(stored), "--data", str(file), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert [each["where"] for each in said["differences"]] == ["provenance > versions > numpy"]
    assert not said["same_versions"]


def test_rerun_keeps_what_a_visitor_collected(file, stored, ask):
    value = json.loads(stored.read_bytes())
    value["sections"].append({"name": "mine", "title": "Mine", "comment": "look", "collected": True})
    value["blanks"][0]["value"] = "Ann"
    stored.write_text(json.dumps(value))
    said = ask("rerun", str(stored), "--data", str(file))
    assert (said["identical"], said["kept"]) == (True, ["Mine"])


@pytest.mark.parametrize("spoil", [
    lambda v: v["provenance"]["roles"].update(label="nobody"), lambda v: v["provenance"].update(clock="yesterday"),
    lambda v: v["provenance"]["request"].update(template="x"), lambda v: v["provenance"]["request"].update(level=7),
    lambda v: v["provenance"]["request"].update(policy=3), lambda v: v["provenance"]["request"].update(rejected=[1]),
    lambda v: v["provenance"].update(score="made elsewhere", score_source="recalibrated"),
    lambda v: v["provenance"]["roles"].update(protected=[{"column": "group", "kind": "odd"}]),
    lambda v: v["provenance"]["request"].update(groupings=[["nobody"]]),
])
def test_a_report_that_cannot_be_made_again_is_refused(file, stored, refused, spoil):
    value = json.loads(stored.read_bytes())
    spoil(value)
    stored.write_text(json.dumps(value))
    refused("rerun", str(stored), "--data", str(file))


def test_files_that_are_no_report_are_refused(file, tmp_path, refused):
    refused("rerun", str(file), "--data", str(file))
    refused("rerun", str(tmp_path / "none.json"), "--data", str(file))


def test_what_cannot_be_written_is_refused(file, tmp_path, refused, monkeypatch):
    assert "another file than the data" in refused("report", str(file), *ROLES, "--format", "html", "-o",
                                                           str(file))
    refused("report", str(file), *ROLES, "-o", str(tmp_path / "none" / "r.html"))
    refused("report", str(file), *ROLES, "--template", "none", "-o", str(tmp_path / "r.html"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    refused("report", str(file), *ROLES, "-o", str(tmp_path / "r.html"))


def test_policies_of_files_are_in_the_report(file, tmp_path, ask):
    for name, threshold in (("base", 0.3), ("no", 0.7)):
        (tmp_path / f"{name}.json").write_text(json.dumps(Policy.common(threshold, "risk").to_json()))
    out = tmp_path / "r.json"
    ask("report", str(file), *ROLES, "--threshold", "group=a:0.4", "--baseline", str(tmp_path / "base.json"),
        "--rejected", str(tmp_path / "no.json"), "-o", str(out))
    found = json.loads(out.read_bytes())
    assert found["sections"][0]["tables"][0]["columns"][2:] == ["this policy", "baseline", "no.json"]
    assert found["provenance"]["request"]["policy"]["thresholds"] == {"a": 0.4}
    assert ask("rerun", str(out), "--data", str(file))["identical"]


@pytest.mark.slow
def test_without_a_score_the_usual_model_is_fitted_again(file, tmp_path, ask):
    out = tmp_path / "r.json"
    text = file.read_text(encoding="utf-8").replace("risk", "income", 1)
    file.write_text(text, encoding="utf-8")
    ask("report", str(file), *ROLES[:4], *ROLES[6:], "-o", str(out))
    assert ask("rerun", str(out), "--data", str(file))["identical"]


@pytest.mark.slow
def test_catalogued_data_are_named_alone(needs_data, tmp_path, ask):
    needs_data("compas-scores-two-years.csv")
    out = tmp_path / "r.json"
    ask("report", "compas", "--threshold", "5", "-o", str(out))
    assert json.loads(out.read_bytes())["provenance"]["command"] == (
        "python -m engine report compas --threshold 5.0 -o report.html")
    assert ask("rerun", str(out), "--data", "compas")["identical"]


@pytest.mark.slow
@pytest.mark.parametrize("template", ["ll144", "eu-annex4", "model-risk", "ugesp"])
def test_every_template_comes_out_the_same_in_every_form(template, file, tmp_path, ask):
    lines = file.read_text(encoding="utf-8").splitlines()
    table = tmp_path / "people.csv"
    table.write_text("\n".join([f"sex,{lines[0].replace('group', 'race')}",
                                *(f"{'MF'[place % 2]},{line}" for place, line in enumerate(lines[1:]))]) + "\n")
    columns = () if template in ("ll144", "ugesp") else ("--protected", "race")   # guessed from their names
    asked = (str(table), *ROLES[:6], *columns, "--template", template, "--threshold", "0.5")
    out = tmp_path / "r.json"
    ask("report", *asked, "-o", str(out))
    assert ask("rerun", str(out), "--data", str(table))["identical"]
    for form in ("html", "pdf"):
        assert ask("report", *asked, "-o", str(tmp_path / f"r.{form}"))["bytes"] > 10_000


@pytest.mark.slow
def test_a_table_of_counts_has_a_report_too(file, tmp_path, ask):
    counts, out = tmp_path / "counts.parquet", tmp_path / "r.json"
    ask("tabulate", str(file), *ROLES, "-o", str(counts))
    ask("report", str(counts), "-o", str(out))
    names = [section["name"] for section in json.loads(out.read_bytes())["sections"]]
    assert "calibration" in names
    assert ask("rerun", str(out), "--data", str(counts))["identical"]
