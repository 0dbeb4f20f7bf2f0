"""A tiny training job, for tests in this process and, as a program, for tests that kill it."""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from opsin import zoo
from opsin.data import Augmentation, Batches, ImagePreprocessing
from opsin.model import Model
from opsin.tasks import Classify
from opsin.training import Interrupted, Recipe, Regularization, Trainer, TrainJob

SIDE, COUNT, VALID = 12, 96, 24


def make_job(folder, *, network="simple", task=None, limit=None, seed=3, **changes):
    """Returns random images whose class is the brightness of their left half; the last rows are for validation."""
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 200, (COUNT + VALID, SIDE, SIDE, 3), dtype=np.uint8)
    classes = generator.integers(0, 3, COUNT + VALID)
    pixels[:, :, : SIDE // 2] = (pixels[:, :, : SIDE // 2] // 4) + (classes * 70).astype(np.uint8)[:, None, None, None]
    recipe = Recipe(
        batch_size=16,
        epochs=4,
        muon_lr=0.05,
        adamw_lr=2e-3,
        regularization=Regularization(label_smoothing=0.1, mixup=0.2, weight_decay=0.01),
        augmentation=Augmentation(hflip=True, translate=1, random_erasing=2),
    )
    recipe = replace(recipe, **changes)
    preprocessing = ImagePreprocessing(SIDE, SIDE, 3, (0.4,) * 3, (0.2,) * 3)
    network = zoo.create(network, preprocessing.size, 3, activation="softmax", seed=seed)
    model = Model(network, task or Classify(("dark", "grey", "light")), preprocessing)
    rows, targets = np.arange(COUNT), torch.from_numpy(classes[:COUNT])
    batches = Batches(pixels, rows, targets, recipe.batch_size, recipe.augmentation, seed)
    return TrainJob(model, batches, np.arange(COUNT, COUNT + VALID), classes[COUNT:], recipe, Path(folder), limit)


class Saving(Trainer):
    """Saves a checkpoint at every third step, so that a resume starts between epochs."""

    def _check_time(self):
        if self.state.step % 3 == 0:
            self._save()


def run(folder, network, epochs, stop):
    """Starts or resumes a run; `stop` is (signal, step), or None to let it finish."""

    def tell(stage, done, total, note=""):
        if stop and stage == "train" and trainer.state.step == stop[1]:
            os.kill(os.getpid(), stop[0])

    trainer = Saving(make_job(folder, network=network, epochs=epochs), tell)
    if (Path(folder) / "last.safetensors").exists():
        trainer.resume()
        print("resumed at", trainer.state.step, flush=True)
    try:
        trainer.run()
    except Interrupted as stopped:
        print("interrupted:", stopped, flush=True)
        os._exit(130)


def main():
    """FOLDER NETWORK EPOCHS [SIGNAL:STEP ...]: a process for each stop, and one that finishes."""
    folder, network, epochs, *stops = sys.argv[1:]
    torch.set_num_threads(1)
    for text in [*stops, ""]:
        name, _, step = text.partition(":")
        stop = (signal.Signals[name], int(step)) if text else None
        child = os.fork()
        if not child:
            run(folder, network, float(epochs), stop)
            os._exit(0)
        print("ended with", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
