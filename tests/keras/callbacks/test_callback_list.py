"""Callbacks are called in order, and pay only for what they look at."""

import pytest

from opsin import keras as ours
from opsin.core import OpsinError


def test_what_is_no_callback_is_refused():
    with pytest.raises(OpsinError, match=r"callbacks contains 'early'. Expected objects of keras\.callbacks"):
        ours.callbacks.CallbackList(["early"], None, None, {})


def test_numbers_are_computed_only_for_those_that_look_at_batches():
    class Looking(ours.callbacks.Callback):
        def on_batch_end(self, batch, logs=None):
            seen.append((batch, logs))

    seen, asked = [], []

    def results():
        asked.append(1)
        return {"loss": 1.0}

    quiet = ours.callbacks.CallbackList([ours.callbacks.History()], None, None, {})
    quiet.batch_end("train", 0, results)
    assert not asked
    ours.callbacks.CallbackList(Looking(), None, None, {}).batch_end("train", 3, results)
    assert asked == [1] and seen == [(3, {"loss": 1.0})]


def test_hooks_go_in_order():
    order = []
    several = [ours.callbacks.LambdaCallback(on_epoch_end=lambda *_, n=n: order.append(n)) for n in (1, 2)]
    ours.callbacks.CallbackList(several, None, None, {}).call("on_epoch_end", 0, {})
    assert order == [1, 2]
