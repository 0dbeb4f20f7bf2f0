import subprocess
import sys

import pytest

import opsin as package
from opsin import api
from opsin.training import Interrupted

COMMANDS = ("train", "predict", "evaluate", "summary", "demo")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_an_example_of_its_command(opsin, command):
    ended = opsin(command, "--help")
    assert ended.exit_code == 0
    assert f"Example: opsin {command}" in ended.stdout
    assert "--json" in ended.stdout


def test_help_names_every_command(opsin):
    ended = opsin("--help")
    assert ended.exit_code == 0
    assert all(f" {command} " in ended.stdout for command in COMMANDS)


def test_version(opsin):
    assert opsin("--version").stdout == f"opsin {package.__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        ("fly",),
        ("train", "--nonsense"),
        ("train", "--epochs", "many", "data"),
        ("train", "--size", "0", "data"),
        ("train", "--json"),
        ("predict", "model-without-images"),
        ("evaluate", "model-without-data"),
    ],
)
def test_wrong_usage_ends_with_2(opsin, words):
    ended = opsin(*words)
    assert ended.exit_code == 2
    assert ended.stdout == ""
    assert "Usage: opsin" in ended.stderr


def test_ctrl_c_ends_with_130_and_says_how_to_go_on(opsin, monkeypatch):
    def stopped(*args, **options):
        raise Interrupted("stopped at step 3. Resume: opsin train --resume runs/classify/a-1")

    monkeypatch.setattr(api, "train", stopped)
    ended = opsin("train", "data")
    assert ended.exit_code == 130
    assert ended.stderr == "opsin: stopped at step 3. Resume: opsin train --resume runs/classify/a-1\n"


def test_ctrl_c_elsewhere_ends_with_130_too(opsin, monkeypatch):
    def stopped(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "load", stopped)
    ended = opsin("predict", "model", "images")
    assert ended.exit_code == 130
    assert ended.stderr.startswith("opsin: stopped")
    assert ended.stderr.count("\n") == 1


def test_a_mistake_of_ours_is_not_hidden(opsin, monkeypatch):
    def broken(*args, **options):
        raise ZeroDivisionError

    monkeypatch.setattr(api, "load", broken)
    assert isinstance(opsin("predict", "model", "images").exception, ZeroDivisionError)


def test_a_reader_that_leaves_is_no_crash():
    shown = subprocess.Popen(
        [sys.executable, "-m", "opsin", "summary", "resnet50", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert shown.stdout
    assert shown.stderr
    shown.stdout.close()
    assert shown.stderr.read() == b""
    assert shown.wait(300) == 1


def test_a_terminal_without_unicode_still_shows_every_name(model_file, squares, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    command = [sys.executable, "-m", "opsin", "predict", model_file, squares / "grün" / "0.png"]
    ended = subprocess.run(command, capture_output=True, timeout=300)
    assert ended.returncode == 0, ended.stderr
    assert b'"p_gr\\u00fcn"' in ended.stdout
