import pytest

from opsin.evaluation import Score
from opsin.report.wording import (
    comparison,
    duration,
    is_better,
    number,
    percent,
    plural,
    score_number,
    tick_label,
    title_of,
)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.5, "0.500"),
        (0.0, "0.000"),
        (-0.25, "-0.250"),
        (12.3456, "12.35"),
        (1e6, "1,000,000"),
        (1e12, "1e+12"),
        (2e-4, "0.0002"),
    ],
)
def test_number(value, shown):
    assert number(value) == shown


def test_percent_is_never_all_or_nothing_unless_it_is():
    assert percent(0.99999) == "99.9 %"
    assert percent(0.00001) == "0.1 %"
    assert (percent(0), percent(1)) == ("0 %", "100 %")


def test_units_and_plurals():
    assert (plural(1, "image"), plural(2000, "image")) == ("1 image", "2,000 images")
    assert (duration(0.4), duration(119), duration(3600)) == ("0 s", "119 s", "60 min")
    assert (tick_label(2500.0), tick_label(0.25), tick_label(1e-5)) == ("2,500", "0.25", "1e-5")
    assert score_number("r2", -0.0001) == "0.000"
    assert title_of("hamming_loss") == "Hamming loss"


def test_better_means_the_whole_interval():
    trivial = Score(0.5, 0.4, 0.6)
    assert is_better(1, Score(0.7, 0.51, 0.8), trivial)
    assert not is_better(1, Score(0.7, 0.49, 0.8), trivial)
    assert is_better(-1, Score(0.3, 0.2, 0.49), trivial)
    assert not is_better(-1, Score(0.3, 0.2, 0.51), trivial)


def test_the_comparison_is_written_for_any_score():
    sentence = comparison(("dice", 1), Score(0.81, 0.8, 0.82), Score(0.1, 0.1, 0.1), "1 image")
    assert sentence.startswith("Dice on 1 image: 0.810")
    assert comparison(("mae", -1), Score(3.0, 2.0, 4.0), None, "9 images").endswith(
        "on 9 images: 3.000 (95 % confidence interval 2.000 to 4.000)."
    )


def test_the_rounding_of_a_sum_is_nothing():
    assert number(8.26e-16) == score_number("ece", 8.26e-16) == "0.000"
    assert number(0.00012) == "0.00012"
