"""Saving while training goes on."""

import os
from pathlib import Path
from typing import Any

from opsin.core import OpsinError

from .callback import Logs
from .monitor import Monitor


class ModelCheckpoint(Monitor):
    """Saves the model after each epoch (or `save_freq` batches), all or only the best by `monitor`.

    `filepath` ends in .keras, or in .weights.h5 with `save_weights_only`; `{epoch:02d}` and `{val_loss:.2f}` are
    filled in.
    """

    def __init__(
        self, filepath: str | os.PathLike[str], monitor: str = "val_loss", verbose: int = 0,
        save_best_only: bool = False, save_weights_only: bool = False, mode: str = "auto",
        save_freq: str | int = "epoch", initial_value_threshold: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath, ending = os.fspath(filepath), ".weights.h5" if save_weights_only else ".keras"
        if not self.filepath.endswith(ending):
            raise OpsinError(f"ModelCheckpoint writes a file that ends in {ending}, got {self.filepath}")
        if save_freq != "epoch" and not (isinstance(save_freq, int) and save_freq > 0):
            raise OpsinError(f"ModelCheckpoint takes 'epoch' or a number of batches for save_freq, got {save_freq!r}")
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
                f"{self.filepath} asks for {error}, which is not there; there are epoch, {', '.join(logs)}"
            ) from error
        if not self._wanted(logs, path):
            return
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OpsinError(f"could not make the folder of {path}: {error.strerror}; choose another place") from error
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        self._say(f"finished saving model to {path}")

    def _wanted(self, logs: dict[str, Any], path: str) -> bool:
        told = f"saving model to {path}"
        if self.save_best_only:
            current = self.watched(logs, "the best model is told by")
            if current is not None:
                best: float | None = self.best
                before = "None" if best is None else f"{best:.5f}"
                if not self.improved(current, best):
                    self._say(f"{self.monitor} did not improve from {before}")
                    return False
                self.best = current
                told = f"{self.monitor} improved from {before} to {current:.5f}, {told}"
        self._say(told)
        return True

    def _say(self, text: str) -> None:
        if self.verbose > 0:
            print(f"\nEpoch {self.epoch + 1}: {text}")
