"""The rules of the house, read from the source: who imports whom, what is never called, how long a piece may be."""

from __future__ import annotations

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Tiers from the ground up. A module imports its own tier or a lower one; the order within a tier is free of circles.
TIERS = [
    {"engine", "engine.types", "engine.errors", "engine.text", "engine.glossary"},
    {"engine.backend", "engine.data", "engine.counting", "engine.metrics", "engine.intervals", "engine.policy"},
    {"engine.scoring", "engine.assessment", "engine.thresholds", "engine.frontier", "engine.manipulation",
     "engine.calibration", "engine.dependence", "engine.drivers"},
    {"engine.charts", "engine.report", "engine.cli"},
    {"pages.parts", "engine.__main__"},
    {"pages", "app"},
]
DATA_MAY_IMPORT = {"engine", "engine.types", "engine.errors", "engine.text", "engine.data"}
BANNED_CALLS = {"eval", "exec", "__import__"}
BANNED_ATTRIBUTES = {("st", "html"), ("joblib", "load"), ("pd", "read_pickle"), ("np", "loads"), ("components", "html")}
BANNED_IMPORTS = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "streamlit.components.v1"}
HEAVY = {"sklearn", "shap", "fairlearn", "matplotlib", "pandas", "duckdb", "typst"}
# `debiased_l2` is a key of the command line's contract: an estimator's name, no claim about a model.
VERDICTS = re.compile(r"\bPASS(ED)?\b|\bFAIL(ED)?\b|\b[Dd]ebias(?!ed_l2\b)|\b[Uu]nfair\b|\b[Bb]ias-free\b")
TABLES = re.compile(
    r"DataFrame|Series|[Aa]rray|Floats|Ints|Codes|Labels|Dataset|Table|ScoreIndex|\bAny\b|\bobject\b|nothing said"
)
MACHINE = re.compile(r"(?<![\w.])/(work|home/\w+|Users/\w+|tmp/[a-z])\b|\b(10|192\.168)\.\d+\.\d+")


def product() -> list[Path]:
    folders = [sorted((ROOT / folder).rglob("*.py")) for folder in ("engine", "pages")]
    return [*folders[0], *folders[1], *ROOT.glob("app.py")]


def tree_of(text: str) -> ast.Module:
    return ast.parse(text)


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree: ast.Module) -> list[str]:
    """Every imported name; `from a import b` counts as a.b, as b may be a module."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [f"{node.module}.{name.name}" for name in node.names]
    return found


def wing(name: str) -> str:
    """engine.counting.index -> engine.counting; pages.thresholds -> pages; engine.__version__ -> engine."""
    parts = name.split(".")
    head = ".".join(parts[:2])
    if any(head in tier for tier in TIERS):
        return head
    if parts[0] == "engine" and len(parts) > 1 and list((ROOT / "engine").glob(f"{parts[1]}*")):
        raise AssertionError(f"{head} stands in no tier: give it one in tests/test_house.py and in CONTRIBUTING.md")
    return parts[0]


def tier(name: str) -> int:
    return next(i for i, tier in enumerate(TIERS) if wing(name) in tier)


def arrows_up(name: str, tree: ast.Module) -> list[str]:
    ours = [i for i in imports(tree) if i.split(".")[0] in {"engine", "pages", "app"}]
    up = [f"{name} imports {i}" for i in ours if tier(i) > tier(name)]
    if name.startswith("engine.data"):
        up += [f"{name} imports {i}" for i in ours if wing(i) not in DATA_MAY_IMPORT]
    return up


def misplaced_libraries(name: str, tree: ast.Module) -> list[str]:
    found = []
    for library in {i.split(".")[0] for i in imports(tree)}:
        if (library == "streamlit" and name.startswith("engine")) or (
            library == "plotly" and not name.startswith("engine.charts")
        ):
            found.append(f"{name} imports {library}")
    return found


def heavy_at_the_top(name: str, tree: ast.Module) -> list[str]:
    """Imports outside functions: each would slow every start of the app."""
    top = ast.Module([node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)], [])
    return [f"{name} imports {i}" for i in imports(top) if i.split(".")[0] in HEAVY]


def banned(name: str, tree: ast.Module) -> list[str]:
    found = [f"{name} imports {i}" for i in imports(tree) if any(f"{i}.".startswith(f"{b}.") for b in BANNED_IMPORTS)]
    said = [(node, complaint_about(node)) for node in ast.walk(tree)]
    return found + [f"{name}:{node.lineno} {complaint}" for node, complaint in said if complaint]


def complaint_about(node: ast.AST) -> str | None:
    match node:
        case ast.Name(id=called) if called in BANNED_CALLS:
            return f"calls {called}"
        case ast.Attribute(value=ast.Name(id=owner), attr=attribute) if (owner, attribute) in BANNED_ATTRIBUTES:
            return f"uses {owner}.{attribute}"
        case ast.keyword(arg="unsafe_allow_html" | "allow_pickle", value=value) if ast.unparse(value) != "False":
            return f"gives {node.arg}"
        case ast.Assert():
            return "asserts"
        case ast.ExceptHandler(type=None):
            return "catches everything"
    return None


def is_cached(function: ast.FunctionDef) -> bool:
    return any("cache_data" in ast.unparse(d) or "cache_resource" in ast.unparse(d) for d in function.decorator_list)


def hashed_tables(name: str, tree: ast.Module) -> list[str]:
    """Arguments of cached functions that Streamlit would hash by a sample, or that have no type to tell."""
    found = []
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        for argument in arguments if is_cached(function) else []:
            kind = ast.unparse(argument.annotation) if argument.annotation else "nothing said"
            if not argument.arg.startswith("_") and TABLES.search(kind):
                found.append(f"{name}: {function.name}({argument.arg}: {kind})")
    return found


def too_long(name: str, text: str, tree: ast.Module) -> list[str]:
    found = [f"{name}: {len(text.splitlines())} lines"] if len(text.splitlines()) > 300 else []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            docstring = ast.get_docstring(node, clean=False) or ""
            lines = node.end_lineno - node.lineno + 1 - len(docstring.splitlines())
            if lines > 40:
                found.append(f"{name}: {node.name} has {lines} lines")
    return found


def undocumented(name: str, tree: ast.Module) -> list[str]:
    """Public functions, and public methods of public classes, without a docstring."""
    if not name.startswith("engine"):
        return []
    found = []
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name[0] != "_"]
    for owner, body in [("", tree.body), *((node.name + ".", node.body) for node in classes)]:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_" and not ast.get_docstring(node):
                found.append(f"{name}: {owner}{node.name}")
    return found


def literals(tree: ast.Module) -> list[ast.Constant]:
    """Text that may reach the screen: every literal but docstrings."""
    owners = [node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)]
    docstrings = {id(node.body[0].value) for node in owners if node.body and isinstance(node.body[0], ast.Expr)}
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [text for text in texts if id(text) not in docstrings]


def verdicts(name: str, tree: ast.Module) -> list[str]:
    return [f"{name}:{n.lineno} says {n.value[:60]!r}" for n in literals(tree) if VERDICTS.search(n.value)]


def bare_fragments(name: str, tree: ast.Module) -> list[str]:
    """Parts that run again by themselves without the frame's answers to what is refused or fails there."""
    used = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and ast.unparse(node) == "st.fragment"]
    return [f"{name}:{node.lineno} uses st.fragment" for node in used if name != "pages.parts.frame"]


RULES = {
    "no arrow points up": lambda name, text, tree: arrows_up(name, tree),
    "streamlit and plotly keep their places": lambda name, text, tree: misplaced_libraries(name, tree),
    "nothing dangerous": lambda name, text, tree: banned(name, tree),
    "nothing heavy at the top": lambda name, text, tree: heavy_at_the_top(name, tree),
    "caches take no table": lambda name, text, tree: hashed_tables(name, tree),
    "files and functions are short": lambda name, text, tree: too_long(name, text, tree),
    "public pieces are documented": lambda name, text, tree: undocumented(name, tree),
    "a fragment answers as a page does": lambda name, text, tree: bare_fragments(name, tree),
    "no verdicts": lambda name, text, tree: verdicts(name, tree),
}


@pytest.mark.parametrize("rule", RULES)
def test_rule_holds(rule):
    found = []
    for path in product():
        text = path.read_text(encoding="utf-8")
        found += RULES[rule](module(path), text, tree_of(text))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("rule", "name", "text"),
    [
        ("no arrow points up", "engine.metrics", "from engine.assessment import assess"),
        ("no arrow points up", "engine.data.ingest", "from engine import counting"),
        ("no arrow points up", "engine.charts.x", "from pages.parts import session"),
        ("streamlit and plotly keep their places", "engine.metrics", "import streamlit as st"),
        ("streamlit and plotly keep their places", "pages.data", "def f():\n    import plotly.graph_objects"),
        ("nothing dangerous", "pages.data", "import pickle"),
        ("nothing dangerous", "pages.data", "st.markdown(x, unsafe_allow_html=True)"),
        ("nothing dangerous", "pages.data", "st.html(x)"),
        ("nothing dangerous", "pages.data", "import streamlit.components.v1 as components"),
        ("nothing dangerous", "engine.data.reading", "joblib.load(f)"),
        ("nothing dangerous", "engine.data.reading", "eval(f)"),
        ("nothing dangerous", "engine.data.reading", "try:\n    f()\nexcept:\n    pass"),
        ("nothing heavy at the top", "engine.scoring", "from sklearn.linear_model import LogisticRegression"),
        ("caches take no table", "pages.parts.cache", "@st.cache_data\ndef f(frame: pd.DataFrame): pass"),
        ("caches take no table", "pages.parts.cache", "@st.cache_resource(scope='session')\ndef f(d: Dataset): pass"),
        ("caches take no table", "pages.parts.cache", "@st.cache_data\ndef f(d): pass"),
        ("files and functions are short", "engine.metrics", "\n" * 301),
        ("files and functions are short", "engine.metrics", "def f():\n" + "    x = 1\n" * 41),
        ("public pieces are documented", "engine.metrics", "class A:\n    '''A.'''\n    def f(self): pass"),
        ("a fragment answers as a page does", "pages.data", "@st.fragment(run_every=1)\ndef f(): pass"),
        ("no verdicts", "pages.data", "st.write('The model PASSED')"),
        ("no verdicts", "pages.data", "st.write(f'{x} is unfair')"),
    ],
)
def test_rule_catches(rule, name, text):
    assert RULES[rule](name, text, tree_of(text))


def test_wings_import_each_other_in_one_direction():
    graph: dict[str, set[str]] = {}
    for path in product():
        ours = [i for i in imports(tree_of(path.read_text(encoding="utf-8"))) if i.split(".")[0] in {"engine", "pages"}]
        graph.setdefault(wing(module(path)), set()).update({wing(i) for i in ours} - {wing(module(path)), "engine"})
    TopologicalSorter(graph).prepare()  # refuses a circle and names it


def test_cached_function_may_take_a_table_unhashed():
    text = "@st.cache_resource\ndef f(fingerprint: str, _dataset: Dataset): pass"
    assert not hashed_tables("pages.parts.cache", tree_of(text))


def test_every_rate_and_disparity_has_an_entry_in_the_glossary():
    from engine.glossary import GLOSSARY
    from engine.metrics import DISPARITIES, RATES

    assert not (set(RATES) | set(DISPARITIES)) - set(GLOSSARY)


def tracked_text() -> list[Path]:
    kinds = {".py", ".md", ".toml", ".txt", ".css", ".js", ".svg"}
    hidden = {".git", ".venv"}
    found = [p for p in ROOT.rglob("*") if p.suffix in kinds and not hidden & set(p.relative_to(ROOT).parts)]
    return [*found, *(p for p in (ROOT / ".ci").glob("*") if p.is_file())]


def test_no_path_or_address_of_a_machine():
    found = []
    for path in tracked_text():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if path.name != Path(__file__).name and MACHINE.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number} {line.strip()[:100]}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("line", ["open('/home/anna/x.csv')", "cd /Users/anna", "http://192.168.0.4", "x = '/tmp/x'"])
def test_a_path_or_address_of_a_machine_is_seen(line):
    assert MACHINE.search(line)


def test_readme_has_the_one_test_command_that_ci_runs():
    pattern = r"^python3 -m venv .* -m pytest -n 2$"
    assert len(re.findall(pattern, (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)) == 1
    assert pattern in (ROOT / ".ci/run").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "requirements-extra.txt",
                                  "requirements-gpu.txt", "requirements-bench.txt"])
def test_every_requirement_is_pinned_exactly(name):
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]
    wanted = re.compile(r"[\w.-]+==[\w.]+(; python_version (<|>=) \"3\.\d+\")?")
    assert not [line for line in lines if line and not wanted.fullmatch(line)]
