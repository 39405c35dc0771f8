"""What a visitor may bring, and how one who runs the app sets it."""

import pytest

from engine.data.limits import Limits
from engine.errors import InvalidData


def test_defaults_without_environment(monkeypatch):
    for name in ("MB", "ROWS", "COLUMNS", "CELLS"):
        monkeypatch.delenv(f"EQUIPOISE_MAX_{name}", raising=False)
    assert Limits.from_environment() == Limits()


def test_environment_sets_limits(monkeypatch):
    monkeypatch.setenv("EQUIPOISE_MAX_MB", "50")
    monkeypatch.setenv("EQUIPOISE_MAX_ROWS", "1000")
    monkeypatch.setenv("EQUIPOISE_MAX_COLUMNS", "20")
    limits = Limits.from_environment()
    assert (limits.bytes, limits.rows, limits.columns) == (50_000_000, 1_000, 20)
    assert "50 MB" in limits.sentence()
    assert "1,000 rows" in limits.sentence()


@pytest.mark.parametrize("text", ["0", "-1", "many", "1e6", "²"])
def test_nonsense_is_refused(monkeypatch, text):
    monkeypatch.setenv("EQUIPOISE_MAX_ROWS", text)
    with pytest.raises(InvalidData, match="EQUIPOISE_MAX_ROWS"):
        Limits.from_environment()
