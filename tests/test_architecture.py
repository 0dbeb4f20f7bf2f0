"""The house's own rules, checked on its text: imports, lengths, what must never be there, what must stay cheap."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "opsin").rglob("*.py"))
NAMES = [str(file.relative_to(ROOT)) for file in FILES]
MOST_LINES, MOST_FUNCTION_LINES = 400, 60
NEVER_IMPORTED = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle"}
NEVER_CALLED = {"eval", "exec", "compile"}
EMPTY_NAMES = {"utils", "helpers", "misc", "common"}
HELP = """
import sys, opsin
sys.argv = ["opsin", "--help"]
from opsin.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
slow = {"torch", "numpy", "polars", "PIL", "matplotlib", "sklearn"} & set(sys.modules)
assert not slow, slow
"""


def run(*command):
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=300)


def test_imports_go_downwards_only():
    ended = run("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "2 kept, 0 broken" in ended.stdout


def test_heavy_and_optional_libraries_are_imported_where_they_are_used():
    ended = run("-m", "ruff", "check", "--select", "TID253", "--no-cache", "opsin")
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_help_loads_nothing_slow():
    ended = run("-c", HELP)
    assert ended.returncode == 0, ended.stderr
    assert "train" in ended.stdout


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_files_and_functions_are_short(file):
    text = file.read_text(encoding="utf-8")
    assert text.count("\n") <= MOST_LINES
    functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    long = [node.name for node in functions if (node.end_lineno or 0) - node.lineno >= MOST_FUNCTION_LINES]
    assert not long


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_nothing_can_run_code_from_a_file(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not {alias.name.partition(".")[0] for alias in node.names} & NEVER_IMPORTED
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").partition(".")[0] not in NEVER_IMPORTED
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in NEVER_CALLED
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
            only = {word.arg: ast.unparse(word.value) for word in node.keywords}.get("weights_only")
            assert only == "True", "torch.load runs code unless it is told weights_only=True"
        elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant)
            assert node.value.value is False


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_every_file_says_what_it_is(file):
    assert ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    if file != ROOT / "opsin" / "keras" / "utils.py":  # Keras's own module path
        assert not {part.removesuffix(".py") for part in file.relative_to(ROOT).parts} & EMPTY_NAMES


def test_the_checks_above_see_the_package():
    assert len(FILES) > 50


WORDS = {"classify", "multilabel", "regress", "detect", "segment", "instances"}
KINDS = {"classes", "labels", "numbers", "boxes", "masks", "instances", "identities"}


def compared(tree):
    """Texts that are compared with something: by ==, !=, in, not in, or a match statement."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare | ast.MatchValue):
            for part in ast.walk(node):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_only_tasks_know_tasks_by_name(file):
    if "tasks" in file.relative_to(ROOT).parts or file.name == "output.py":  # where OutputSpec is
        return
    assert not set(compared(ast.parse(file.read_text(encoding="utf-8")))) & (WORDS | KINDS)
