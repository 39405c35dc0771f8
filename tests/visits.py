"""A page opened without a browser."""

from __future__ import annotations

import dataclasses
import itertools

from streamlit.testing.v1 import AppTest

from pages.parts.state import Session
from tests.conftest import ROOT

COUNT = itertools.count()


def visit(page, data, origin, settings, thresholds=None):
    """Open a page on data of its own: without a browser all sessions are one, and so are their caches.

    The threshold page has its plain controls, as no component answers here.
    """
    data = dataclasses.replace(data, fingerprint=f"{next(COUNT):064x}")
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    session = Session()
    session.dataset, session.origin = data, origin
    session.settings[("thresholds", data.fingerprint)] = {"native": True, **(thresholds or {})}
    session.settings.setdefault((page, data.fingerprint), {}).update(settings)
    at.session_state["equipoise session"] = session
    at.run()
    return at.switch_page(f"pages/{page}.py").run()
