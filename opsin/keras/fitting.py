"""Keras's loop: epochs, batches, validation, callbacks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from opsin.training.interrupt import watch_for_interrupt

from .batches import Batches
from .callbacks.callback_list import CallbackList
from .moving_variance import kerass_moving_variance
from .train_step import TrainStep


class Stoppable(Protocol):
    """A model whose training a callback can stop."""

    stop_training: bool


@dataclass(frozen=True)
class Validation:
    """What to validate on, and in which epochs: every `frequency`-th, or those of a list (counted from 1)."""

    batches: Batches
    frequency: Any = 1

    def due(self, epoch: int) -> bool:
        """Whether an epoch, counted from 0, ends with a validation."""
        if isinstance(self.frequency, int):
            return (epoch + 1) % self.frequency == 0
        return epoch + 1 in self.frequency


def run_epochs(
    model: Stoppable,
    stepper: TrainStep,
    batches: Batches,
    epochs: range,
    callbacks: CallbackList,
    validation: Validation | None = None,
) -> None:
    """Trains for the epochs given, or until a callback sets `stop_training`.

    Ctrl-C ends it after the batch it is in, with KeyboardInterrupt; the model stays usable.
    """
    compiled = stepper.compiled
    assert compiled is not None
    model.stop_training = False
    logs: dict[str, float] = {}
    try:
        with watch_for_interrupt() as asked, kerass_moving_variance(stepper.network) as correct:

            def heed() -> None:
                if asked():
                    raise KeyboardInterrupt

            callbacks.call("on_train_begin", {})
            for epoch in epochs:
                callbacks.call("on_epoch_begin", epoch, {})
                for _ in _train(model, stepper, batches, callbacks):
                    correct()
                    heed()
                logs = in_order(compiled.results())
                if validation is not None and validation.due(epoch):
                    found = score(stepper, validation.batches, callbacks, heed)
                    logs |= {f"val_{name}": value for name, value in in_order(found).items()}
                callbacks.call("on_epoch_end", epoch, logs)
                heed()
                if model.stop_training:
                    break
            callbacks.call("on_train_end", logs)
    finally:
        if callbacks.bar is not None:
            callbacks.bar.leave()
        stepper.network.eval()
        for parameter in stepper.trained:
            parameter.grad = None


def _train(model: Stoppable, stepper: TrainStep, batches: Batches, callbacks: CallbackList) -> Iterator[None]:
    """One epoch, a stop after each step."""
    compiled = stepper.compiled
    assert compiled is not None
    compiled.reset()
    stepper.training_mode()
    for number, batch in enumerate(batches):
        callbacks.batch_begin("train", number)
        stepper.train(batch)
        yield
        callbacks.batch_end("train", number, lambda: in_order(compiled.results()))
        if model.stop_training:
            break


def score(
    stepper: TrainStep, batches: Batches, callbacks: CallbackList, after_batch: Callable[[], None] = lambda: None
) -> dict[str, float]:
    """Loss and metrics over batches, without learning from them."""
    compiled = stepper.compiled
    assert compiled is not None
    compiled.reset()
    stepper.network.eval()
    callbacks.call("on_test_begin", {})
    for number, batch in enumerate(batches):
        callbacks.batch_begin("test", number)
        stepper.test(batch)
        for callback in callbacks.look_at_batches:
            callback.on_test_batch_end(number, in_order(compiled.results()))
        after_batch()
    results = compiled.results()
    callbacks.call("on_test_end", in_order(results))
    return results


def answer(stepper: TrainStep, batches: Batches, callbacks: CallbackList) -> Tensor:
    """The answers to all batches."""
    stepper.network.eval()
    callbacks.call("on_predict_begin", {})
    found: list[Tensor] = []
    for number, (x, _, _) in enumerate(batches):
        callbacks.batch_begin("predict", number)
        found.append(stepper.predict(x))
        callbacks.batch_end("predict", number, dict)
    callbacks.call("on_predict_end", {})
    return torch.cat(found) if found else torch.empty(0)


def in_order(results: dict[str, float]) -> dict[str, float]:
    """By name, as Keras logs them."""
    return dict(sorted(results.items()))
