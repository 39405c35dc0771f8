from __future__ import annotations

import io
import json
import zipfile

import pytest

from engine.counting.counted import counts_of
from engine.counting.file import written
from engine.data.catalogue import load
from engine.data.simulated import lending
from engine.policy import Policy
from engine.report import TEMPLATES
from engine.report.json_form import read
from pages.parts import policy_book, report_files, report_outline
from pages.parts.report_outline import MOST, Outline
from tests.test_pages import HOSTILE, app, bring, click, inert, own_table, session, sound

THRESHOLDS = "pages/thresholds.py"


def added(test, *keys):
    for key in keys:
        [button] = [button for button in test.button if button.key == f"report {key}"]
        test = sound(button.click().run())
    return test


def outline(test) -> Outline:
    return test.session_state["equipoise report"][session(test).dataset.fingerprint]


def collected(*keys):
    """The report page of the sample, with charts of the threshold page."""
    test = sound(app(data="simulated-lending").switch_page(THRESHOLDS).run())
    return sound(added(test, *keys).switch_page("pages/report.py").run())


def press(test, key):
    [button] = [button for button in test.button if button.key == key]
    return sound(button.click().run())


def titles(test):
    return [part.title for part in outline(test).parts]


def report(test):
    made = outline(test).made
    return read(made.files.content["json"])


def test_a_chart_and_a_table_are_added_from_their_pages_with_what_was_in_force():
    test = collected("disparities", "rate")
    gaps, rates = outline(test).parts
    assert gaps.title == "Disparities with intervals and noise bands, by sex"
    assert "demographic_parity_difference" in gaps.content.definitions
    assert "thresholds page" in gaps.content.note
    assert "≥ 0.5" in gaps.content.note
    assert rates.content.table.rows


def test_the_title_of_a_part_names_its_groups_once_and_only_where_it_is_about_groups():
    assert report_outline.by_groups("Calibration", {"group": []}, "sex x race") == "Calibration, by sex x race"
    assert report_outline.by_groups("Calibration by sex", {"group": []}, "sex") == "Calibration by sex"
    assert report_outline.by_groups("Importance", {"feature": []}, "sex") == "Importance"


def test_what_is_there_already_is_not_added_twice_and_other_settings_make_another_part():
    test = sound(app(data="simulated-lending").switch_page(THRESHOLDS).run())
    test = added(test, "disparities", "disparities")
    assert "already" in test.session_state["equipoise report said"]   # the browser tests see it on the screen
    assert len(outline(test).parts) == 1
    next(toggle for toggle in test.toggle if "Plain controls" in toggle.label).set_value(True).run()
    test = added(test.select_slider[0].set_value(300).run(), "disparities")
    assert len(outline(test).parts) == 2


def test_a_report_takes_so_many_parts_and_says_so():
    held = Outline()
    for number in range(MOST):
        held.append("data", str(number), "x")
    assert held.put("data", "more", "y", object()) is None
    assert len(held.parts) == MOST


def test_parts_are_ordered_named_commented_on_and_taken_out(as_json_alone):
    test = collected("disparities", "rate")
    first, second = titles(test)
    test = press(test, "report Down 1")
    assert titles(test) == [second, first]
    test = press(test, "report Up 1")
    assert titles(test) == [first, second]
    part = outline(test).parts[0]
    part.title, part.comment = "My own title", "Look at the second group.\nThen at the first."
    test = press(test.run(), "report out 2")
    assert titles(test) == ["My own title"]
    test = click(test, "Make the report")
    [section] = [section for section in report(test).sections if section.collected]
    assert (section.title, section.comment) == ("My own title", "Look at the second group.\nThen at the first.")


def test_the_made_files_hold_the_same_report():
    test = sound(click(collected("disparities"), "Make the report"))
    made = outline(test).made
    assert report(test) == made.report
    html = made.files.content["html"].decode()
    assert "Disparities with intervals and noise bands" in html
    with zipfile.ZipFile(io.BytesIO(made.files.content["zip"])) as archive:
        assert {f"{table.name}.csv" for table in made.report.tables} < set(archive.namelist())
    command = "python -m engine report simulated-lending --threshold 0.5 -o report.html"
    assert [code.value for code in test.code] == [command]


@pytest.fixture
def as_json_alone(monkeypatch):
    """For tests that read the report and not its files: those take seconds."""
    monkeypatch.setattr(report_files, "FORMATS", {"json": report_files.FORMATS["json"]})


def chosen(test, template):
    return sound(next(box for box in test.selectbox if box.label == "Template").set_value(template).run())


@pytest.mark.slow
@pytest.mark.parametrize("template", list(TEMPLATES))
def test_every_template_is_made_in_every_format(template):
    test = sound(click(chosen(collected(), template), "Make the report"))
    made = outline(test).made
    assert made.report.template == template
    assert made.report.sections
    assert set(made.files.content) == {"html", "pdf", "json", "zip"}
    assert made.files.content["pdf"].startswith(b"%PDF-")
    assert not made.files.refused
    blanks = {box.label for box in test.text_input}
    assert len(blanks) >= len(made.report.blanks) > 0


DATA = {
    "a decision and no score": b"sex,paid,decision\n" + b"F,1,yes\nM,0,no\nM,1,yes\nF,0,yes\n" * 40,
    "no outcome": b"sex,score\n" + b"F,0.2\nM,0.5\nM,0.9\nF,0.4\n" * 40,
    "nothing to decide by": b"sex,ethnicity,paid\n" + b"F,a,0\nM,b,1\nM,a,1\nF,b,0\n" * 40,
    "counts": written(counts_of(load("simulated-lending"))),
}


@pytest.mark.parametrize("name", DATA)
def test_data_of_other_kinds_have_a_report_too(name, as_json_alone):
    ending = "parquet" if name == "counts" else "csv"
    test = bring(own_table(app()), f"own.{ending}", DATA[name])
    test = sound(click(test, "Use this table")) if ending == "csv" else sound(test)
    test = sound(test.switch_page("pages/report.py").run())
    test = sound(click(test, "Make the report"))
    assert outline(test).made is not None, [box.value for box in (*test.error, *test.warning, *test.info)]
    assert not test.error
    words = " ".join(words for section in report(test).sections for words in section.paragraphs)
    assert (name == "nothing to decide by") == ("no score and no decision" in words)
    assert (name == "counts") == any("What needs rows is left out" in said for said in report(test).warnings)


def test_tables_for_columns_that_are_not_there_are_refused_in_a_sentence_and_the_choice_stays():
    rows = b"a,1,0.3\nb,0,0.9\nb,1,0.5\na,0,0.2\n" * 40
    test = bring(own_table(app()), "own.csv", b"nationality,paid,score\n" + rows)
    test = sound(click(test, "Use this table"))
    test = chosen(sound(test.switch_page("pages/report.py").run()), "ll144")
    test = sound(click(test, "Make the report"))
    assert outline(test).made is None
    assert any("sex" in box.value for box in test.error)


def test_a_change_after_making_is_said_and_making_again_ends_it(as_json_alone):
    test = sound(click(collected("disparities"), "Make the report"))
    stale = "before your last changes"
    assert not any(stale in box.value for box in test.info)
    test = sound(next(box for box in test.text_input if box.label == "Auditor").set_value("A. Person").run())
    assert any(stale in box.value for box in test.info)
    test = sound(click(test, "Make the report"))
    assert not any(stale in box.value for box in test.info)
    assert {blank.label: blank.value for blank in report(test).blanks}["Auditor"] == "A. Person"


def test_the_policies_in_hand_go_into_the_report_and_beside_the_command(as_json_alone):
    test = collected()
    data = session(test).dataset
    book = policy_book_of(test)
    book.put(Policy.per_group(["sex"], {"female": 0.25, "male": 0.5}, 0.5, "score"))
    book.named["mine"] = Policy.common(0.75, "score")
    test = sound(click(test.run(), "Make the report"))
    asked = report(test).provenance.request
    assert asked["policy"]["thresholds"] == {"female": 0.25, "male": 0.5}
    assert asked["baseline"]["otherwise"] == 0.5
    assert [name for name, _ in asked["rejected"]] == ["mine"]
    files = report_files.policies(outline(test).made.asked, report(test).provenance.command)
    assert set(files) == {"policy.json", "baseline.json", "rejected-1.json"}
    assert Policy.from_json(json.loads(files["policy.json"])) == book.now
    assert data.fingerprint == report(test).provenance.fingerprint


def policy_book_of(test) -> policy_book.Book:
    data = session(test).dataset
    return test.session_state["equipoise policies"][(data.fingerprint, data.score)]


def test_small_groups_take_the_added_parts_with_them(as_json_alone):
    rows = b"".join(b"%s,%d,0.%d\n" % ((b"F", b"M")[n % 2] if n > 4 else b"X", n % 3 == 0, 10 + n % 80)
                    for n in range(300))
    test = sound(click(bring(own_table(app()), "own.csv", b"sex,paid,score\n" + rows), "Use this table"))
    test = added(test, "outcome by group")
    test = sound(test.switch_page("pages/report.py").run())
    test = sound(click(test, "Make the report"))
    assert any(section.collected for section in report(test).sections)
    next(box for box in test.toggle if "fewer than 10" in box.label).set_value(True).run()
    [said] = [box.value for box in test.info if "fewer than 10 rows" in box.value]
    assert "1 of sex" in said
    assert "what other thresholds would do" in said
    assert "What you added is left out" in said
    test = sound(click(test, "Make the report"))
    assert not any(section.collected for section in report(test).sections)
    assert any("are left out" in words for section in report(test).sections
               for words in section.paragraphs)


def test_outlines_belong_to_their_data():
    test = collected("disparities")
    test = sound(click(bring(own_table(test.switch_page("pages/data.py").run()), "loans.csv", lending(rows=400)),
                       "Use this table"))
    test = sound(test.switch_page("pages/report.py").run())
    assert any("Nothing was added yet" in text.value for text in test.markdown)


def test_hostile_names_are_inert_in_parts_and_preview():
    lines = [f'"{HOSTILE}{n % 3}",{n % 2},{n % 7 / 7}' for n in range(120)]
    content = f'"sex {HOSTILE}","paid {HOSTILE}","score {HOSTILE}"\n' + "\n".join(lines)
    test = sound(click(bring(own_table(app()), f"{HOSTILE}.csv", content.encode()), "Use this table"))
    test = added(test, "outcome by group")
    test = sound(test.switch_page("pages/report.py").run())
    outline(test).parts[0].title = outline(test).parts[0].comment = HOSTILE
    test = sound(click(test.run(), "Make the report"))
    [section] = [box for box in test.selectbox if box.label == "Section"]
    for place in range(len(section.options)):
        test = sound(next(box for box in test.selectbox if box.label == "Section").select_index(place).run())
        inert(test)
    html = outline(test).made.files.content["html"].decode()
    assert "<img" not in html.split("<script>")[0]


def test_the_address_holds_nothing_that_was_written():
    test = collected()
    next(box for box in test.text_input if box.label == "Auditor").set_value("Zebra").run()
    assert "Zebra" not in str(test.query_params)


def test_archives_of_the_same_texts_are_the_same_bytes():
    assert report_files.archive({"a.csv": "x", "b.csv": "y"}) == report_files.archive({"a.csv": "x", "b.csv": "y"})


def test_terms_are_whole_words():
    assert report_outline.terms("false positive rate, Rates") == ("false_positive_rate",)


def test_the_camera_of_every_chart_saves_what_the_report_page_says():
    test = collected()
    box = next(box for box in test.selectbox if box.label == "The camera of a chart saves")
    test = sound(box.set_value("png").run())
    test = sound(test.switch_page("pages/data.py").run())
    charts = test.get("plotly_chart")
    assert charts
    assert all(json.loads(chart.proto.config)["toImageButtonOptions"]["format"] == "png" for chart in charts)


def test_choices_of_the_rule_are_asked_where_they_decide_something():
    def asked(test):
        return {box.label for box in (*test.selectbox, *test.text_input)}

    test = chosen(collected(), "ll144")
    assert {"Scores equal to the median", "Rows of unknown groups in the median"} <= asked(test)
    assert "An excluded category as the reference" not in asked(test)
    test = sound(next(box for box in test.selectbox if box.label.startswith("Categories under")).set_value("yes").run())
    assert {"An excluded category as the reference", "Justification of an exclusion"} <= asked(test)
    tool = next(box for box in test.selectbox if box.label == "What the tool does")
    test = sound(tool.set_value("classifies").run())
    assert "Scores equal to the median" not in asked(test)
    assert "Column of the classes" in asked(test) or any("data page" in box.value for box in test.warning)
