"""The public names: found on demand, the same ones for people, for type checkers and for `dir`."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import opsin

TEXT = Path(opsin.__file__).read_text(encoding="utf-8")


def run(program):
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_import_is_cheap():
    assert run("import sys, opsin; print({'torch', 'numpy', 'polars'} & set(sys.modules))") == "set()\n"


def test_type_checkers_see_the_same_names():
    imported = {
        alias.asname for node in ast.walk(ast.parse(TEXT)) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert imported - {None} == set(opsin.__all__) - {"__version__"}
    assert dir(opsin) == sorted(opsin.__all__)


@pytest.mark.parametrize("name", opsin.__all__)
def test_each_name_is_there(name):
    assert getattr(opsin, name) is getattr(opsin, name)


@pytest.mark.parametrize("before", ["", "import opsin.training.loop, opsin.evaluation.score"])
def test_verbs_are_functions_whatever_was_imported_before(before):
    assert run(f"{before}\nimport opsin\nassert callable(opsin.train) and callable(opsin.evaluate)") == ""


def test_an_unknown_name_lists_those_there_are():
    with pytest.raises(AttributeError, match=r"no attribute 'trian'; it has .*train"):
        _ = opsin.trian
