"""The sidebar: the data in use (rows, exclusions, roles, hash), another data set, another score, the version."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import numpy as np
import streamlit as st

import engine
from engine import backend
from engine.data.catalogue import CATALOGUE
from engine.text import markdown
from engine.types import Dataset, Roles
from pages.parts import controls, definitions, opening, state, versions


def draw() -> None:
    """Draw the whole sidebar."""
    data = state.dataset()
    if data is None:
        st.caption("No table in use yet.")
    else:
        _in_use(data)
    _change("Choose data" if data is None else "Change data")
    _footer(data)


def _in_use(data: Dataset) -> None:
    st.caption("Data in use")
    st.markdown(f"**{markdown(data.name)}**" + (" :orange-badge[simulated]" if data.simulated else ""))
    line = st.empty()
    _versions(data)
    line.caption(_counted(state.dataset() or data))
    with st.popover("Rows and roles", width="stretch"):
        _rows(data)
        st.markdown("**Roles**")
        st.table(roles_table(data.roles), border="horizontal", hide_index=True, hide_header=True)
        st.caption(f"sha256 of the file `{data.sha256[:16]}…`, of file and roles `{data.fingerprint[:16]}…`")


def _counted(data: Dataset) -> str:
    """Return how many rows are used, excluded, and without a score; rows of counts stand for many."""
    said = f"{data.n:,} rows used, {sum(item.rows for item in data.excluded):,} excluded"
    missing = 0 if data.score is None or data.counts is not None else int(np.isnan(data.score_values()).sum())
    word = "decision" if data.score_source == "prediction" else "score"
    return said + (f"  \n{missing:,} {'row has' if missing == 1 else 'rows have'} no {word}" if missing else "")


def _rows(data: Dataset) -> None:
    st.markdown(f"**{data.rows:,} rows** in the source, {data.n:,} used")
    for item in data.excluded:
        st.markdown(f"- {item.rows:,} excluded: {markdown(item.reason, 200)}")
    if not data.excluded:
        st.caption("None was excluded.")


def roles_table(roles: Roles, without: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Return what each column is, in words, as escaped Markdown; roles said elsewhere are left out."""
    chosen = "selected" if roles.favourable == "selected" else "not selected"
    lines = {
        "outcome": roles.label and f"{markdown(roles.label)}, positive is {markdown(roles.positive)}",
        "numeric outcome": roles.target and f"{markdown(roles.target)} ({roles.target_kind})",
        "favourable decision": chosen,
        "second decision" if roles.scores else "decision": _decision(roles),
        "score": _list(roles.scores) or (None if roles.prediction else "fitted here"),
        "protected": _list(tuple(item.column for item in roles.protected)),
        "weight": roles.weight and markdown(roles.weight),
        "exposure": roles.exposure and markdown(roles.exposure),
        "row id": roles.id and markdown(roles.id),
        "features": f"{len(roles.features)} column{'s' if len(roles.features) > 1 else ''}" if roles.features else None,
    }
    shown = {name: text for name, text in lines.items() if text and name not in without}
    return {"role": list(shown), "column": list(shown.values())}


def _decision(roles: Roles) -> str | None:
    if roles.prediction is None:
        return None
    return markdown(roles.prediction) + (f", selected is {markdown(roles.selected)}" if roles.selected else "")


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(markdown(name) for name in names)


def _versions(data: Dataset) -> None:
    """Offer the score versions where there are several; the choice is a setting, so it survives and is shared."""
    names = tuple(data.scores)
    if len(names) < 2:
        return
    chosen = controls.select("score", "version", "Score in use", names, default=data.score)
    if chosen != data.score:
        data = data.using(chosen)
        state.replace(data)
    state.sync_url("score", {"version": names.index(chosen) if versions.from_the_file(data, chosen) else None})
    versions.draw(data)


def _change(label: str) -> None:
    with st.popover(label, width="stretch", icon=":material/swap_horiz:"), st.container(gap="xxsmall"):
        if st.button("Bring your own table", key="change own", type="tertiary", icon=":material/upload_file:"):
            state.current().view = "own"
            st.switch_page("pages/data.py")
        for key, entry in CATALOGUE.items():
            st.button(entry.title, key=f"change {key}", type="tertiary", on_click=opening.catalogue, args=(key,),
                      disabled=state.origin() == f"catalogue:{key}")


def _footer(data: Dataset | None) -> None:
    st.caption(f"Equipoise {_version()}" + (f" · data {data.fingerprint[:8]}" if data is not None else ""))
    st.caption(f"Counts with {backend.in_use()}", help=definitions.tooltip("backend"))


def _version() -> str:
    own = getattr(engine, "__version__", None)
    if own:
        return str(own)
    try:
        return version("equipoise")
    except PackageNotFoundError:
        return "from source"
