"""The manipulation page without a browser: both doors, by clicks."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from engine.data.catalogue import load
from engine.data.reading import read
from pages.parts import audit_submitted, jobs, state
from tests.test_pages import settled, sound

ROOT = Path(__file__).parents[1]


def page(data=None, origin="upload", **settings):
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    if data is not None:
        held = state.Session(dataset=data, origin=origin, read_url=True)
        held.settings[("manipulation", data.fingerprint)] = settings
        at.session_state["equipoise session"] = held
    at.run()
    return sound(at.switch_page("pages/manipulation.py").run())


def words(at):
    kinds = ("markdown", "caption", "info", "warning", "error")
    return " ".join(element.value for kind in kinds for element in getattr(at, kind))


def press(at, label):
    [button] = [button for button in at.button if button.label == label]
    return sound(settled(button.click().run()))


def rows_csv(rng, n, high=0.33, words=("0", "1")):
    sex = rng.choice(["F", "M"], n, p=[0.4, 0.6])
    hired = (rng.random(n) < np.where(sex == "F", 0.12, high)).astype(int)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["sex", "age", "hired"])
    writer.writerows(zip(sex, rng.integers(18, 80, n), [words[h] for h in hired], strict=True))
    return text.getvalue()


@pytest.fixture(scope="module")
def lending():
    return load("simulated-lending")


def test_the_auditors_door_opens_without_data_and_says_what_to_bring():
    at = page()
    assert "not rejected does not mean representative" in words(at)
    assert "Bring the submitted sample" in words(at)


def test_the_stress_test_says_what_was_made_and_whether_it_is_noticed(lending):
    from engine.scoring.models import cross_fitted

    data = lending if lending.score else cross_fitted(lending)
    at = press(page(data, "catalogue:simulated-lending", door="stress", size=300), "Doctor a sample")
    said = words(at)
    assert "no row altered, only picked" in said
    assert "level" in said
    assert "power" in said or "chance" in said
    assert any(metric.label == "Ratio of the sample" for metric in at.metric)
    assert any("Doctored sample" in button.proto.label for button in at.get("download_button"))


def test_every_section_of_an_audit_draws(lending):
    settings = {"door": "stress", "attack": "replace", "size": 300, "target_disparate": 1.2}
    at = press(page(lending, "catalogue:simulated-lending", **settings), "Doctor a sample")
    assert "Altered rows are proved" in words(at)
    for section in ("cells", "honest", "power", "unseen", "rows", "tests"):
        [group] = [group for group in at.button_group if group.label == "Look at"]
        at = sound(group.set_value(section).run())
        charts = at.get("plotly_chart")
        assert bool(charts) == (section in ("cells", "honest", "power", "unseen"))
        assert all(chart.proto.alt for chart in charts)


def test_two_files_are_audited_by_a_click():
    rng = np.random.default_rng(0)
    at = page()
    whole = rows_csv(rng, 2_000)
    lines = whole.splitlines()
    sample = "\n".join([lines[0], *lines[1:301]])
    at = at.file_uploader[0].upload("sample.csv", sample.encode()).run()
    at = sound(at.file_uploader[1].upload("whole.csv", whole.encode()).run())
    at = press(at, "Run the audit")
    assert "Not rejected" in words(at)
    assert "would be noticed" in words(at).replace("\n", " ")


def test_a_file_is_read_as_a_job_that_can_be_stopped_and_survives_a_page_change():
    at = page()
    jobs.SLOT.acquire()   # another visitor's work: reading waits, with a bar and a way out
    try:
        at = sound(at.file_uploader[0].upload("sample.csv", rows_csv(np.random.default_rng(0), 50).encode()).run())
        at = sound(at.button(key="cancel read submitted").click().run())
        assert "The work was stopped" in words(at)
    finally:
        jobs.SLOT.release()
    at = sound(settled(at.file_uploader[0].upload("other.csv", rows_csv(np.random.default_rng(0), 50).encode()).run()))
    assert "other" in words(at)
    assert "50 rows, 3 columns" in words(at)
    at.switch_page("pages/guide.py").run()
    assert "50 rows, 3 columns" in words(sound(at.switch_page("pages/manipulation.py").run()))


def test_a_file_that_is_no_table_is_refused_beside_its_place():
    at = sound(settled(page().file_uploader[1].upload("whole.csv", b"\x80\x04\x95").run()))
    assert [box.value.startswith("Pickled files are never opened") for box in at.error] == [True]


def test_groups_to_start_from_are_those_of_the_file():
    table = read(b"g,h,d\n" + b"a,NA,1\n" * 40 + b"b,,0\n" * 50 + b"b,x,0\n" * 3, "x.csv")
    files = audit_submitted.Files(table, table, "A", "mark")
    found = audit_submitted._groups.__wrapped__("mark", ("g", "h"), "d", "1", files)
    assert found == (["b x missing", "a x NA", "b x x"], ["b x missing"])


def test_files_that_do_not_match_are_refused_in_a_sentence():
    at = page()
    at = at.file_uploader[0].upload("sample.csv", b"a,b\n1,2\n3,4\n").run()
    at = sound(at.file_uploader[1].upload("whole.csv", b"c,d\n1,2\n3,4\n").run())
    assert "share" in words(at)
