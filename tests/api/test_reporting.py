"""What a report is told: how the run was started, where a model came from."""

from types import SimpleNamespace

import pytest

from opsin.api import reporting
from opsin.api.reporting import current_command, origin_of, reproduce_command
from opsin.model import Provenance


def test_a_typed_command_is_repeated_as_it_was():
    args = {"command": "opsin train 'my photos' --minutes 5", "data": "my photos", "options": {"seed": 0}}
    assert reproduce_command(args) == "opsin train 'my photos' --minutes 5"


def test_a_call_from_python_names_what_was_asked_and_nothing_else():
    options = {"task": None, "epochs": 2, "hflip": None, "turn": False, "class_weights": True, "seed": 0}
    said = reproduce_command({"command": "opsin -c", "data": "photos", "options": options})
    assert said == "opsin.train('photos', epochs=2, class_weights=True, seed=0)"
    assert (
        reproduce_command({"command": "pytest", "data": "arrays", "options": {"seed": 4}})
        == "opsin.train(data, seed=4)"
    )


@pytest.mark.parametrize(
    ("program", "shown"),
    [
        ("/usr/bin/opsin", "opsin evaluate 'a b' c"),
        ("/x/opsin/__main__.py", "opsin evaluate 'a b' c"),
        ("/x/pytest/__main__.py", "the call"),
        ("script.py", "the call"),
        ("-c", "the call"),
    ],
)
def test_only_the_command_line_shows_what_was_typed(monkeypatch, program, shown):
    monkeypatch.setattr(reporting.sys, "argv", [program, "evaluate", "a b", "c"])
    assert current_command("the call") == shown


def test_where_a_model_came_from_is_what_its_file_says(run):
    from opsin import api

    done, _ = run
    told = dict(origin_of(api.load(done.model, "cpu")))
    assert "72 train" in told["Trained on"] or " train, " in told["Trained on"]
    assert (
        told["Initial weights"] == "random weights" and told["Seed of training"] == "0" and "torch" in told["Versions"]
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"data": None, "seed": "x"}, ()),
        ({"images": 3, "data": "x"}, (("Trained on", "x"),)),
        ({"data": "x", "images": {"train": "many"}, "seed": 0}, (("Trained on", "x"), ("Seed of training", "0"))),
    ],
)
def test_a_file_that_says_little_or_nonsense_is_no_error(found, expected):
    assert origin_of(SimpleNamespace(provenance=Provenance.from_json(found))) == expected


def test_the_report_of_a_run_repeats_its_call_and_data(run, colours):
    done, _ = run
    page = done.report.read_text()
    assert "class_weights=True" in page and str(colours) in page and "simple" in page
    assert (done.folder / "plots" / "confusion-matrix.png").exists()
