"""The named data sets: what each is, where its original is, and the roles that its card fixes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.data import originals
from engine.data.cut import cut
from engine.data.fetching import SourceFile, fetch, find
from engine.data.ingest import ingest
from engine.data.simulated import LENDING_ROLES
from engine.data.table import Table
from engine.errors import invalid
from engine.text import plain
from engine.types import Attribute, Cancelled, Dataset, Exclusion, Progress, Roles

__all__ = ["CATALOGUE", "CatalogueEntry", "card", "cut", "load", "open_table"]

CARDS = Path(__file__).resolve().parents[2] / "assets" / "cards"
_UCI = "https://archive.ics.uci.edu/ml/machine-learning-databases"
_RAW = "https://raw.githubusercontent.com"


@dataclass(frozen=True)
class CatalogueEntry:
    """One data set of the catalogue; its card, ``assets/cards/<key>.md``, says the rest.

    `files` are all needed; of the `alternatives` one is enough, and the first that is here is used, else the last is
    fetched. `dropped` names the columns that give the outcome away: never read, or never a feature.
    """

    key: str
    title: str
    summary: str
    roles: Roles
    prepare: Callable[[tuple[Path, ...]], Table]
    kind: Literal["yes/no outcome", "numeric target"] = "yes/no outcome"
    files: tuple[SourceFile, ...] = ()
    alternatives: tuple[SourceFile, ...] = ()
    dropped: tuple[str, ...] = ()
    excluded: tuple[Exclusion, ...] = ()
    threshold: float | None = None
    simulated: bool = False
    names_people: bool = False

    @property
    def card(self) -> Path:
        """The card's file."""
        return CARDS / f"{self.key}.md"

    @property
    def offline(self) -> bool:
        """Whether no public address is known, so that a local copy is needed."""
        return any(file.url is None for file in (*self.files, *self.alternatives[-1:]))

    def is_here(self, folder: Path | None = None) -> bool:
        """Return whether loading needs no network: everything is made here, or lies in a folder or in the cache."""
        here = all(find(file, folder) is not None for file in self.files)
        return here and (not self.alternatives or any(find(file, folder) for file in self.alternatives))


def open_table(
    key: str, folder: Path | None = None, progress: Progress | None = None, cancelled: Cancelled | None = None
) -> Table:
    """Return a catalogued data set as a table, for roles other than its card's.

    Raises
    ------
    InvalidData
        No data set of that key; its original cannot be had (see `engine.data.fetching.fetch`); or stopped.
    """
    entry = _entry(key)
    progress = progress or (lambda fraction, words: None)
    cancelled = cancelled or (lambda: False)
    paths = tuple(fetch(file, folder, progress, cancelled) for file in entry.files)
    if entry.alternatives:
        chosen = next((file for file in entry.alternatives if find(file, folder)), entry.alternatives[-1])
        paths = (*paths, fetch(chosen, folder, progress, cancelled))
    progress(1.0, "reading")
    return entry.prepare(paths)


def load(
    key: str, folder: Path | None = None, progress: Progress | None = None, cancelled: Cancelled | None = None
) -> Dataset:
    """Return a catalogued data set under the roles of its card.

    Parameters
    ----------
    key
        A key of `CATALOGUE`.
    folder
        Where the originals are looked for first; else the folder that ``EQUIPOISE_DATA`` names, then the user's cache.
    progress, cancelled
        Told how far a download is; asked whether to stop.

    Raises
    ------
    InvalidData
        As `open_table`.

    Examples
    --------
    >>> load("diabetes").n
    442
    """
    entry = _entry(key)
    table = open_table(key, folder, progress, cancelled)
    return ingest(table, entry.roles, entry.title, entry.simulated, entry.excluded)


def card(key: str) -> str:
    """Return the text of a data set's card, in Markdown of our own writing."""
    return _entry(key).card.read_text(encoding="utf-8")


def _entry(key: str) -> CatalogueEntry:
    if key not in CATALOGUE:
        keys = ", ".join(CATALOGUE)
        raise invalid("the data set must be in the catalogue", "catalogue", f"'{plain(key)}'", f"choose one of: {keys}")
    return CATALOGUE[key]


_ENTRIES = (
    CatalogueEntry(
        key="simulated-lending", title="Simulated lending",
        summary="20,000 made-up loan applications with flaws that are known because they were built in.",
        roles=LENDING_ROLES, prepare=originals.simulated_lending, simulated=True,
    ),
    CatalogueEntry(
        key="compas", title="COMPAS, two-year recidivism",
        summary="7,214 defendants of one county with a risk score and whether they were charged again in two years.",
        roles=Roles(
            protected=(
                Attribute("race", reference="Caucasian"), Attribute("sex"),
                Attribute("age", "continuous", (25.0, 45.0)),
            ),
            label="two_year_recid", positive="1", scores=("decile_score",), favourable="not-selected",
            features=("juv_fel_count", "juv_misd_count", "juv_other_count", "priors_count", "c_charge_degree"),
        ),
        prepare=originals.compas, threshold=5.0, names_people=True,
        files=(SourceFile(
            "compas-scores-two-years.csv",
            f"{_RAW}/propublica/compas-analysis/bafff5da3f2e45eca6c2d5055faad269defd135a/compas-scores-two-years.csv",
        ),),
        dropped=(
            "is_recid", "is_violent_recid", "violent_recid", "event", "start", "end", "in_custody", "out_custody",
            "r_case_number", "r_charge_degree", "r_charge_desc", "r_days_from_arrest", "r_jail_in", "r_jail_out",
            "r_offense_date", "vr_case_number", "vr_charge_degree", "vr_charge_desc", "vr_offense_date",
        ),
    ),
    CatalogueEntry(
        key="adult", title="Adult, census income",
        summary="48,842 people of the 1994 US census and whether they earned more than 50,000 dollars a year.",
        roles=Roles(
            protected=(
                Attribute("sex", reference="Male"), Attribute("race", reference="White"),
                Attribute("age", "continuous", (25.0, 40.0, 60.0)),
            ),
            label="income", positive=">50K",
            features=(
                "workclass", "education", "education-num", "marital-status", "occupation", "relationship",
                "capital-gain", "capital-loss", "hours-per-week", "native-country",
            ),
        ),
        prepare=originals.adult,
        files=(
            SourceFile("adult.data", f"{_UCI}/adult/adult.data",
                       "5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d"),
            SourceFile("adult.test", f"{_UCI}/adult/adult.test",
                       "a2a9044bc167a35b2361efbabec64e89d69ce82d9790d2980119aac5fd7e9c05"),
        ),
        dropped=("fnlwgt",),
    ),
    CatalogueEntry(
        key="german", title="German credit",
        summary="1,000 loan applicants of a German bank and whether they turned out to be good or bad risks.",
        roles=Roles(
            protected=(
                Attribute("sex", reference="male"), Attribute("age", "continuous", (26.0,)),
                Attribute("foreign_worker"),
            ),
            label="credit", positive="1",
            features=tuple(
                column for column in originals.GERMAN_COLUMNS
                if column not in ("personal_status", "age", "foreign_worker", "credit")
            ),
        ),
        prepare=originals.german, dropped=("personal_status",),
        files=(SourceFile("german.data", f"{_UCI}/statlog/german/german.data",
                          "b21f3d81db8071257d5ff1deaeba1fd4303b62712e6fcc9715c7a86202cb5871"),),
    ),
    CatalogueEntry(
        key="law-school", title="Law school admissions",
        summary="20,798 law students with their grades and whether they passed the bar examination.",
        roles=Roles(
            protected=(Attribute("race", reference="White"), Attribute("male", reference="1")),
            label="pass_bar", positive="1",
            features=("decile1b", "decile3", "lsat", "ugpa", "zfygpa", "zgpa", "fulltime", "fam_inc", "tier"),
        ),
        prepare=originals.law_school,
        files=(SourceFile(
            "law_school_clean.csv",
            f"{_RAW}/tailequy/fairness_dataset/abb5a18b822ba56a221c5311082e192e85000b95/experiments/data/law_school_clean.csv",
        ),),
    ),
    CatalogueEntry(
        key="bar-passage", title="Bar passage",
        summary="22,407 law students with a neural net's probability that they pass the bar examination.",
        roles=Roles(
            protected=(Attribute("race1", reference="white"), Attribute("gender", reference="male")),
            label="pass_bar", positive="1", scores=("dnn_bar_pass_prediction",),
            features=("decile1", "decile3", "lsat", "ugpa", "zfygpa", "zgpa", "fulltime", "fam_inc", "tier", "cluster"),
        ),
        prepare=originals.bar_passage, files=(SourceFile("bar_pass_prediction.csv"),),
        dropped=(
            "bar", "bar1", "bar1_yr", "bar2", "bar2_yr", "Dropout", "grad", "ID", "DOB_yr", "age", "sex", "male",
            "race", "race2", "other", "asian", "black", "hisp",
        ),
    ),
    CatalogueEntry(
        key="pg15", title="Motor insurance, pg15training",
        summary="100,000 motor policies of 2009 and 2010 with the number of claims for damage to things.",
        roles=Roles(
            protected=(Attribute("Gender"), Attribute("Age", "continuous", (25.0, 35.0, 45.0, 55.0, 65.0))),
            target="Numtppd", target_kind="count", exposure="exposure_years", favourable="not-selected",
            features=(
                "Type", "Category", "Occupation", "Group1", "Bonus", "Poldur", "Value", "Adind", "Group2", "Density",
            ),
        ),
        prepare=originals.pg15, kind="numeric target",
        alternatives=(
            SourceFile("pg15training.csv.gz"),
            SourceFile("pg15training.rda", f"{_RAW}/dutangc/CASdatasets/master/data/pg15training.rda",
                       "a762362adb188e593de8ce2b811460659cc67de43751b22ac84d749db53f2550"),
        ),
        excluded=(Exclusion("the first 21 rows repeat later policies", originals.PG15_REPEATS),),
        dropped=("Numtpbi", "Indtppd", "Indtpbi", "Exppdays", "PolNum"),
    ),
    CatalogueEntry(
        key="diabetes", title="Diabetes progression",
        summary="442 patients with ten measurements and how far their disease had gone a year later.",
        roles=Roles(
            protected=(Attribute("sex"), Attribute("age", "continuous", (40.0, 60.0))),
            target="progression", target_kind="regression", favourable="not-selected",
            features=("bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"),
        ),
        prepare=originals.diabetes, kind="numeric target",
    ),
)

CATALOGUE: dict[str, CatalogueEntry] = {entry.key: entry for entry in _ENTRIES}
