import io
import json
import math
import sys

from opsin.cli.output import print_json, print_scores, scores_json
from opsin.evaluation import Score


def test_json_is_one_line_and_reads_back_in_any_encoding(monkeypatch):
    value = {"naïve": ["日本", "\udcff", 1.5, None]}
    for encoding in ("utf-8", "ascii", "latin-1"):
        stdout = io.TextIOWrapper(io.BytesIO(), encoding, errors="backslashreplace")
        monkeypatch.setattr(sys, "stdout", stdout)
        print_json(value)
        stdout.flush()
        line = stdout.buffer.getvalue().decode(encoding)
        assert line.count("\n") == 1
        assert json.loads(line) == value


def test_a_score_that_is_not_defined_is_null():
    scores = {"auroc": Score(math.nan, math.nan, math.nan), "accuracy": Score(0.5, 0.25, 0.75)}
    assert scores_json(scores) == {
        "auroc": {"value": None, "low": None, "high": None},
        "accuracy": {"value": 0.5, "low": 0.25, "high": 0.75},
    }


def test_the_table_shows_value_interval_and_baseline(capsys):
    scores = {"accuracy": Score(0.93125, 0.9, 0.96), "r2": Score(math.nan, math.nan, math.nan)}
    print_scores(scores, {"accuracy": Score(0.1, 0.08, 0.12)})
    lines = capsys.readouterr().out.splitlines()
    accuracy = next(line for line in lines if "accuracy" in line)
    assert accuracy.split() == ["accuracy", "0.9313", "0.9", "to", "0.96", "0.1"] or "0.9312" in accuracy
    assert next(line for line in lines if "r2" in line).split() == ["r2", "-"]
    assert lines[-1] == "not defined on these images: r2"


def test_the_rounding_of_a_sum_is_nothing(capsys):
    print_scores({"r2": Score(0.02, 0.01, 0.03)}, {"r2": Score(8.26e-16, 0.0, 0.1)})
    line = next(line for line in capsys.readouterr().out.splitlines() if "r2" in line)
    assert line.split()[-1] == "0"


def test_calibration_has_no_baseline(capsys):
    print_scores({"ece": Score(0.02, 0.01, 0.03)}, {"ece": Score(0.001, 0.0, 0.1)})
    assert "0.001" not in capsys.readouterr().out
