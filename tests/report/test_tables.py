import numpy as np
from sklearn.metrics import confusion_matrix

from opsin.drawing import Matrix
from opsin.evaluation import Score
from opsin.report.tables import class_table, confused_pairs, confusion, score_rows


def matrix(values):
    return Matrix("t", "", values, tuple(f"n{i}" for i in range(len(values))), "ground truth", "prediction")


def test_confusion_holds_every_count():
    generator = np.random.default_rng(0)
    values = confusion_matrix(generator.integers(0, 5, 99), generator.integers(0, 5, 99), labels=range(6))
    cells = confusion(matrix(values))
    assert [[cell.count for cell in row] for row in cells] == values.tolist()
    assert all(cell.is_correct == (i == j) for i, row in enumerate(cells) for j, cell in enumerate(row))
    assert all(0 <= cell.tenths <= 10 and (cell.tenths > 0) == (cell.count > 0) for row in cells for cell in row)


def test_many_classes_become_pairs():
    values = np.diag(np.full(31, 8))
    values[3, 7], values[9, 1] = 2, 5
    assert confusion(matrix(values)) == ()
    pairs = confused_pairs(matrix(values))
    assert [(pair.ground_truth, pair.prediction, pair.count) for pair in pairs] == [("n9", "n1", 5), ("n3", "n7", 2)]
    assert np.isclose(pairs[0].share, 5 / 13)


def test_classes_stay_in_order_until_there_are_many():
    few = class_table([{"class": "b", "count": 1200, "f1": 0.9}, {"class": "a", "count": 3, "f1": float("nan")}])
    assert few.titles == ("Class", "Count", "f1".title())
    assert few.rows == (
        (("b", None), ("1,200", None), ("0.900", 90.0)),
        (("a", None), ("3", None), ("not defined", None)),
    )
    many = class_table([{"class": str(n), "f1": ((n * 7) % 40) / 40} for n in range(40)])
    assert many.shown == 20
    assert [row[1][0] for row in many.rows] == sorted(row[1][0] for row in many.rows)
    assert class_table([]) is None


def test_scores_lie_on_their_line():
    inside, large, unknown = score_rows(
        {
            "accuracy": Score(0.5, 0.4, 0.6),
            "mae": Score(10.0, 8.0, 12.0),
            "auroc": Score(float("nan"), float("nan"), float("nan")),
        },
        {"accuracy": Score(0.1, 0.1, 0.1), "mae": Score(20.0, 19.0, 21.0)},
        {"accuracy": Score(0.7, 0.6, 0.8)},
        {"mae": Score(11.0, 9.0, 13.0)},
    )
    assert (inside.before, large.before) == ("0.700", "")
    assert (inside.linear, large.linear) == ("", "11 (9.000 to 13)")
    assert inside.bar == (40.0, 50.0, 60.0, 10.0)
    assert np.isclose(large.bar[3], 2 * large.bar[1])
    assert unknown.bar is None and unknown.value == "not defined"
