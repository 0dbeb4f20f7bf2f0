"""The training loop of all tasks, for one or several processes, with frequent checkpoints."""

import copy
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from opsin.core import ModelFileError, OpsinError, Progress, silent
from opsin.data import Batch, Batches
from opsin.model import Model

from . import distributed
from .checkpoint import State, load_checkpoint, save_checkpoint
from .ema import WeightAverage
from .history import write_metrics
from .inference import predict_rows
from .interrupt import Interrupted, watch_for_interrupt
from .recipe import Recipe
from .schedule import VALIDATE_EVERY, StepBudget, one_cycle
from .step import Diverged, Stepper
from .time_limit import Pace, TimeLimit

AVERAGED_SHARE = 0.02
CHECKPOINT_SECONDS = 20.0
MAXIMUM_ROLLBACKS = 4
PACE_SECONDS = 10.0
"""Seconds over which the shown number of images per second is a mean."""


@dataclass(frozen=True)
class TrainJob:
    """One training job.

    Attributes:
        model: The model to train.
        batches: Training batches.
        valid_rows: Indices of the validation images in the pixels of `batches`.
        valid_targets: Targets of the validation images.
        recipe: Hyperparameters.
        folder: Folder of the run.
        limit: Time limit of the loop, which replaces the recipe's epochs; None for no limit.
        workers: Threads that prepare batches.
    """

    model: Model
    batches: Batches
    valid_rows: np.ndarray
    valid_targets: np.ndarray
    recipe: Recipe
    folder: Path
    limit: TimeLimit | None = None
    workers: int = 1


class Trainer:
    """One run of a job, from the start or from its checkpoint.

    Writes `best.safetensors` (the averaged weights with the best validation score), `last.safetensors`, `last.json`
    and `metrics.csv` to the job's folder.

    Args:
        job: The training job.
        progress: Progress callback.
    """

    def __init__(self, job: TrainJob, progress: Progress = silent) -> None:
        self.job, self.progress = job, progress
        self.started = time.monotonic()
        self.stepper = Stepper(job.model, job.recipe, job.batches.seed)
        self.network = job.model.network
        self.average = WeightAverage(self.network, horizon=1)
        self.averaged = copy.copy(job.model)
        self.averaged.network = copy.deepcopy(self.network)
        self.averaged.tta = "none"  # test-time augmentation would double the time of each validation
        self.state = State(frozen=[n for n, w in self.network.named_parameters() if not w.requires_grad])
        self.plan = StepBudget(max(1, round(job.recipe.epochs * job.batches.per_epoch)))
        self.saved = self.save_seconds = self.seconds_before = self.step_began = 0.0
        self.pace = Pace(job.limit or TimeLimit(float("inf"), 1.0), job.batches.per_epoch)
        self.losses: list[float] = []

    @property
    def seconds(self) -> float:
        """Returns the seconds trained so far, including those before a resume."""
        return self.seconds_before + time.monotonic() - self.started

    def resume(self) -> None:
        """Restores the checkpoint in the job's folder.

        Raises:
            ModelFileError: The checkpoint is missing, damaged or of another network.
        """
        self._restore()
        self.seconds_before = self.state.seconds
        self.saved = self.seconds

    def run(self) -> State:
        """Trains to the end of the plan.

        Returns:
            The final state.

        Raises:
            Interrupted: The user stopped the run; its checkpoint is saved.
            OpsinError: The loss diverged again after several rollbacks.
        """
        distributed.broadcast_weights(self.network)
        distributed.broadcast_weights(self.stepper.loss_weights)
        with watch_for_interrupt() as interrupted:
            if self.state.step == 0:
                if self.job.limit is not None:
                    self._replan()
                self._save()
            while not self.plan.done:
                try:
                    self._run_epochs(interrupted)
                    self._save()
                except Diverged:
                    self._roll_back()
        return self.state

    def _run_epochs(self, interrupted: Callable[[], bool]) -> None:
        with closing(self.job.batches.stream(self.state.step, self.job.workers)) as batches:
            self.step_began = self.seconds
            for batch in batches:
                self._train_step(batch)
                if interrupted():
                    self._save()
                    raise Interrupted(
                        f"stopped at step {self.state.step}. Resume: opsin train --resume {self.job.folder}"
                    )
                if self.plan.done:
                    return
                self._check_time()
                if self.plan.done:
                    return
                self.step_began = self.seconds

    def _train_step(self, batch: Batch) -> None:
        state, per_epoch = self.state, self.job.batches.per_epoch
        loss = self.stepper.step(batch, state.step, one_cycle(self.plan.progress) * state.damping)
        self.losses.append(loss)
        self.average.horizon = max(10, int(AVERAGED_SHARE * (state.step + self.plan.steps_left)))
        self.average.update(self.network)
        state.step += 1
        self.plan.advance()
        self.pace.add(self.seconds - self.step_began)
        pace = self.job.batches.size * self.job.batches.part[1] / self.pace.seconds_per_step(PACE_SECONDS)
        loss = f"epoch {state.step / per_epoch:.1f}  loss {np.mean(self.losses[-20:]):.3f}"
        self.progress("train", self.plan.progress, 1.0, f"{loss}{self._validation_note()}  {pace:,.0f} images/s")
        due = self.plan.progress - state.validated >= VALIDATE_EVERY
        if self.plan.done or (state.step % per_epoch == 0 and due):
            self._validate(pace)

    def _validation_note(self) -> str:
        """Returns the last validation score with its name; empty before the first validation."""
        name = self.job.model.task.monitor[0]
        score = self.state.metrics[-1].get(f"valid_{name}") if self.state.metrics else None
        return "" if score is None else f"  valid {name} {score:.3g}"

    def _replan(self) -> None:
        """Plans the number of steps that fit into the time left."""
        steps = self.pace.steps_that_fit(self.plan, self.state.step, self.seconds)
        self.plan.replan(int(distributed.from_rank0(steps)))

    def _check_time(self) -> None:
        """Saves a checkpoint at intervals or when the plan of a run with a time limit must change, or ends the run.

        The plan changes only where a checkpoint is saved, so a resumed run follows the same plan.
        """
        pace, elapsed, since = self.pace, self.seconds, self.seconds - self.saved
        if distributed.from_rank0(float(pace.is_over(elapsed))):
            self.plan.replan(0)
            self._validate(0.0)
            return
        interval = max(min(CHECKPOINT_SECONDS, pace.seconds_left(elapsed) / 3), 1.0, 30 * self.save_seconds)
        misses = pace.misses_limit(self.plan, self.state.step, elapsed)
        urgent = misses and (self.plan.steps_left == 1 or since >= 10 * self.save_seconds)
        if not distributed.from_rank0(float(urgent or since >= interval)):
            return
        if self.job.limit is not None:
            self._replan()
        self._save()

    def _validate(self, pace: float) -> None:
        """Scores the averaged weights on the validation rows and keeps them when they are the best so far."""
        begun, job, state = self.seconds, self.job, self.state
        _check_finite(self.average.weights)
        self.averaged.network.load_state_dict(self.average.weights)
        predictions = predict_rows(self.averaged, job.batches.pixels, job.valid_rows, self.progress)
        scores = job.model.task.scorer(predictions, job.valid_targets)(np.ones(len(predictions)))
        name, direction = job.model.task.monitor
        value = scores[name] if len(predictions) else float(state.step * direction)
        first = state.best is None or np.isnan(state.best)
        state.stale = 0 if first or value * direction > (state.best or 0.0) * direction else state.stale + 1
        better = first or value * direction >= (state.best or 0.0) * direction  # among equal scores the last
        if better:
            state.best, state.best_step = value, state.step
        state.validated = self.plan.progress
        state.metrics.append(
            {
                "step": state.step,
                "epoch": state.step / job.batches.per_epoch,
                "seconds": self.seconds,
                "images_per_second": pace,
                "learning_rate": job.recipe.muon_lr * one_cycle(self.plan.progress) * state.damping,
                "train_loss": float(np.mean(self.losses[-job.batches.per_epoch :])),
                **{f"valid_{name}": score for name, score in scores.items()},
            }
        )
        if distributed.rank_and_world()[0] == 0:
            write_metrics(job.folder / "metrics.csv", state.metrics)
            if better:
                self.averaged.save(job.folder / "best.safetensors")
        if job.recipe.patience is not None and state.stale >= job.recipe.patience:
            self.plan.replan(0)
        self.pace.validation_seconds = self.seconds - begun

    def _save(self) -> None:
        _check_finite(self.network.state_dict())
        self.saved = self.seconds
        self.state.steps_left, self.state.progress, self.state.seconds = (
            self.plan.steps_left,
            self.plan.progress,
            self.seconds,
        )
        if distributed.rank_and_world()[0] == 0:
            parts = {"network": self.network.state_dict(), "loss": self.stepper.loss_weights.state_dict()}
            if self._mid_run:
                parts |= {"average": self.average.state(), "optimizer": self.stepper.optimizer.state()}
            save_checkpoint(self.job.folder, self.state, parts)
        self.save_seconds = self.seconds - self.saved

    @property
    def _mid_run(self) -> bool:
        """Returns True when average and optimizer belong to a checkpoint: after the first and before the last step."""
        return self.state.step > 0 and not self.plan.done

    def _restore(self) -> None:
        self.state, parts = load_checkpoint(self.job.folder)
        for name, weight in self.network.named_parameters():
            weight.requires_grad_(name not in self.state.frozen)
        self.stepper.optimizer = self.stepper.new_optimizer()
        self.plan = StepBudget(self.state.steps_left, self.state.progress)
        try:
            self.network.load_state_dict(parts["network"])
            self.stepper.loss_weights.load_state_dict(parts.get("loss", {}))
            self.average = WeightAverage(self.network, horizon=1)
            if self._mid_run:
                self.stepper.optimizer.load(parts["optimizer"])
                self.average.load(parts["average"])
        except (KeyError, RuntimeError) as error:
            raise ModelFileError(
                f"{self.job.folder} has a checkpoint of another network. Expected the network of this run. "
                "Fix: train again without --resume."
            ) from error

    def _roll_back(self) -> None:
        """Restores the last checkpoint and halves the learning rate."""
        rollbacks, damping = self.state.rollbacks + 1, self.state.damping / 2
        if rollbacks > MAXIMUM_ROLLBACKS:
            raise OpsinError(
                f"training diverged {rollbacks} times: the loss is not finite even at "
                f"1/{round(1 / self.state.damping)} of the learning rate. Expected a finite loss. Fix: check images "
                "and targets with `opsin check`, or use fewer layers. The best model so far is kept."
            )
        self._restore()
        self.state.rollbacks, self.state.damping = rollbacks, damping
        self.progress(
            "train", self.plan.progress, 1.0, f"diverged: back to step {self.state.step}, half the learning rate"
        )
        self._save()


def _check_finite(weights: dict[str, Tensor]) -> None:
    if not distributed.from_rank0(float(all(bool(value.isfinite().all()) for value in weights.values()))):
        raise Diverged
