"""Every example runs as documented in its first lines, and prints the expected results."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
NEEDS = {
    "keras_script.py": "mlxtend",
    "moving_digits_3d.py": "sklearn",
    "residual_network.py": "sklearn",
    "torch_loop.py": "sklearn",
}
COMPILER = next(filter(None, map(shutil.which, (os.environ.get("CXX", "c++"), "g++", "clang++"))), None)


def run(name, folder, *arguments):
    """Runs the example in an empty folder and returns its output."""
    pytest.importorskip(NEEDS.get(name, "torch"), reason=f"{name} requires a package that is not installed")
    command = [sys.executable, EXAMPLES / name, *arguments]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=500)
    assert ended.returncode == 0, ended.stderr
    assert "Warning" not in ended.stderr, ended.stderr
    return ended.stdout


def numbers(pattern, text):
    """Returns the groups of all matches as floats."""
    return [tuple(map(float, found.groups())) for found in re.finditer(pattern, text)]


def test_every_example_is_run():
    tests = Path(__file__).read_text(encoding="utf-8")
    assert [path.name for path in EXAMPLES.glob("*.py") if f'run("{path.name}"' not in tests] == []


def test_own_layers_print_a_summary(tmp_path):
    assert "Total params: 95,434 " in run("own_layers.py", tmp_path)


def test_training_on_arrays_predicts(tmp_path):
    text = run("train_on_arrays.py", tmp_path, "run")
    [(accuracy, baseline)] = numbers(r"accuracy ([\d.]+) \(.*?baseline ([\d.]+)", text)
    assert accuracy > baseline
    assert re.search(r"'label': '(disc|square)'", text)
    assert list(tmp_path.glob("run/**/report.html"))


def test_a_keras_script_trains_saves_and_loads(tmp_path):
    text = run("keras_script.py", tmp_path)
    [(accuracy,)] = numbers(r"test accuracy on 1,000 digits: ([\d.]+)", text)
    assert accuracy > 0.85
    assert "Total params: 12,810 " in text
    assert "the loaded model gives the same predictions: True" in text


def test_a_custom_residual_network_classifies_digits(tmp_path):
    text = run("residual_network.py", tmp_path, "run")
    [(accuracy, low, high)] = numbers(r"accuracy ([\d.]+) \(95 % interval ([\d.]+) to ([\d.]+)\)", text)
    assert low <= accuracy <= high
    assert accuracy > 0.9
    assert "42,938 parameters, 1,123,648 multiply-adds per image" in text


def test_a_3d_network_classifies_motion(tmp_path):
    accuracies = numbers(r"test accuracy ([\d.]+)", run("moving_digits_3d.py", tmp_path))
    assert len(accuracies) == 4
    assert accuracies[-1][0] > 0.9  # chance level is 1/3


def test_a_torch_loop_and_an_exported_program_agree(tmp_path):
    text = run("torch_loop.py", tmp_path, "--no-compile")
    [(accuracy,), (exported,)] = numbers(
        r"(?:test accuracy on 297 digits:|loaded: largest difference) ([\d.]+(?:e-?\d+)?)", text
    )
    assert accuracy > 0.85
    assert exported <= 1e-5


@pytest.mark.skipif(COMPILER is None, reason="torch.compile requires a C++ compiler")
def test_a_compiled_network_agrees(tmp_path):
    [(compiled,)] = numbers(r"compiled: largest difference ([\d.]+(?:e-?\d+)?)", run("torch_loop.py", tmp_path))
    assert compiled <= 1e-5
