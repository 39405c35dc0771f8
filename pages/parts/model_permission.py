"""Whether strangers' models may be brought to this server."""

from __future__ import annotations

import os

import streamlit as st

from pages.parts import notices

VARIABLE = "EQUIPOISE_ALLOW_MODELS"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
OFF = ("Model files are not accepted on this server, because others can reach it. Bring the model's scores as a column "
       "of your table, or run Equipoise on your own machine with `--server.address localhost`.")


def allowed() -> bool:
    """Return whether model files are accepted: said so, or the server listens on this machine alone."""
    said = os.environ.get(VARIABLE, "").strip()
    if said:
        return said == "1"
    return str(st.get_option("server.address") or "") in LOOPBACK and not notices.hosted()
