"""Keras's Sequential model: compile, fit, evaluate, predict, save."""

# Shows the short names of types in signatures.
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from opsin.core import OpsinError

from . import explaining, fitting, saving
from .arrays import Array, unpack
from .batches import ArrayBatches, Batches, count, make_batches
from .callbacks.callback import Callback
from .callbacks.callback_list import CallbackList, as_list
from .callbacks.history import History
from .callbacks.progress import ProgressBar, verbosity
from .compilable import Compilable
from .train_step import TrainStep

if TYPE_CHECKING:
    from opsin.explain import Explanation

Verbose = bool | Literal["auto", 0, 1, 2]
Callbacks = Callback | Sequence[Callback] | None


class Sequential(Compilable):
    """A model of layers in order, with Keras's methods. Images are (n, height, width, channels).

    Args:
        layers: Layers of keras.layers or opsin.nn, models, or an Input as the first entry.
        trainable: False freezes all layers.
        name: Name of the model. None: "sequential" and a number.

    Examples:
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
        """Trains the model.

        Args:
            x: Inputs (n, height, width, channels) as an array or tensor; or a DataLoader or any iterable of batches
                (x, y) or (x, y, sample_weight).
            y: Targets (n, ...), if x is an array.
            batch_size: Samples per batch. Default: 32.
            epochs: Index of the epoch to stop at; the number of epochs if `initial_epoch` is 0.
            verbose: 0 silent, 1 or "auto" progress bar, 2 one line per epoch.
            callbacks: One or more callbacks.
            validation_split: Share of the samples, taken from the end before shuffling, that is used for validation.
            validation_data: (x, y), (x, y, sample_weight), or an iterable of batches, for validation.
            shuffle: Shuffle the samples before each epoch.
            class_weight: Weight of each class in the loss, by class index.
            sample_weight: Weight of each sample in the loss, (n,).
            initial_epoch: Epoch to start from.
            steps_per_epoch: Batches per epoch. Default: all.
            validation_steps: Batches per validation. Default: all.
            validation_batch_size: Samples per validation batch. Default: `batch_size`.
            validation_freq: Validate every `validation_freq` epochs, or in the listed epochs (counted from 1).

        Returns:
            History: loss and metrics of each epoch.

        Raises:
            OpsinError: The model is not compiled, or an argument is invalid.
            DataError: Inputs or targets do not fit the model.
            KeyboardInterrupt: Ctrl-C was pressed; the weights of the last step are kept.
        """
        compiled = self.require_compiled("fit")
        if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 0:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise OpsinError(f"epochs is {epochs!r}. Expected an integer of at least 0.")
        size = validation_batch_size or batch_size
        batches = make_batches(x, y, sample_weight, size=batch_size, shuffle=bool(shuffle), steps=steps_per_epoch,
                               class_weight=class_weight)  # fmt: skip
        validation_batches = _validation_batches(batches, validation_data, validation_split, size, validation_steps)
        self._build_for(batches)
        self.history = History()
        level, steps = verbosity(verbose), count(batches)
        bar = ProgressBar(level, steps, epochs) if level else None
        params = {"verbose": level, "epochs": epochs, "steps": steps}
        callback_list = CallbackList([*as_list(callbacks), self.history], self, bar, params)
        validation = None if validation_batches is None else fitting.Validation(validation_batches, validation_freq)
        fitting.run_epochs(
            self, TrainStep(self, compiled), batches, range(initial_epoch, epochs), callback_list, validation
        )
        return self.history

    def evaluate(
        self, x: Array | Iterable[Any] | None = None, y: Array | None = None, batch_size: int | None = None,
        verbose: Verbose = "auto", sample_weight: Array | None = None, steps: int | None = None,
        callbacks: Callbacks = None, return_dict: bool = False,
    ) -> Any:  # fmt: skip
        """Computes loss and metrics.

        Args:
            x: Inputs (n, height, width, channels), or an iterable of batches.
            y: Targets (n, ...), if x is an array.
            batch_size: Samples per batch. Default: 32.
            verbose: 0 silent, 1 or "auto" progress bar, 2 one line.
            sample_weight: Weight of each sample, (n,).
            steps: Number of batches. Default: all.
            callbacks: One or more callbacks.
            return_dict: Return a dictionary by name.

        Returns:
            Loss and metrics in the order of `metrics_names`; a single value if there are no metrics.
        """
        compiled = self.require_compiled("evaluate")
        batches = make_batches(x, y, sample_weight, size=batch_size, steps=steps)
        self._build_for(batches)
        bar = ProgressBar(verbosity(verbose), count(batches))
        callback_list = CallbackList(callbacks, self, None, {"verbose": bar.verbose, "epochs": 1, "steps": bar.steps})
        results = fitting.evaluate_batches(TrainStep(self, compiled), batches, callback_list)
        bar.done = count(batches) or 0
        bar.update(fitting.in_order(results), end=True)
        return results if return_dict else _list_or_value(results)

    def predict(
        self, x: Array | Iterable[Any], batch_size: int | None = None, verbose: Verbose = "auto",
        steps: int | None = None, callbacks: Callbacks = None,
    ) -> np.ndarray:  # fmt: skip
        """Computes outputs.

        Args:
            x: Inputs (n, height, width, channels), or an iterable of batches.
            batch_size: Samples per batch. Default: 32.
            verbose: 0 silent, 1 or "auto" progress bar, 2 one line.
            steps: Number of batches. Default: all.
            callbacks: One or more callbacks.

        Returns:
            Outputs (n, ...) as a float32 array.
        """
        batches = make_batches(x, size=batch_size, steps=steps)
        self._build_for(batches)
        bar = ProgressBar(verbosity(verbose), count(batches))
        callback_list = CallbackList(callbacks, self, bar, {"verbose": bar.verbose, "epochs": 1, "steps": bar.steps})
        outputs = fitting.predict_batches(TrainStep(self), batches, callback_list)
        bar.update({}, end=True)
        return outputs.numpy()

    def train_on_batch(
        self, x: Array, y: Array | None = None, sample_weight: Array | None = None,
        class_weight: Mapping[int, float] | None = None, return_dict: bool = False,
    ) -> Any:  # fmt: skip
        """Trains on one batch.

        Args:
            x: Inputs (n, height, width, channels).
            y: Targets (n, ...).
            sample_weight: Weight of each sample, (n,).
            class_weight: Weight of each class, by class index.
            return_dict: Return a dictionary by name.

        Returns:
            Loss and metrics of the batch, as `evaluate` returns them.
        """
        batches = make_batches(x, y, sample_weight, size=len(x), class_weight=class_weight)
        self._build_for(batches)
        compiled = self.require_compiled("train_on_batch")
        fitting.run_epochs(self, TrainStep(self, compiled), batches, range(1), CallbackList(None, self, None, {}))
        return compiled.results() if return_dict else _list_or_value(compiled.results())

    def predict_on_batch(self, x: Array) -> np.ndarray:
        """Computes the outputs of one batch.

        Args:
            x: Inputs (n, height, width, channels).

        Returns:
            Outputs (n, ...) as a float32 array.
        """
        return self.predict(x, batch_size=len(x), verbose=0)

    def explain(
        self, x: Array, *, data: tuple[Array, Any] | None = None, names: Sequence[str] | None = None,
        out: str | Path | None = None,
    ) -> Explanation:  # fmt: skip
        """Measures what makes the network a CNN on an image, and writes a page that runs it in the browser.

        Args:
            x: One image (height, width, channels), values 0 to 1 or 0 to 255 as in `fit`.
            data: Images (n, height, width, channels) and their classes: adds the accuracy of a linear probe by depth,
                and the patches that excite units most.
            names: Names of the output units. Default: their numbers.
            out: HTML page to write. Default: none.

        Raises:
            DataError: The image does not fit the model.
            NetworkError: The model takes no images, or its output is not a vector.
        """
        return explaining.explain(self.network, x, data, names, out)

    def save(self, filepath: saving.FilePath, overwrite: bool = True) -> None:
        """Writes layers, weights and compile arguments to a `.keras` file that Keras can read.

        Args:
            filepath: Name that ends in `.keras`.
            overwrite: False raises OpsinError if the file exists.
        """
        saving.save_model(self, filepath, overwrite)

    def save_weights(self, filepath: saving.FilePath, overwrite: bool = True) -> None:
        """Writes the weights to a `.weights.h5` file that Keras can read.

        Args:
            filepath: Name that ends in `.weights.h5`.
            overwrite: False raises OpsinError if the file exists.
        """
        saving.save_weights(self, filepath, overwrite)

    def load_weights(self, filepath: saving.FilePath) -> None:
        """Loads weights.

        Args:
            filepath: A `.weights.h5` or `.keras` file of a model with the same layers.

        Raises:
            ModelFileError: The file cannot be read or has other weights.
        """
        saving.load_weights(self, filepath)

    def _build_for(self, batches: Batches) -> None:
        if self.built:
            return
        if not self.layers:
            _ = self.network  # raises: no layers
        if not isinstance(batches, ArrayBatches):
            raise OpsinError(
                f"{self.name} has no input shape. Fix: give its first layer one, such as input_shape=(64, 64, 3)."
            )
        self.build(tuple(batches.arrays[0].shape))


def _validation_batches(
    batches: Batches, data: Any, split: float, size: int | None, steps: int | None
) -> Batches | None:  # fmt: skip
    """Returns the validation batches of the arguments of `fit`, or None. A split is taken from the training batches."""
    if data is not None:
        arrays = unpack(data) if isinstance(data, list | tuple) else (data,)
        return make_batches(*arrays, size=size, steps=steps)
    if not split:
        return None
    if not isinstance(batches, ArrayBatches):
        raise OpsinError("validation_split is given for batches. Expected arrays. Fix: pass validation_data.")
    return batches.split_off(split, size, steps)


def _list_or_value(results: dict[str, float]) -> list[float] | float:
    values = list(results.values())
    return values if len(values) > 1 else values[0]
