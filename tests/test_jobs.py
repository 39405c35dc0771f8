import gc
import threading
import time

from engine.errors import invalid, stopped
from pages.parts import jobs


def lane():
    return threading.Semaphore(1)


def test_result_and_progress_reach_the_one_who_waits():
    def work(progress, cancelled):
        progress(0.5, "half way")
        return 42

    job = jobs.launch("sum", work, tag="mine", slot=lane())
    assert job.wait(5)
    assert (job.state, job.result, job.tag, job.active) == ("done", 42, "mine", False)
    assert (job.signals.fraction, job.signals.words) == (0.5, "half way")


def test_refusal_keeps_every_reason():
    def work(progress, cancelled):
        raise invalid("what", "where", "got", "do")

    job = jobs.launch("refused", work, slot=lane())
    job.wait(5)
    assert job.state == "refused"
    assert [issue.what for issue in job.issues] == ["what"]


def test_an_error_of_ours_is_logged_without_its_message(caplog):
    def work(progress, cancelled):
        raise RuntimeError("secret cell value")

    job = jobs.launch("broken", work, slot=lane())
    job.wait(5)
    assert (job.state, job.result, job.issues) == ("broken", None, ())
    assert "RuntimeError" in caplog.text
    assert "test_jobs.py" in caplog.text
    assert "secret" not in caplog.text


def test_cancel_counts_at_once_and_the_work_sees_it():
    seen = threading.Event()

    def work(progress, cancelled):
        while not cancelled():
            time.sleep(0.01)
        seen.set()
        raise stopped("here")

    job = jobs.launch("long", work, slot=lane())
    assert job.active
    job.stop()
    assert not job.active
    assert job.state == "cancelled"
    assert seen.wait(5)
    assert job.wait(5)
    assert job.state == "cancelled"


def test_one_heavy_slot_others_queue_and_say_so():
    slot, release = lane(), threading.Event()
    first = jobs.launch("first", lambda progress, cancelled: release.wait(10), slot=slot)
    second = jobs.launch("second", lambda progress, cancelled: "done", slot=slot)
    third = jobs.launch("third", lambda progress, cancelled: "never", slot=slot)
    assert not second.wait(0.3)
    assert (second.state, second.signals.words) == ("waiting", jobs.WAITING)
    third.stop()
    assert third.wait(5)
    release.set()
    assert first.wait(5)
    assert second.wait(5)
    assert (second.result, third.state, third.result) == ("done", "cancelled", None)


def test_the_slot_is_free_again_after_an_error():
    slot = lane()
    jobs.launch("broken", lambda progress, cancelled: 1 / 0, slot=slot).wait(5)
    assert jobs.launch("next", lambda progress, cancelled: 1, slot=slot).wait(5)


def test_work_nobody_waits_for_any_more_is_told_to_stop():
    gone = threading.Event()

    def work(progress, cancelled):
        while not cancelled():
            time.sleep(0.01)
        gone.set()

    job = jobs.launch("orphan", work, slot=lane())
    assert job.active
    del job
    gc.collect()
    assert gone.wait(5)
