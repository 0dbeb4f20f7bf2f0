"""Keras's Sequential: layers in order, compiled, fitted, evaluated, asked and saved."""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from opsin.core import OpsinError

from . import fitting, saving
from .arrays import is_array, split, to_tensor, unpack
from .batches import ArrayBatches, Batches, count, make_batches
from .callbacks import CallbackList, History, ProgressBar
from .compiled import Compiled
from .metrics import Metric
from .optimizers import Optimizer
from .step import Stepper
from .structure import Structure


class Sequential(Structure):
    """A network as Keras describes and trains it; images are (n, height, width, channels).

    >>> from opsin.keras.layers import Dense
    >>> model = Sequential([Dense(2, input_shape=(4,))])
    >>> model.compile(optimizer="sgd", loss="mse")
    >>> history = model.fit(np.zeros((8, 4)), np.zeros((8, 2)), epochs=2, verbose=0)
    >>> history.history["loss"]
    [0.0, 0.0]
    """

    compiled_with: Compiled | None = None
    stop_training = False
    history: History | None = None

    def compile(
        self, optimizer: Any = "rmsprop", loss: Any = None, loss_weights: Any = None, metrics: Any = None,
        weighted_metrics: Any = None, run_eagerly: bool = False, steps_per_execution: int = 1,
        jit_compile: Any = "auto", auto_scale_loss: bool = True,
    ) -> None:  # fmt: skip
        """Says how to train: optimizer, loss and metrics by name or object. `run_eagerly` and later change nothing."""
        if loss_weights is not None:
            raise OpsinError(f"loss_weights is {loss_weights!r}; expected None, since there is one output and one loss")
        self.compiled_with = Compiled(optimizer, loss, metrics, weighted_metrics)

    @property
    def compiled(self) -> bool:
        """Whether `compile` was called."""
        return self.compiled_with is not None

    @property
    def optimizer(self) -> Optimizer | None:
        """What steps the weights."""
        return None if self.compiled_with is None else self.compiled_with.optimizer

    @property
    def loss(self) -> Any:
        """The loss as `compile` was given it."""
        return None if self.compiled_with is None else self.compiled_with.given_loss

    @property
    def metrics(self) -> list[Metric]:
        """The running loss and the metrics; those of `compile` from the first batch on."""
        if self.compiled_with is None:
            return []
        return [self.compiled_with.mean_loss, *(metric for metric, _ in self.compiled_with.metrics)]

    @property
    def metrics_names(self) -> list[str]:
        """The names in the order of `evaluate`."""
        return [metric.name for metric in self.metrics]

    def fit(
        self, x: Any = None, y: Any = None, batch_size: int | None = None, epochs: int = 1, verbose: Any = "auto",
        callbacks: Any = None, validation_split: float = 0.0, validation_data: Any = None, shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None, sample_weight: Any = None, initial_epoch: int = 0,
        steps_per_epoch: int | None = None, validation_steps: int | None = None,
        validation_batch_size: int | None = None, validation_freq: Any = 1,
    ) -> History:  # fmt: skip
        """Trains for `epochs` epochs and gives the History: the loss and metrics of each.

        x and y are arrays or tensors, or x is a DataLoader or any iterable of (x, y) batches. Raises OpsinError
        before compile, DataError for inputs that do not fit. Ctrl-C leaves the model as far as it got.
        """
        compiled = self._need_compiled("fit")
        if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 0:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise OpsinError(f"epochs is {epochs!r}; expected a whole number")
        size = validation_batch_size or batch_size
        batches = make_batches(x, y, sample_weight, size=batch_size, shuffle=bool(shuffle), steps=steps_per_epoch,
                               class_weight=class_weight)  # fmt: skip
        held_out: Batches | None = None
        if validation_data is not None:
            given = unpack(validation_data) if isinstance(validation_data, list | tuple) else (validation_data,)
            held_out = make_batches(*given, size=size, steps=validation_steps)
        elif validation_split:
            if not isinstance(batches, ArrayBatches):
                raise OpsinError("validation_split needs arrays; give validation_data beside batches")
            first, last = split(_without_class_weights(batches, x, y, sample_weight), validation_split)
            weights = batches.given[2]
            batches.given = (first[0], first[1], None if weights is None else weights[: len(first[0])])
            held_out = ArrayBatches(last, size or 32, steps=validation_steps)
        self._build_for(batches)
        history, steps = History(), count(batches)
        level = _level(verbose)
        bar = ProgressBar(level, steps, epochs) if level else None
        params = {"verbose": level, "epochs": epochs, "steps": steps}
        called = CallbackList([*_listed(callbacks), history], self, bar, params)
        validation = None if held_out is None else fitting.Validation(held_out, validation_freq)
        stepper = Stepper(self, compiled)
        self.history = history
        fitting.run_epochs(self, stepper, batches, range(initial_epoch, epochs), called, validation)
        return history

    def evaluate(
        self, x: Any = None, y: Any = None, batch_size: int | None = None, verbose: Any = "auto",
        sample_weight: Any = None, steps: int | None = None, callbacks: Any = None, return_dict: bool = False,
    ) -> Any:  # fmt: skip
        """Loss and metrics: a list in the order of `metrics_names` (one number without metrics), or a dictionary."""
        compiled = self._need_compiled("evaluate")
        batches = make_batches(x, y, sample_weight, size=batch_size, steps=steps)
        self._build_for(batches)
        bar = ProgressBar(_level(verbose), count(batches))
        called = CallbackList(callbacks, self, None, {"verbose": bar.verbose, "epochs": 1, "steps": bar.steps})
        results = fitting.score(Stepper(self, compiled), batches, called)
        bar.done = count(batches) or 0
        bar.update(fitting.in_order(results), end=True)
        values = list(results.values())
        return results if return_dict else values if len(values) > 1 else values[0]

    def predict(
        self, x: Any, batch_size: int | None = None, verbose: Any = "auto", steps: int | None = None,
        callbacks: Any = None,
    ) -> np.ndarray:  # fmt: skip
        """The answers to (n, height, width, channels) inputs, as a float32 array (n, ...)."""
        batches = make_batches(x, size=batch_size, steps=steps)
        self._build_for(batches)
        bar = ProgressBar(_level(verbose), count(batches))
        called = CallbackList(callbacks, self, bar, {"verbose": bar.verbose, "epochs": 1, "steps": bar.steps})
        answers = fitting.answer(Stepper(self), batches, called)
        bar.update({}, end=True)
        return answers.numpy()

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """One step on one batch; gives its loss and metrics."""
        one = make_batches(x, y, sample_weight, size=len(x), class_weight=class_weight)
        self._build_for(one)
        compiled = self._need_compiled("train_on_batch")
        called = CallbackList(None, self, None, {})
        before, self.history = self.history, None
        fitting.run_epochs(self, Stepper(self, compiled), one, range(1), called)
        self.history = before
        results = compiled.results()
        return results if return_dict else list(results.values()) if len(results) > 1 else results["loss"]

    def predict_on_batch(self, x: Any) -> np.ndarray:
        """The answers to one batch."""
        return self.predict(x, batch_size=len(x), verbose=0)

    def save(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
        """Writes layers, weights and what `compile` was told to a `.keras` file, which Keras reads too."""
        saving.save_model(self, filepath, overwrite)

    def save_weights(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
        """Writes the weights to a `.weights.h5` file, as Keras does."""
        saving.save_weights(self, filepath, overwrite)

    def load_weights(self, filepath: str | os.PathLike[str]) -> None:
        """Takes the weights of a `.weights.h5` file of a model with the same layers."""
        saving.load_weights(self, filepath)

    def _need_compiled(self, verb: str) -> Compiled:
        if self.compiled_with is None:
            raise OpsinError(
                f"{self.name} is not compiled; before {verb}, call model.compile(optimizer='adam', loss=...)"
            )
        return self.compiled_with

    def _build_for(self, batches: Batches) -> None:
        if self.built:
            return
        if not self.layers:
            _ = self.network  # says that layers are missing
        if not isinstance(batches, ArrayBatches):
            raise OpsinError(
                f"{self.name} does not know its input's shape; give its first layer input_shape=(64, 64, 3)"
            )
        self.build(tuple(batches.given[0].shape))


def _without_class_weights(batches: ArrayBatches, x: Any, y: Any, sample_weight: Any) -> Any:
    """Validation is weighted by sample_weight, never by class_weight."""
    weight = None if sample_weight is None else to_tensor(sample_weight, "sample_weight")
    return (batches.given[0], batches.given[1], weight)


def _level(verbose: Any) -> int:
    level = {"auto": 1, True: 1, False: 0}.get(verbose, verbose)
    if level not in (0, 1, 2):
        raise OpsinError(f"verbose is {verbose!r}; expected 'auto', 0, 1 or 2")
    return int(level)


def _listed(callbacks: Any) -> list[Any]:
    if callbacks is None:
        return []
    return list(callbacks) if is_array(callbacks) else [callbacks]
