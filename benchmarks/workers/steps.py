"""Training step of Opsin for all tasks: gather and augment a batch, step, average the weights."""

from serving import Work

from opsin.data import Batches
from opsin.model import Model
from opsin.training import Recipe
from opsin.training.ema import WeightAverage
from opsin.training.step import Stepper


def steps(model: Model, batches: Batches) -> Work:
    """Prepares work that does one step per call."""
    stepper = Stepper(model, Recipe(batch_size=batches.size, epochs=1), 0)
    average = WeightAverage(model.network, 100)
    stream = batches.stream(0)
    number = 0

    def work() -> int:
        nonlocal number
        stepper.step(next(stream), number, 0.01)
        average.update(model.network)
        number += 1
        return batches.size

    return work
