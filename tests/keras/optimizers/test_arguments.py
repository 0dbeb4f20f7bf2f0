"""The arguments that editors show are Keras's, and old words are taken as Keras takes them."""

import inspect

import pytest

from opsin import keras as ours
from opsin.core import OpsinError

KINDS = ("SGD", "Adam", "AdamW", "RMSprop")


@pytest.mark.parametrize("name", KINDS)
def test_arguments_that_editors_show_match_keras(oracle, name):
    theirs = inspect.signature(getattr(oracle.optimizers, name).__init__).parameters
    mine = inspect.signature(getattr(ours.optimizers, name)).parameters
    assert set(mine) <= set(theirs)
    own = [key for key, one in mine.items() if one.kind is not inspect.Parameter.KEYWORD_ONLY]
    assert own == list(theirs)[1 : len(own) + 1]
    for key in own:
        assert mine[key].default == theirs[key].default


def test_old_and_new_words_are_taken_as_keras_takes_them(oracle):
    for keras in (oracle, ours):
        with pytest.raises((ValueError, OpsinError)):
            keras.optimizers.SGD(lr=0.1)
        with pytest.warns(UserWarning, match="decay"):
            optimizer = keras.optimizers.SGD(learning_rate=0.5, decay=1e-6)
        assert float(optimizer.learning_rate) == 0.5
