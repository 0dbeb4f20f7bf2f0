"""Every example runs, as its first lines say."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
ARGUMENTS = {"own_layers.py": [], "train_on_arrays.py": ["run"]}
SHOWS = {"own_layers.py": "Total params: ", "train_on_arrays.py": "'label': "}


def test_every_example_is_run():
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(ARGUMENTS)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_an_example_runs(name, tmp_path):
    command = [sys.executable, EXAMPLES / name, *ARGUMENTS[name]]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=500)
    assert ended.returncode == 0, ended.stderr
    assert SHOWS[name] in ended.stdout
