import numpy as np

from opsin.report.curves import training_of


def rows(*values, name="accuracy"):
    return [
        {"epoch": n + 1.0, "seconds": n, "train_loss": 1.0, f"valid_{name}": value} for n, value in enumerate(values)
    ]


def test_the_best_is_named_by_its_epoch():
    assert (
        "after epoch 2 were kept, with a validation accuracy of 0.900"
        in training_of(rows(0.5, 0.9, 0.7), ("accuracy", 1)).summary
    )
    less = training_of(rows(3.0, 2.0, 5.0, name="mae"), ("mae", -1))
    assert "after epoch 2" in less.summary and "lower is better" in less.charts[1].caption
    assert "of the last validation" in training_of(rows(0.9, 0.9), ("accuracy", 1)).summary


def test_curves_hold_the_rows():
    found = training_of(rows(0.5, None, 0.7), ("accuracy", 1))
    assert np.array_equal(found.charts[1].curves[0].y, [0.5, np.nan, 0.7], equal_nan=True)
    assert found.rows[0][0] == "1.000" and len(found.rows) == 3
    assert found.titles == ("epoch", "seconds", "training loss", "validation accuracy")


def test_too_little_to_draw():
    assert training_of([], ("accuracy", 1)) is None
    assert training_of(rows(0.5), ("accuracy", 1)).charts == ()
    assert "Without a validation score" in training_of(rows(None, None), ("accuracy", 1)).summary


def test_an_early_end_is_said_with_its_reason():
    scores = [0.5, 0.7, 0.9, 0.8, 0.9, 0.85]  # equal to the best is no better
    rows = [{"epoch": n + 1, "train_loss": 1.0, "valid_accuracy": value} for n, value in enumerate(scores)]
    settings = {"epochs": 30.0, "patience": 3}
    found = training_of(rows, ("accuracy", 1), settings)
    assert "stopped after epoch 6 of 30: no better accuracy in 3 validations" in found.summary
    for other in (
        {"epochs": 6.0, "patience": 3},
        {"epochs": 30.0, "patience": 4},
        {"epochs": 30.0, "patience": None},
        {},
    ):
        assert "stopped" not in training_of(rows, ("accuracy", 1), other).summary
    falling = [{**row, "valid_mae": 1 - row["valid_accuracy"]} for row in rows]
    assert "no better mean absolute error in 3 validations" in training_of(falling, ("mae", -1), settings).summary
