"""A time limit is used and kept by a real training, whatever the first estimate was and however the pace changes."""

import math
import time
from dataclasses import asdict

import pytest

from opsin.tasks import Classify
from opsin.training import Interrupted, TimeLimit, Trainer
from opsin.training.checkpoint import load_checkpoint
from opsin.training.schedule import StepBudget
from opsin.training.time_limit import Pace

NAMES = ("dark", "grey", "light")
SECONDS = 3.0


def paced(seconds_at):
    """Returns a task whose training steps take `seconds_at(share of the time)` seconds longer."""
    begun = []

    class Paced(Classify):
        def loss(self, logits, target, **options):
            begun.append(time.monotonic())
            time.sleep(seconds_at((time.monotonic() - begun[0]) / SECONDS))
            return super().loss(logits, target, **options)

    return Paced(NAMES)


@pytest.mark.parametrize(
    ("estimate", "seconds_at"),
    [
        (1.74, lambda share: 0.02),
        (0.01, lambda share: 0.05),
        (0.04, lambda share: 0.01 if share < 0.5 else 0.04),
        (0.04, lambda share: 0.04 if share < 0.5 else 0.01),
        (0.04, lambda share: 0.04 if int(share * 8) % 2 else 0.01),
    ],
    ids=["estimate too slow", "estimate too fast", "load comes", "load goes", "load comes and goes"],
)
def test_the_time_is_used_and_kept_to_the_end_of_the_schedule(make_job, tmp_path, estimate, seconds_at):
    job = make_job(tmp_path, task=paced(seconds_at), limit=TimeLimit(SECONDS, estimate), epochs=1)
    trainer = Trainer(job)
    state = trainer.run()
    assert trainer.seconds == pytest.approx(SECONDS, rel=0.07)
    assert state.metrics[-1]["learning_rate"] < 0.1 * job.recipe.muon_lr
    assert state.metrics[-1]["step"] == state.step > 12


def test_steps_longer_than_the_limit_are_one_step(make_job, tmp_path):
    trainer = Trainer(make_job(tmp_path, task=paced(lambda share: 0.5), limit=TimeLimit(0.4, 0.4)))
    assert trainer.run().step == 1 and (tmp_path / "best.safetensors").exists()


def test_a_changed_plan_is_part_of_the_checkpoint(make_job, tmp_path):
    job = make_job(tmp_path, task=paced(lambda share: 0.02), limit=TimeLimit(SECONDS, 1.0))
    plans = []

    def stop(stage, done, total, note=""):
        plans.append((trainer.state.step, trainer.plan.steps_left))
        if trainer.state.step == 12:
            raise KeyboardInterrupt

    trainer = Trainer(job, stop)
    with pytest.raises((KeyboardInterrupt, Interrupted)):
        trainer.run()
    assert dict(plans)[1] < 20 and dict(plans)[12] > 20  # planned for 20 steps, then for all that fit
    saved, _ = load_checkpoint(tmp_path)
    resumed = Trainer(job)
    resumed.resume()
    assert asdict(resumed.plan) == {"steps_left": saved.steps_left, "progress": saved.progress}
    assert saved.steps_left == dict(plans)[saved.step + 1] + 1


def test_the_pace_of_the_last_seconds_counts_for_the_next():
    pace = Pace(TimeLimit(100.0, 1.0), steps_per_epoch=10**6)
    for seconds in [1.0] * 40 + [0.1] * 100:
        pace.add(seconds)
    assert pace.seconds_per_step(5.0) == pytest.approx(0.1)
    assert pace.seconds_per_step(50.0) == pytest.approx(50 / 140)
    assert pace.seconds_per_step(0.0) == pytest.approx(0.1)


def test_validations_take_time_from_steps():
    limit = TimeLimit(10.0, 0.1, seconds_per_validation=1.0)
    rare, frequent = (Pace(limit, steps).steps_that_fit(StepBudget(1), 0, 0.0) for steps in (10**6, 10))
    assert rare == 90
    assert 40 <= frequent <= 50  # each epoch of a second has a validation of a second
    assert math.isinf(Pace(TimeLimit(math.inf, 1.0), 10).seconds_left(5.0))
