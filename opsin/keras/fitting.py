"""Training, evaluation and prediction loops with Keras's callbacks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from opsin.training.interrupt import watch_for_interrupt

from .batches import Batches
from .callbacks.callback_list import CallbackList
from .moving_variance import keras_moving_variance
from .train_step import TrainStep


class Stoppable(Protocol):
    """A model whose training a callback can stop."""

    stop_training: bool


@dataclass(frozen=True)
class Validation:
    """Validation data and the epochs that end with a validation.

    Attributes:
        batches: Validation batches.
        frequency: Validate in every `frequency`-th epoch, or in the listed epochs (counted from 1).
    """

    batches: Batches
    frequency: Any = 1

    def due(self, epoch: int) -> bool:
        """Returns True if an epoch (counted from 0) ends with a validation."""
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
    """Trains for a range of epochs, or until a callback sets `stop_training`.

    Args:
        model: Model whose `stop_training` is read.
        stepper: Training and evaluation steps of the model.
        batches: Training batches.
        epochs: Epochs, counted from 0.
        callbacks: Callbacks of the run.
        validation: Validation data, or None.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed. Training stops after the current batch; the model stays usable.
    """
    compiled = stepper.compiled
    assert compiled is not None
    model.stop_training = False
    logs: dict[str, float] = {}
    try:
        with watch_for_interrupt() as interrupted, keras_moving_variance(stepper.network) as correct:

            def check_interrupt() -> None:
                if interrupted():
                    raise KeyboardInterrupt

            callbacks.call("on_train_begin", {})
            for epoch in epochs:
                callbacks.call("on_epoch_begin", epoch, {})
                for _ in _train(model, stepper, batches, callbacks):
                    correct()
                    check_interrupt()
                logs = in_order(compiled.results())
                if validation is not None and validation.due(epoch):
                    scores = evaluate_batches(stepper, validation.batches, callbacks, check_interrupt)
                    logs |= {f"val_{name}": value for name, value in in_order(scores).items()}
                callbacks.call("on_epoch_end", epoch, logs)
                check_interrupt()
                if model.stop_training:
                    break
            callbacks.call("on_train_end", logs)
    finally:
        if callbacks.bar is not None:
            callbacks.bar.close()
        stepper.network.eval()
        for parameter in stepper.trained:
            parameter.grad = None


def _train(model: Stoppable, stepper: TrainStep, batches: Batches, callbacks: CallbackList) -> Iterator[None]:
    """Trains for one epoch. Yields after each step."""
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


def evaluate_batches(
    stepper: TrainStep, batches: Batches, callbacks: CallbackList, after_batch: Callable[[], None] = lambda: None
) -> dict[str, float]:
    """Returns loss and metrics over all batches.

    Args:
        stepper: Evaluation steps of the model.
        batches: Batches with targets.
        callbacks: Callbacks of the run.
        after_batch: Called after each batch.
    """
    compiled = stepper.compiled
    assert compiled is not None
    compiled.reset()
    stepper.network.eval()
    callbacks.call("on_test_begin", {})
    for number, batch in enumerate(batches):
        callbacks.batch_begin("test", number)
        stepper.test(batch)
        for callback in callbacks.batch_callbacks:
            callback.on_test_batch_end(number, in_order(compiled.results()))
        after_batch()
    results = compiled.results()
    callbacks.call("on_test_end", in_order(results))
    return results


def predict_batches(stepper: TrainStep, batches: Batches, callbacks: CallbackList) -> Tensor:
    """Returns the outputs of all batches, channels last, on the CPU."""
    stepper.network.eval()
    callbacks.call("on_predict_begin", {})
    outputs: list[Tensor] = []
    for number, (x, _, _) in enumerate(batches):
        callbacks.batch_begin("predict", number)
        outputs.append(stepper.predict(x))
        callbacks.batch_end("predict", number, dict)
    callbacks.call("on_predict_end", {})
    return torch.cat(outputs) if outputs else torch.empty(0)


def in_order(results: dict[str, float]) -> dict[str, float]:
    """Returns the results sorted by name, as Keras logs them."""
    return dict(sorted(results.items()))
