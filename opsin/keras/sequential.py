"""Keras's Sequential: layers in order, compiled, fitted, evaluated, asked and saved."""

# Signatures then show the short names of what they take.
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from opsin.core import OpsinError

from . import fitting, saving
from .arrays import Array, unpack
from .batches import ArrayBatches, Batches, count, make_batches
from .callbacks.callback import Callback
from .callbacks.callback_list import CallbackList, listed
from .callbacks.history import History
from .callbacks.progress import ProgressBar, verbosity
from .compilable import Compilable
from .train_step import TrainStep

Verbose = bool | Literal["auto", 0, 1, 2]
Callbacks = Callback | Sequence[Callback] | None


class Sequential(Compilable):
    """A network as Keras describes and trains it; images are (n, height, width, channels).

    >>> from opsin.keras.layers import Dense
    >>> model = Sequential([Dense(2, input_shape=(4,))])
    >>> model.compile(optimizer="sgd", loss="mse")
    >>> history = model.fit(np.zeros((8, 4)), np.zeros((8, 2)), epochs=2, verbose=0)
    >>> history.history["loss"]
    [0.0, 0.0]
    """

    stop_training = False
    history: History | None = None

    def fit(
        self, x: Array | Iterable[Any] | None = None, y: Array | None = None, batch_size: int | None = None,
        epochs: int = 1, verbose: Verbose = "auto", callbacks: Callbacks = None, validation_split: float = 0.0,
        validation_data: Sequence[Any] | Iterable[Any] | None = None, shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None, sample_weight: Array | None = None, initial_epoch: int = 0,
        steps_per_epoch: int | None = None, validation_steps: int | None = None,
        validation_batch_size: int | None = None, validation_freq: int | Sequence[int] = 1,
    ) -> History:  # fmt: skip
        """Trains for `epochs` epochs and gives the History: the loss and metrics of each.

        x and y are arrays or tensors, or x is a DataLoader or any iterable of (x, y) batches. Raises OpsinError
        before compile, DataError for inputs that do not fit. Ctrl-C leaves the model as far as it got.
        """
        compiled = self.need_compiled("fit")
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
            held_out = batches.hold_out(validation_split, size, validation_steps)
        self._build_for(batches)
        self.history = History()
        level, steps = verbosity(verbose), count(batches)
        bar = ProgressBar(level, steps, epochs) if level else None
        params = {"verbose": level, "epochs": epochs, "steps": steps}
        called = CallbackList([*listed(callbacks), self.history], self, bar, params)
        validation = None if held_out is None else fitting.Validation(held_out, validation_freq)
        fitting.run_epochs(self, TrainStep(self, compiled), batches, range(initial_epoch, epochs), called, validation)
        return self.history

    def evaluate(
        self, x: Array | Iterable[Any] | None = None, y: Array | None = None, batch_size: int | None = None,
        verbose: Verbose = "auto", sample_weight: Array | None = None, steps: int | None = None,
        callbacks: Callbacks = None, return_dict: bool = False,
    ) -> Any:  # fmt: skip
        """Loss and metrics: a list in the order of `metrics_names` (one number without metrics), or a dictionary."""
        compiled = self.need_compiled("evaluate")
        batches = make_batches(x, y, sample_weight, size=batch_size, steps=steps)
        self._build_for(batches)
        bar = ProgressBar(verbosity(verbose), count(batches))
        called = CallbackList(callbacks, self, None, {"verbose": bar.verbose, "epochs": 1, "steps": bar.steps})
        results = fitting.score(TrainStep(self, compiled), batches, called)
        bar.done = count(batches) or 0
        bar.update(fitting.in_order(results), end=True)
        return results if return_dict else _plain(results)

    def predict(
        self, x: Array | Iterable[Any], batch_size: int | None = None, verbose: Verbose = "auto",
        steps: int | None = None, callbacks: Callbacks = None,
    ) -> np.ndarray:  # fmt: skip
        """The answers to (n, height, width, channels) inputs, as a float32 array (n, ...)."""
        batches = make_batches(x, size=batch_size, steps=steps)
        self._build_for(batches)
        bar = ProgressBar(verbosity(verbose), count(batches))
        called = CallbackList(callbacks, self, bar, {"verbose": bar.verbose, "epochs": 1, "steps": bar.steps})
        answers = fitting.answer(TrainStep(self), batches, called)
        bar.update({}, end=True)
        return answers.numpy()

    def train_on_batch(
        self, x: Array, y: Array | None = None, sample_weight: Array | None = None,
        class_weight: Mapping[int, float] | None = None, return_dict: bool = False,
    ) -> Any:  # fmt: skip
        """One step on one batch; gives its loss and metrics."""
        one = make_batches(x, y, sample_weight, size=len(x), class_weight=class_weight)
        self._build_for(one)
        compiled = self.need_compiled("train_on_batch")
        fitting.run_epochs(self, TrainStep(self, compiled), one, range(1), CallbackList(None, self, None, {}))
        return compiled.results() if return_dict else _plain(compiled.results())

    def predict_on_batch(self, x: Array) -> np.ndarray:
        """The answers to one batch."""
        return self.predict(x, batch_size=len(x), verbose=0)

    def save(self, filepath: saving.FilePath, overwrite: bool = True) -> None:
        """Writes layers, weights and what `compile` was told to a `.keras` file, which Keras reads too."""
        saving.save_model(self, filepath, overwrite)

    def save_weights(self, filepath: saving.FilePath, overwrite: bool = True) -> None:
        """Writes the weights to a `.weights.h5` file, as Keras does."""
        saving.save_weights(self, filepath, overwrite)

    def load_weights(self, filepath: saving.FilePath) -> None:
        """Takes the weights of a `.weights.h5` or `.keras` file of a model with the same layers."""
        saving.load_weights(self, filepath)

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


def _plain(results: dict[str, float]) -> list[float] | float:
    values = list(results.values())
    return values if len(values) > 1 else values[0]
