"""Callback that saves the model in training."""

import os
from pathlib import Path
from typing import Any

from opsin.core import OpsinError

from .callback import Logs
from .monitor import Monitor


class ModelCheckpoint(Monitor):
    """Saves the model after each epoch or every `save_freq` batches.

    Args:
        filepath: Name that ends in `.keras`, or in `.weights.h5` with `save_weights_only`. Fields such as
            `{epoch:02d}` and `{val_loss:.2f}` are filled in.
        monitor: Name of the loss or metric for `save_best_only`.
        verbose: 1 prints a line for each save.
        save_best_only: Save only if `monitor` improved.
        save_weights_only: Save the weights without layers and compile arguments.
        mode: "min" or "max" is better; "auto" uses the direction of the metric.
        save_freq: "epoch", or a number of batches.
        initial_value_threshold: Value of `monitor` that the first saved model has to improve.

    Raises:
        OpsinError: An argument is invalid.
    """

    def __init__(
        self, filepath: str | os.PathLike[str], monitor: str = "val_loss", verbose: int = 0,
        save_best_only: bool = False, save_weights_only: bool = False, mode: str = "auto",
        save_freq: str | int = "epoch", initial_value_threshold: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath, ending = os.fspath(filepath), ".weights.h5" if save_weights_only else ".keras"
        if not self.filepath.endswith(ending):
            raise OpsinError(f"ModelCheckpoint got filepath={self.filepath}. Expected a name that ends in {ending}.")
        if save_freq != "epoch" and not (isinstance(save_freq, int) and save_freq > 0):
            raise OpsinError(f"ModelCheckpoint got save_freq={save_freq!r}. Expected 'epoch' or a number of batches.")
        self.verbose, self.save_best_only, self.save_weights_only = verbose, save_best_only, save_weights_only
        self.save_freq, self.epoch, self.batches = save_freq, 0, 0

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if self.save_freq == "epoch":
            return
        self.batches += 1
        if self.batches >= int(self.save_freq):
            self.batches = 0
            self._save(logs or {}, batch=batch + 1)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if self.save_freq == "epoch":
            self._save(logs or {})

    def _save(self, logs: dict[str, Any], **more: int) -> None:
        try:
            path = self.filepath.format(**{"epoch": self.epoch + 1, **more, **logs})
        except KeyError as error:
            raise OpsinError(
                f"{self.filepath} has an unknown field {error}. Expected one of epoch, {', '.join(logs)}."
            ) from error
        if not self._should_save(logs, path):
            return
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OpsinError(
                f"Creating the folder of {path} failed: {error.strerror}. Fix: choose another folder."
            ) from error
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        self._print(f"finished saving model to {path}")

    def _should_save(self, logs: dict[str, Any], path: str) -> bool:
        message = f"saving model to {path}"
        if self.save_best_only:
            current = self.current(logs)
            if current is not None:
                best: float | None = self.best
                before = "None" if best is None else f"{best:.5f}"
                if not self.improved(current, best):
                    self._print(f"{self.monitor} did not improve from {before}")
                    return False
                self.best = current
                message = f"{self.monitor} improved from {before} to {current:.5f}, {message}"
        self._print(message)
        return True

    def _print(self, text: str) -> None:
        if self.verbose > 0:
            print(f"\nEpoch {self.epoch + 1}: {text}")
