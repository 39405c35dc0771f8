"""The first page opens without the libraries that only some questions need."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("shap", "sklearn", "fairlearn", "matplotlib", "onnxruntime", "torch", "cupy", "typst")
SCRIPT = """
import sys
from streamlit.testing.v1 import AppTest

test = AppTest.from_file("app.py", default_timeout=60).run()
assert not test.exception, test.exception
assert any("threshold" in title.value for title in test.title), [title.value for title in test.title]
print(*sorted(set({heavy}) & set(sys.modules)))
"""


def opened(script):
    ran = subprocess.run([sys.executable, "-c", script.format(heavy=HEAVY)], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split()


def test_the_first_page_imports_nothing_heavy():
    assert opened(SCRIPT) == []


def test_a_heavy_import_would_be_seen():
    assert opened(SCRIPT.replace("import sys\n", "import sys\nimport matplotlib\n", 1)) == ["matplotlib"]
