import pytest

from opsin.data.formats.split_names import in_order, split_name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[(text, "train") for text in ("Train", "training", "tr", "trainset", "Train_Set", "TrainData", "train2017")],
        *[(text, "valid") for text in (" VAL ", "valid", "validation", "dev", "valset", "Validation-Images", "02_val")],
        *[(text, "test") for text in ("test", "Testing", "TEST SET", "evaluation", "eval", "hold-out", "test (1)")],
        *[(text, None) for text in ("cat", "", "trainer", "train_station", "trainval", "data", "set", "tr_1x", "01")],
    ],
)
def test_spellings_of_splits(text, expected):
    assert split_name(text) == expected


def test_integers_are_sorted_by_value_and_words_alphabetically():
    assert in_order(["10", "2", "1", "2"]) == ("1", "2", "10")
    assert in_order(["10", "2", "b", "a"]) == ("10", "2", "a", "b")
    assert in_order(["01", "1"]) == ("01", "1")
    assert in_order(["²", "1"]) == ("1", "²")  # a digit, but no number
    assert in_order([]) == ()
