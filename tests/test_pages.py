import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.counting.counted import counts_of
from engine.counting.file import written
from engine.data.catalogue import CATALOGUE, load
from engine.data.simulated import lending
from engine.errors import invalid
from pages.parts import jobs, notices

APP = str(Path(__file__).resolve().parents[1] / "app.py")
PAGES = sorted(path.name for path in Path(APP).parent.joinpath("pages").glob("*.py"))
HOSTILE = "![leak](http://127.0.0.1:9/x.png)"
SINKS = ("markdown", "caption", "error", "warning", "info", "success", "title", "header", "subheader", "metric",
         "table")
WIDGETS = ("button", "radio", "selectbox", "multiselect", "slider", "select_slider", "toggle", "text_input",
           "number_input", "checkbox", "button_group", "expander")


def app(**params):
    test = AppTest.from_file(APP, default_timeout=60)
    for key, value in params.items():
        test.query_params[key] = value
    return settled(test.run())


def settled(test):
    """Run again until no job of the session is left; in a browser the progress bar does that."""
    for _ in range(100):
        left = dict(test.session_state["equipoise jobs"]) if "equipoise jobs" in test.session_state else {}
        if not left:
            return test
        for job in left.values():
            job.wait(60)
        test.run()
    raise AssertionError("a job never ended")


def session(test):
    return test.session_state["equipoise session"]


def parameter(test, name):
    value = test.query_params[name]
    return value[-1] if isinstance(value, list) else value


def sound(test):
    assert not test.exception
    assert not [box.value for box in test.error if "error of ours" in box.value]
    return test


def click(test, label):
    [button] = [button for button in test.button if button.label == label]
    return settled(button.click().run())


def own_table(test):
    [view] = [group for group in test.button_group if group.label == "View"]
    return view.set_value("own").run()


def bring(test, name, content):
    return settled(test.file_uploader[0].upload(name, content).run())


@pytest.mark.parametrize("page", PAGES)
def test_every_page_without_data_is_calm(page):
    test = sound(app().switch_page(f"pages/{page}").run())
    assert not test.error
    if page == "thresholds.py":
        assert any("No table is in use yet" in text.value for text in test.markdown)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_with_the_simulated_sample(page):
    test = sound(app(data="simulated-lending").switch_page(f"pages/{page}").run())
    assert session(test).dataset.n == 20_000
    assert not test.error
    assert any("simulated" in text.value for text in test.sidebar.markdown)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_with_compas(page, needs_data, monkeypatch):
    monkeypatch.setenv("EQUIPOISE_DATA", str(needs_data("compas-scores-two-years.csv").parent))
    test = sound(app(data="compas").switch_page(f"pages/{page}").run())
    assert session(test).dataset.n == 7_214
    assert not test.error


@pytest.mark.parametrize("page", PAGES)
def test_every_page_with_a_numeric_outcome(page):
    test = sound(app(data="diabetes").switch_page(f"pages/{page}").run())
    if page == "thresholds.py":
        test = sound(click(test, "Use this cut"))
        assert session(test).kept
        assert parameter(test, "outcome.above") == "true"
    assert not test.error


def test_means_of_a_numeric_outcome_have_a_chart_and_intervals_in_the_table():
    test = sound(app(data="diabetes"))
    [chart] = test.get("plotly_chart")
    assert "mean of" in chart.proto.alt.lower()
    table = next(frame.value for frame in test.dataframe if "mean" in frame.value)
    assert list(table.columns[:6]) == ["group", "rows", "total", "mean", "mean, 95 % from", "mean, 95 % to"]
    assert (table["mean, 95 % from"] < table["mean, 95 % to"]).all()


@pytest.mark.parametrize("value", ["abc", "nan", "inf", "true", "1e12", "1,2,"])
def test_a_cut_of_the_address_that_cannot_be_is_said_or_asked_again(value):
    test = app(data="diabetes", **{"outcome.cut": value}).switch_page("pages/thresholds.py").run()
    test = sound(settled_outcome(test))
    assert any(button.label == "Use this cut" for button in test.button)
    assert not test.get("plotly_chart")
    sound(click_cut(test))
    assert test.get("plotly_chart")


def click_cut(test):
    [number] = [box for box in test.number_input if box.label.endswith("the cut")]
    number.set_value(140.0).run()
    [button] = [button for button in test.button if button.label == "Use this cut"]
    return settled_outcome(button.click().run())


def settled_outcome(test):
    """As `settled`, for a page that keeps a refused job until another cut is chosen."""
    for _ in range(5):
        for job in dict(test.session_state["equipoise jobs"]).values():
            job.wait(60)
        test.run()
    return test


def test_one_click_opens_the_sample_and_leads_to_a_chart():
    test = sound(click(app(), "Open the simulated lending sample"))
    assert session(test).origin == "catalogue:simulated-lending"
    assert test.get("plotly_chart")
    assert parameter(test, "data") == "simulated-lending"


def test_the_empty_state_of_a_page_opens_the_sample_and_stays_there():
    test = app().switch_page("pages/thresholds.py").run()
    test = sound(click(test, "Open the simulated lending sample"))
    assert test.title[0].value == "Thresholds"
    assert not any("No table is in use yet" in text.value for text in test.markdown)


def test_every_catalogued_data_set_has_a_card_with_one_button():
    test = app()
    assert {f"open {key}" for key in CATALOGUE} <= {button.key for button in test.button}


def test_a_data_set_that_is_not_here_is_said_in_one_sentence_and_the_data_stay(monkeypatch, tmp_path):
    monkeypatch.setenv("EQUIPOISE_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    test = app(data="simulated-lending")
    [button] = [button for button in test.button if button.key == "change adult"]
    test = sound(settled(button.click().run()))
    assert len(test.error) == 1
    assert session(test).origin == "catalogue:simulated-lending"


def test_an_address_with_nonsense_is_said_and_harmless():
    test = sound(app(data="<script>", **{"thresholds.edge_0": "9"}))
    assert "not in the catalogue" in test.warning[0].value


def test_own_table_to_the_threshold_page_in_five_clicks():
    test = own_table(app())                                   # 1
    test = bring(test, "loans.csv", lending(rows=400))        # 2 and 3: the button and the file in its dialogue
    test = sound(click(test, "Use this table"))               # 4
    data = session(test).dataset
    assert (data.n, data.name, session(test).origin) == (400, "loans.csv", "upload")
    assert {attribute.name for attribute in data.attributes} == {"sex", "ethnicity", "age"}
    assert data.score == "score"
    assert test.get("plotly_chart")
    test = sound(test.switch_page("pages/thresholds.py").run())   # 5
    assert not test.error
    assert parameter(test, "data") == f"upload-{data.fingerprint[:12]}"


def test_an_upload_given_again_finds_its_settings_again():
    first = click(bring(own_table(app()), "loans.csv", lending(rows=400)), "Use this table")
    first.switch_page("pages/thresholds.py").run()
    next(toggle for toggle in first.toggle if "Plain controls" in toggle.label).set_value(True).run()
    first.select_slider[0].set_value(300).run()
    params = {name: parameter(first, name) for name in first.query_params}
    second = app(**params)
    assert session(second).dataset is None
    assert any("Bring the same file" in text.value for text in second.caption)
    second = click(bring(own_table(second), "another name.csv", lending(rows=400)), "Use this table")
    second = sound(second.switch_page("pages/thresholds.py").run())
    assert second.select_slider[0].value == 300


def test_the_address_of_an_upload_holds_nothing_of_it():
    test = bring(own_table(app()), "secret-file.csv", b"sex,paid,score\nzebra,1,0.3\nyak,0,0.9\n" * 40)
    test = sound(click(test, "Use this table").switch_page("pages/thresholds.py").run())
    address = str(test.query_params)
    for word in ("secret", "zebra", "yak", "sex", "paid"):
        assert word not in address


def test_data_and_wizard_survive_a_page_change():
    test = bring(own_table(app(data="simulated-lending")), "loans.csv", lending(rows=400))
    [favourable] = [radio for radio in test.radio if "favourable" in radio.label]
    favourable.set_value("not-selected").run()
    test.switch_page("pages/guide.py").run()
    test = sound(test.switch_page("pages/data.py").run())
    assert session(test).origin == "catalogue:simulated-lending"
    [favourable] = [radio for radio in test.radio if "favourable" in radio.label]
    assert favourable.value == "not-selected"
    click(test, "Use this table")
    assert session(test).dataset.roles.favourable == "not-selected"


@pytest.mark.parametrize(
    "content",
    [b"", b"\x80\x04\x95\x10\x00", b"PK\x03\x04" + b"0" * 100, b"\x1f\x8b\x08" + b"0" * 100,
     b"<html><body>no</body></html>", b"a,b\n1,2\n3\n", b"just one column\nand text\n",
     b"PAR1" + b"0" * 50, b"\x00\x01\x02" * 50],
)
def test_a_file_that_is_no_table_is_refused_and_the_data_stay(content):
    test = bring(own_table(app(data="simulated-lending")), "bad.csv", content)
    sound(test)
    assert len(test.error) == 1
    assert session(test).origin == "catalogue:simulated-lending"
    assert session(test).dataset.n == 20_000


def test_all_problems_of_the_roles_are_said_at_once_and_nothing_entered_is_lost():
    rows = b"".join(b"%d,%s,%d,word\n" % (n, b"FM"[n % 2: n % 2 + 1], n % 2) for n in range(60))
    test = bring(own_table(app(data="simulated-lending")), "own.csv", b"score,sex,paid,note\n" + rows)
    [scores] = [box for box in test.multiselect if box.label.startswith("Score columns")]
    assert scores.options == ["score", "paid"]        # 'sex' and 'note' are no numbers
    scores.set_value([2]).run()                       # 'paid' is the outcome too
    [outcome] = [box for box in test.selectbox if box.label == "Outcome column"]
    outcome.set_value(0).run()                        # 'score' has 60 values, and no positive one was chosen
    test = sound(click(test, "Use this table"))
    assert test.error
    assert session(test).origin == "catalogue:simulated-lending"
    [scores] = [box for box in test.multiselect if box.label.startswith("Score columns")]
    assert scores.value == [2]
    scores.set_value([0]).run()
    [outcome] = [box for box in test.selectbox if box.label == "Outcome column"]
    outcome.set_value(2).run()
    test = sound(click(test, "Use this table"))
    assert session(test).dataset.n == 60


def test_a_score_that_ranks_towards_the_other_value_is_said_before_the_table_is_used():
    rows = b"".join(b"%s,%s,%d\n" % (b"FM"[n % 2: n % 2 + 1], (b"repaid", b"default")[n < 20], n) for n in range(60))
    test = bring(own_table(app()), "own.csv", b"sex,outcome,credit_score\n" + rows)
    assert any("ranks away" in text.value and "default" in text.value for text in sound(test).warning)
    [positive] = [box for box in test.selectbox if box.label.startswith("Positive value")]
    positive.set_value(positive.options.index("repaid (40 rows)")).run()
    assert not any("ranks away" in text.value for text in sound(test).warning)


def test_without_an_outcome_no_model_is_offered():
    rows = b"".join(b"%s,%d,%d\n" % (b"FM"[n % 2: n % 2 + 1], 20 + n % 9, 3 + n % 5) for n in range(60))
    test = bring(own_table(app()), "own.csv", b"sex,size,length\n" + rows)
    [score] = [group for group in test.button_group if group.label == "Score"]
    assert "none, fit one here" not in score.options
    [outcome] = [group for group in test.button_group if group.label == "Outcome"]
    outcome.set_value("yes/no").run()
    [score] = [group for group in sound(test).button_group if group.label == "Score"]
    assert "none, fit one here" in score.options


def test_decimal_commas_are_said_beside_the_score():
    lines = b"".join(b"%s;%d;0,%d\n" % (b"FM"[n % 2: n % 2 + 1], n % 2, 100 + n) for n in range(60))
    test = bring(own_table(app()), "own.csv", b"sex;paid;score\n" + lines)
    assert any("a point for the decimal sign" in text.value for text in sound(test).warning)


def test_a_value_that_reads_like_nothing_is_counted_as_the_groups_will_be():
    rows = b"".join(b"%s,%s,%d,0.%d\n" % ((b"NA", b"ZA", b"")[n % 3], (b"NA", b"x")[n % 2], n % 2, 10 + n)
                    for n in range(60))                                   # NA: Namibia, 20 rows; 20 rows say nothing
    test = bring(own_table(app()), "own.csv", b"nationality,note,paid,score\n" + rows)
    [reference] = [box for box in test.selectbox if box.label == "Reference group"]
    assert reference.options == ["NA", "ZA"]
    table = next(frame.value for frame in test.dataframe if "taken for" in frame.value)
    counted = {row["column"]: (row["distinct"], row["missing"]) for _, row in table.iterrows()}
    assert (counted["nationality"], counted["note"]) == ((2, 20), (1, 30))
    [protected] = [box for box in test.multiselect if box.label == "Columns"]
    protected.set_value([0, 1]).run()                                     # 'note' becomes an attribute: NA is a value
    table = next(frame.value for frame in sound(test).dataframe if "taken for" in frame.value)
    assert list(table.loc[table["column"] == "note", "missing"]) == [0]
    reference.set_value(0).run()
    data = session(sound(click(test, "Use this table"))).dataset
    assert data.attribute("nationality").levels == ("NA", "ZA", "missing")
    assert data.attribute("nationality").reference == "NA"


def test_edges_that_are_no_numbers_are_said():
    test = bring(own_table(app()), "loans.csv", lending(rows=400))
    [edges] = [box for box in test.text_input if box.label.startswith("Edges")]
    edges.set_value("60, forty").run()
    test = sound(click(test, "Use this table"))
    assert "rising order" in test.error[0].value
    assert session(test).dataset is None


def test_hostile_names_are_inert_on_every_page():
    lines = [f'"{HOSTILE}","{HOSTILE}{n % 3}",{n % 2},{n % 7 / 7}' for n in range(120)]
    content = f'"{HOSTILE}a","sex {HOSTILE}","paid {HOSTILE}","score {HOSTILE}"\n' + "\n".join(lines)
    test = bring(own_table(app()), f"{HOSTILE}.csv", content.encode())
    inert(sound(test))
    test = sound(click(test, "Use this table"))
    assert session(test).dataset is not None
    inert(test)
    for page in PAGES:
        inert(sound(test.switch_page(f"pages/{page}").run()))


def inert(test):
    """No element that reads Markdown holds an image or a link of the file; the lists of select boxes are plain text."""
    seen = 0
    for kind in (*SINKS, *WIDGETS):
        for element in test.get(kind):
            names = ("value", "label", "help") if kind in SINKS else ("label", "help")
            options = element.options if kind in ("radio", "select_slider", "button_group") else ()
            for text in map(str, [*(getattr(element, name, "") for name in names), *options]):
                seen += 1
                assert "](http" not in text, (kind, text)
                assert not re.search(r"https?\W{0,2}://\W*127", text), (kind, text)   # would be a link of its own
    assert seen


def test_a_decision_is_called_one_where_no_score_is_behind_it():
    rows = b"".join(b"%s,%d,%s\n" % (b"FM"[n % 2: n % 2 + 1], n % 3 == 0, (b"yes", b"no")[n % 5 < 2])
                    for n in range(120))
    test = sound(click(bring(own_table(app()), "own.csv", b"sex,paid,decision\n" + rows), "Use this table"))
    assert session(test).dataset.score_source == "prediction"
    assert any(text.value.startswith("**120**") and "Decision: **decision**, selected is **yes**" in text.value
               and "Score" not in text.value for text in test.markdown)
    assert any(button.label == "See what the decision does" for button in test.button)
    test = sound(test.switch_page("pages/thresholds.py").run())
    said = " ".join(text.value for text in test.markdown)
    assert "What does the decision do to each group?" in said
    assert "the line at 1 is the decision as it stands" in said
    [explorer] = [each for each in test.get("bidi_component") if each.proto.component_name == "threshold_explorer"]
    assert "as decided" in explorer.proto.json
    assert "0.5 for all" not in explorer.proto.json


def test_a_decision_beside_a_score_is_the_second_decision():
    rows = b"".join(b"%s,%d,%s,0.%d\n" % (b"FM"[n % 2: n % 2 + 1], n % 3 == 0, (b"grant", b"deny")[n % 5 < 2], 100 + n)
                    for n in range(240))
    test = bring(own_table(app()), "own.csv", b"sex,paid,officer_decision,score\n" + rows)
    [second] = [box for box in test.selectbox if box.label.startswith("Second decision")]
    assert second.options[second.value] == "officer_decision"
    second.set_value(0).run()   # none: the guess can be taken back
    assert not [box for box in test.selectbox if box.label == "Value that means selected"]
    second.set_value(second.options.index("officer_decision")).run()
    data = session(sound(click(test, "Use this table"))).dataset
    assert (data.score, data.roles.prediction, data.roles.selected) == ("score", "officer_decision", "grant")
    assert "officer_decision" not in data.roles.features
    test.session_state["equipoise session"].settings[("drivers", data.fingerprint)] = {"section": "second"}
    test = sound(test.switch_page("pages/drivers.py").run())
    said = " ".join(text.value for text in (*test.markdown, *test.caption)).replace("\\", "")
    assert "**officer_decision**, as decided" in said
    assert not [group for group in test.button_group if group.label.startswith("Second: selected at")]
    rates = next(table.value for table in test.table if "Second" in table.value)
    assert rates["Second"].iloc[0].startswith(f"{(data.scores['officer_decision'] == 1).mean():.3f} (")


def test_several_scores_are_offered_and_the_choice_is_in_the_address():
    content = b"sex,paid,score,score2\n" + b"F,1,0.3,0.4\nM,0,0.9,0.1\nM,1,0.5,0.2\n" * 40
    test = click(bring(own_table(app()), "own.csv", content), "Use this table")
    [box] = [box for box in test.sidebar.selectbox if box.label == "Score in use"]
    box.set_value(1).run()
    assert session(test).dataset.score == "score2"
    assert parameter(test, "score.version") == "1"
    sound(test.switch_page("pages/thresholds.py").run())
    assert session(test).dataset.score == "score2"


def test_a_page_that_fails_says_so_in_one_sentence(monkeypatch, caplog):
    test = app(data="simulated-lending")
    monkeypatch.setattr("pages.parts.in_use.draw", lambda data: {}["a secret value"])
    test.run()
    assert not test.exception
    assert len(test.error) == 1
    assert "could not be drawn" in test.error[0].value
    assert "secret" not in caplog.text
    assert "KeyError" in caplog.text


@pytest.mark.parametrize(("page", "part"), [
    ("thresholds.py", "pages.parts.threshold_controls.settings"),
    ("frontier.py", "pages.parts.frontier_controls.asked"),
])
def test_a_part_that_fails_while_it_runs_by_itself_says_the_same_sentence(page, part, monkeypatch, caplog):
    test = app(data="simulated-lending").switch_page(f"pages/{page}").run()
    monkeypatch.setattr(part, lambda *given: {}["a secret value"])
    test.run()
    assert not test.exception
    assert ["could not be drawn" in box.value for box in test.error] == [True]
    assert "secret" not in caplog.text
    assert "KeyError" in caplog.text


def test_what_a_part_refuses_is_said_in_its_words(monkeypatch):
    def refusing(*given):
        raise invalid("the moon must be full", "sky", "a crescent", "wait")

    test = app(data="simulated-lending").switch_page("pages/thresholds.py").run()
    monkeypatch.setattr("pages.parts.threshold_controls.settings", refusing)
    test.run()
    assert not test.exception
    assert [box.value.startswith("The moon must be full") for box in test.error] == [True]


@pytest.mark.parametrize(("error", "said"), [
    (invalid("the moon must be full", "sky", "a crescent", "wait"), "The moon must be full"),
    (KeyError("a secret value"), "was not done because of an error of ours"),
])
def test_what_a_callback_cannot_do_is_said_on_the_page(error, said, monkeypatch, caplog):
    def failing(*given):
        raise error

    test = app(data="simulated-lending").switch_page("pages/thresholds.py").run()
    monkeypatch.setattr("pages.parts.threshold_setting.at_capacity", failing)
    next(group for group in test.button_group if group.label == "By").set_value("number").run()
    next(button for button in test.button if button.label == "Apply").click().run()
    assert not test.exception
    assert [said in box.value for box in test.error] == [True]
    assert "secret" not in caplog.text
    assert not test.run().error


def test_who_runs_the_server_is_said_beside_the_uploader(monkeypatch):
    assert any(notices.LOCAL in text.value for text in own_table(app()).caption)
    monkeypatch.setenv("EQUIPOISE_HOSTED", "1")
    assert any(notices.HOSTED in text.value for text in own_table(app()).caption)


def test_limits_stand_beside_the_uploader(monkeypatch):
    monkeypatch.setenv("EQUIPOISE_MAX_ROWS", "100")
    test = own_table(app())
    assert any("100 rows" in text.value for text in test.caption)
    test = bring(test, "long.csv", lending(rows=400))
    assert len(test.error) == 1


def test_progress_is_shown_while_others_work(monkeypatch):
    monkeypatch.setattr(jobs, "SLOT", jobs.SLOT)
    jobs.SLOT.acquire()
    try:
        test = AppTest.from_file(APP, default_timeout=60)
        test.query_params["data"] = "simulated-lending"
        test.run()
        assert test.button(key="cancel open")
        test.button(key="cancel open").click().run()
        assert session(test).dataset is None
        assert not test.error
    finally:
        jobs.SLOT.release()


@pytest.fixture(scope="module")
def counts_file():
    return written(counts_of(load("simulated-lending")))


@pytest.mark.parametrize("page", PAGES)
def test_every_page_with_counts(page, counts_file):
    test = bring(own_table(app()), "counts.parquet", counts_file)
    assert session(test).dataset.counts is not None
    test = sound(test.switch_page(f"pages/{page}").run())
    assert session(test).dataset.n == 20_000
    said = [box.value for box in (*test.error, *test.info)]
    works = ("data.py", "thresholds.py", "frontier.py", "guide.py", "calibration.py", "report.py", "manipulation.py")
    assert page in works or any("needs rows" in words for words in said), said
