"""Opening a data set as a job, from the catalogue or from a visitor's table, with a score fitted where it has none."""

from __future__ import annotations

from functools import partial

from engine.data.catalogue import CATALOGUE, load
from engine.data.ingest import ingest
from engine.data.quality import inspect
from engine.data.reading import Table
from engine.errors import Issue
from engine.types import Cancelled, Dataset, Progress, Roles
from pages.parts import jobs, notices, state

Opened = tuple[Dataset, tuple[Issue, ...]]

JOB = "open"
FINDINGS = "findings"   # where the data page finds them
SAMPLE = "simulated-lending"
_LOADED = 0.5   # share of the bar that loading takes when a score is fitted after it
BROKEN = Issue("error", "the work stopped on an error of ours", "this server", "the place is in its log",
               "try again, or use another table; the data in use are unchanged")


def catalogue(key: str) -> None:
    """Start opening a catalogued data set."""
    jobs.start(JOB, partial(_catalogue, key), f"Opening {CATALOGUE[key].title}", tag=f"catalogue:{key}")


def sample() -> None:
    """Start opening the worked sample."""
    catalogue(SAMPLE)


def table(source: Table, roles: Roles) -> None:
    """Start opening a visitor's table with the roles given."""
    jobs.start(JOB, partial(_table, source, roles), "Opening your table", tag="upload")


def fit(name: str, data: Dataset) -> None:
    """Start fitting a score to a data set that has none."""
    jobs.start(name, lambda progress, cancelled: scored(data, progress, cancelled), "Fitting a score")


def collect() -> bool:
    """Put what a finished job opened in use; what went wrong is said and the data in use stay. True when opened."""
    job = jobs.take(JOB)
    if job is None:
        return False
    session = state.current()
    if job.state == "done":
        data, findings = job.result
        state.use(data, str(job.tag))
        jobs.stop_all()   # their data are no longer in use
        session.kept[FINDINGS] = findings
        session.view, session.refused = "use", ()
        session.draft = None   # its table: the data set has all that the pages need
        return True
    if job.tag == "upload":
        session.refused = outcome(job)   # stays beside the form until the next try
    else:
        for issue in outcome(job):
            state.tell(issue)
    return False


def outcome(job: jobs.Job) -> tuple[Issue, ...]:
    """Return what to say of a job that ended without a result."""
    return (BROKEN,) if job.state == "broken" else job.issues if job.state == "refused" else ()


def finished(name: str) -> jobs.Job | None:
    """Return the job of that name once, where it ended with a result; where it ended otherwise that is said."""
    job = jobs.take(name)
    if job is not None and job.state == "done":
        return job
    notices.issues(() if job is None else outcome(job))
    return None


def scored(data: Dataset, progress: Progress, cancelled: Cancelled) -> Dataset:
    """Return the data with a cross-fitted score where they have an outcome, features and no score of their own."""
    if data.scores or data.label is None or not data.features:
        return data
    from engine.scoring.models import cross_fitted  # scikit-learn is heavy: only when it is needed

    return cross_fitted(data, progress=progress, cancelled=cancelled)


def _catalogue(key: str, progress: Progress, cancelled: Cancelled) -> Opened:
    data = load(key, progress=_part(progress, 0.0, _LOADED), cancelled=cancelled)
    progress(_LOADED, "looking for what is remarkable")
    findings = inspect(data)
    return scored(data, _part(progress, _LOADED, 1.0), cancelled), findings


def _table(source: Table, roles: Roles, progress: Progress, cancelled: Cancelled) -> Opened:
    progress(0.05, "checking every column")
    data = ingest(source, roles)
    progress(0.25, "looking for what is remarkable")
    findings = inspect(data, source)
    return scored(data, _part(progress, _LOADED, 1.0), cancelled), findings


def _part(progress: Progress, start: float, end: float) -> Progress:
    return lambda fraction, words: progress(start + fraction * (end - start), words)
