"""ruff and mypy are part of the test command: a warning of theirs fails it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = [("ruff", "check", "."), ("mypy",)]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool[0])
def test_tool_finds_nothing(tool):
    found = subprocess.run([sys.executable, "-m", *tool], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
