"""Counts and assessments, kept for this session alone.

Arguments that make a key are small and exact: a fingerprint, names, the text of a request. Rows never make a key:
Streamlit hashes a sample of large tables, so two tables that differ in one label would share a result.
"""

from __future__ import annotations

import streamlit as st

from engine.assessment import Assessment, Request, assess
from engine.counting.counted import Index, index_of
from engine.counting.index import Curve
from engine.counting.table import CountTable
from engine.types import Dataset

ENTRIES = 8            # per kind and session: an index of a million rows takes 8 MB


def score_index(dataset: Dataset, attributes: tuple[str, ...]) -> Index:
    """Return the exact index of the score in use over the groups of some attributes; of counts, their table."""
    return _index(dataset.fingerprint, dataset.score, attributes, _dataset=dataset)


def count_table(dataset: Dataset, attributes: tuple[str, ...]) -> CountTable:
    """Return the table of the score in use over the groups of some attributes."""
    return _table(dataset.fingerprint, dataset.score, attributes, _dataset=dataset)


def assessment(dataset: Dataset, attributes: tuple[str, ...], request: Request) -> Assessment:
    """Return what the request's policy does to the groups of some attributes; O(groups) once the index is there.

    The policy may name `attributes` alone.
    """
    return _assessment(dataset.fingerprint, dataset.score, attributes, repr(request), _dataset=dataset,
                       _request=request)


def curves(dataset: Dataset, attributes: tuple[str, ...], groups: tuple[int, ...]) -> list[Curve]:
    """Return the exact curve of each group asked for; the index keeps them."""
    index = score_index(dataset, attributes)
    return [index.curve((group,)) for group in groups]


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner="Sorting the scores of each group")
def _index(fingerprint: str, score: str | None, attributes: tuple[str, ...], _dataset: Dataset
) -> Index:
    return index_of(_dataset, attributes)


@st.cache_resource(scope="session", max_entries=ENTRIES, show_spinner="Counting scores by group")
def _table(fingerprint: str, score: str | None, attributes: tuple[str, ...], _dataset: Dataset) -> CountTable:
    return CountTable.build(_dataset, attributes)


@st.cache_resource(scope="session", max_entries=64, show_spinner=False)
def _assessment(
    fingerprint: str, score: str | None, attributes: tuple[str, ...], request: str, _dataset: Dataset,
    _request: Request,
) -> Assessment:
    return assess(_dataset, _request, score_index(_dataset, attributes))
