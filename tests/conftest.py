"""Where the tests find real data, and how they ask the command line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def _folder() -> Path | None:
    named = os.environ.get("EQUIPOISE_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


def pytest_configure() -> None:
    """Let the product under test look where the tests look, and never at the network."""
    folder = _folder()
    if folder is not None:
        os.environ["EQUIPOISE_DATA"] = str(folder)
    os.environ["EQUIPOISE_OFFLINE"] = "1"


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of the real data sets; the test is skipped where there is none."""
    folder = _folder()
    if folder is None:
        pytest.skip("no folder of real data: set EQUIPOISE_DATA to one (see the README)")
    return folder


@pytest.fixture(scope="session")
def needs_data(data_folder: Path) -> Callable[[str], Path]:
    """A function from a file's name to its path; the test is skipped where the file is absent."""

    def find(name: str) -> Path:
        path = data_folder / name
        if not path.is_file():
            pytest.skip(f"the folder of real data holds no {name}")
        return path

    return find


@pytest.fixture
def patient(monkeypatch):
    """Without a browser the live component never reports; nobody concludes from it that it cannot load."""
    from pages.parts import threshold_native

    monkeypatch.setattr(threshold_native, "PATIENCE", float("inf"))


@pytest.fixture
def ask(capsys):
    """A function that runs a command, which must succeed without a word, and returns its JSON, read strictly."""
    from engine.cli import main

    def run(*arguments: str):
        assert main([*arguments, "--json"]) == 0, capsys.readouterr().err
        printed = capsys.readouterr()
        assert printed.err == ""
        return json.loads(printed.out, parse_constant=pytest.fail)

    return run


@pytest.fixture
def refused(capsys):
    """A function that runs a command, which must be refused in one line of four parts, and returns the line."""
    from engine.cli import main

    def run(*arguments: str) -> str:
        assert main([*arguments, "--json"]) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("error: ")
        assert printed.err.endswith("\n")
        assert printed.err.count("\n") == 1
        assert printed.err.count(", ") >= 3
        return printed.err

    return run
