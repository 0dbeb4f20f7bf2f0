from types import NoneType
from typing import get_args

import pytest

from opsin.cli import options

NAMES = [name for name in vars(options) if name[0].isupper() and name != "Path" and get_args(getattr(options, name))]


@pytest.mark.parametrize("name", NAMES)
def test_each_option_says_what_it_is_for_in_a_sentence(name):
    kind, info = get_args(getattr(options, name))
    assert info.help[0].isupper()
    assert info.help.endswith(".")
    assert NoneType in get_args(kind) or kind is not str


def test_the_list_above_is_not_empty():
    assert len(NAMES) > 10


@pytest.mark.parametrize(
    "words", [("--size", 0), ("--size", -3), ("--epochs", -1), ("--minutes", -0.5), ("--seed", "x")]
)
def test_bounds_are_checked_before_any_work(opsin, words):
    ended = opsin("train", "data", *words)
    assert ended.exit_code == 2
    assert words[0] in ended.stderr
