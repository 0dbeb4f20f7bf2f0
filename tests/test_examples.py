"""Every example runs, as its first lines say, and ends in what its reader is promised."""

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
    """What the example prints, run in an empty folder."""
    pytest.importorskip(NEEDS.get(name, "torch"), reason=f"{name} takes its images from a package that is not here")
    command = [sys.executable, EXAMPLES / name, *arguments]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=500)
    assert ended.returncode == 0, ended.stderr
    assert "Warning" not in ended.stderr, ended.stderr
    return ended.stdout


def numbers(pattern, text):
    """What the pattern's groups hold, as numbers, wherever it fits."""
    return [tuple(map(float, found.groups())) for found in re.finditer(pattern, text)]


def test_every_example_is_run():
    tests = Path(__file__).read_text(encoding="utf-8")
    assert [path.name for path in EXAMPLES.glob("*.py") if f'run("{path.name}"' not in tests] == []


def test_own_layers_are_shown(tmp_path):
    assert "Total params: 95,434 " in run("own_layers.py", tmp_path)


def test_arrays_become_a_model_that_answers(tmp_path):
    text = run("train_on_arrays.py", tmp_path, "run")
    [(accuracy, trivial)] = numbers(r"accuracy ([\d.]+) \(.*?trivial ([\d.]+)", text)
    assert accuracy > trivial
    assert re.search(r"'label': '(disc|square)'", text)
    assert list(tmp_path.glob("run/**/report.html"))


def test_kerass_words_train_save_and_load(tmp_path):
    text = run("keras_script.py", tmp_path)
    [(accuracy,)] = numbers(r"not trained on: ([\d.]+)", text)
    assert accuracy > 0.85
    assert "Total params: 12,810 " in text
    assert "the loaded model answers the same: True" in text


def test_an_own_residual_network_reads_digits(tmp_path):
    text = run("residual_network.py", tmp_path, "run")
    [(accuracy, low, high)] = numbers(r"accuracy ([\d.]+) \(95 % interval ([\d.]+) to ([\d.]+)\)", text)
    assert low <= accuracy <= high
    assert accuracy > 0.9
    assert "42,938 parameters, 1,123,648 multiply-adds" in text


def test_a_3d_network_sees_movement(tmp_path):
    accuracies = numbers(r"accuracy on new films ([\d.]+)", run("moving_digits_3d.py", tmp_path))
    assert len(accuracies) == 4
    assert accuracies[-1][0] > 0.9  # one in three would be right by chance


def test_a_torch_loop_and_an_exported_program_agree(tmp_path):
    text = run("torch_loop.py", tmp_path, "--no-compile")
    [(accuracy,), (exported,)] = numbers(r"(?:new digits:|loaded: largest difference) ([\d.]+(?:e-?\d+)?)", text)
    assert accuracy > 0.85
    assert exported <= 1e-5


@pytest.mark.skipif(COMPILER is None, reason="torch.compile needs a C++ compiler, and there is none here")
def test_a_compiled_network_agrees(tmp_path):
    [(compiled,)] = numbers(r"compiled: largest difference ([\d.]+(?:e-?\d+)?)", run("torch_loop.py", tmp_path))
    assert compiled <= 1e-5
