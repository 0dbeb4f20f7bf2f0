"""The training loop is reproducible, resumes bit for bit, and handles a loss that is not finite."""

import itertools
import json
import os
import subprocess
import sys
from dataclasses import replace

import polars as pl
import pytest
import torch
from safetensors.torch import load_file

from opsin.core import OpsinError
from opsin.model import load
from opsin.tasks import Classify
from opsin.training import Regularization, TimeLimit, Trainer, loop

NAMES = ("dark", "grey", "light")
PER_EPOCH = 6


def tensors(folder, name="last.safetensors"):
    return load_file(folder / name)


def same(first, second, name="last.safetensors"):
    a, b = tensors(first, name), tensors(second, name)
    assert a.keys() == b.keys()
    return [key for key in a if not torch.equal(a[key], b[key])] == []


def finite(folder):
    return all(bool(value.isfinite().all()) for value in tensors(folder, "best.safetensors").values())


def test_one_seed_gives_one_network_and_another_another(make_job, tmp_path):
    torch.manual_seed(11)
    first = Trainer(make_job(tmp_path / "a")).run()
    torch.manual_seed(12)
    Trainer(make_job(tmp_path / "b")).run()
    Trainer(make_job(tmp_path / "c", seed=4)).run()
    assert first.step == 4 * PER_EPOCH and first.progress == 1.0
    assert same(tmp_path / "a", tmp_path / "b") and same(tmp_path / "a", tmp_path / "b", "best.safetensors")
    assert not same(tmp_path / "a", tmp_path / "c")


def test_it_learns_and_leaves_what_it_promises(make_job, tmp_path):
    notes = []
    state = Trainer(make_job(tmp_path, epochs=12), lambda *said: notes.append(said)).run()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "best.safetensors", "last.json", "last.safetensors", "metrics.csv",
    ]  # fmt: skip
    rows = pl.read_csv(tmp_path / "metrics.csv")
    assert rows.columns[:6] == ["step", "epoch", "seconds", "images_per_second", "learning_rate", "train_loss"]
    assert rows["step"].to_list() == [PER_EPOCH * epoch for epoch in range(1, 13)]
    assert rows["valid_accuracy"].max() == state.best > 0.8
    assert rows["train_loss"][-1] < rows["train_loss"][0] and rows["learning_rate"][-1] == 0
    assert json.loads((tmp_path / "last.json").read_text())["step"] == state.step
    job = make_job(tmp_path)
    best = load(tmp_path / "best.safetensors", "cpu")
    predictions = best.predict_batch(job.batches.pixels[job.valid_rows])
    assert (predictions.argmax(1) == job.valid_targets).mean() == pytest.approx(state.best)
    assert notes[-1][0] in ("train", "validate") and "images/s" in [n for n in notes if n[0] == "train"][-1][3]


@pytest.mark.parametrize(
    ("network", "epochs", "stops"),
    [
        ("simple", 4.0, ("SIGKILL:2", "SIGINT:5", "SIGKILL:13", "SIGTERM:18", "SIGKILL:23")),
        ("resnet_small", 1.0, ("SIGKILL:4", "SIGINT:5")),
    ],
)
def test_killed_and_resumed_is_as_never_killed(make_job, program, tmp_path, network, epochs, stops):
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    done = subprocess.run(
        [sys.executable, str(program), str(killed), network, str(epochs), *stops],
        capture_output=True, text=True, timeout=400, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    ends = [line.split()[-1] for line in done.stdout.splitlines() if line.startswith("ended")]
    assert ends == [("-9" if stop.startswith("SIGKILL") else "130") for stop in stops] + ["0"]
    assert done.stdout.count(f"opsin train --resume {killed}") == sum("KILL" not in stop for stop in stops)
    Trainer(make_job(whole, network=network, epochs=epochs)).run()
    assert same(killed, whole), done.stdout
    assert same(killed, whole, "best.safetensors")
    curves = [pl.read_csv(folder / "metrics.csv") for folder in (killed, whole)]
    assert curves[0].select("step", "valid_accuracy").equals(curves[1].select("step", "valid_accuracy"))


def test_a_finished_run_that_is_resumed_stays_as_it_is(make_job, tmp_path):
    Trainer(make_job(tmp_path, epochs=1)).run()
    before = tensors(tmp_path)
    again = Trainer(make_job(tmp_path, epochs=1))
    again.resume()
    assert again.run().step == PER_EPOCH
    assert all(torch.equal(value, before[name]) for name, value in tensors(tmp_path).items())


@pytest.fixture
def clock(monkeypatch):
    """Clock that advances by `pace` seconds at each call."""

    class Clock:
        now, pace = 1e6, 0.01

        def monotonic(self):
            self.now += self.pace
            return self.now

    clock = Clock()
    monkeypatch.setattr(loop, "time", clock)
    return clock


def test_checkpoints_go_on_after_a_resume(make_job, tmp_path, clock, monkeypatch):
    half = Trainer(make_job(tmp_path, epochs=8), lambda *said: stop_at(half, 6))
    with pytest.raises(RuntimeError):
        half.run()
    kept, keep = [], loop.save_checkpoint
    monkeypatch.setattr(
        loop, "save_checkpoint", lambda folder, state, t: (kept.append(state.step), keep(folder, state, t))
    )
    clock.pace = 2.0
    resumed = Trainer(make_job(tmp_path, epochs=8))
    resumed.resume()
    resumed.run()
    assert len(kept) > 2, f"no checkpoint between resume and end: {kept}"


def stop_at(trainer, step):
    if trainer.state.step == step:
        trainer._save()
        raise RuntimeError("as if the power went")


def test_a_run_of_some_time_ends_in_time_with_one_last_validation(make_job, tmp_path, clock):
    clock.pace = 0.05
    trainer = Trainer(make_job(tmp_path, limit=TimeLimit(60.0, 0.4), epochs=1000))
    state = trainer.run()
    assert 40 < trainer.seconds < 66
    steps = [row["step"] for row in state.metrics]
    assert steps[-1] == state.step and all(b - a > 1 for a, b in itertools.pairwise(steps))
    assert (tmp_path / "best.safetensors").exists()


def shaky(bad, how="loss"):
    """Returns a Classify task whose loss (or only its gradient) is nan at the calls in `bad`."""
    calls = itertools.count(1)

    class Shaky(Classify):
        def loss(self, logits, target, **options):
            call = next(calls)
            if call in bad and how == "gradient":
                logits.register_hook(lambda gradient: gradient * float("inf"))
            loss = super().loss(logits, target, **options)
            return loss * float("nan") if call in bad and how == "loss" else loss

    return Shaky(NAMES)


@pytest.mark.parametrize("how", ["loss", "gradient"])
def test_a_loss_that_is_no_number_goes_back_and_on_at_half_the_rate(make_job, tmp_path, how):
    notes = []
    job = make_job(tmp_path, task=shaky({9, 20}, how), regularization=Regularization())
    state = Trainer(job, lambda *said: notes.append(str(said[-1]))).run()
    assert (state.step, state.rollbacks, state.damping) == (4 * PER_EPOCH, 2, 0.25)
    assert sum("diverged: back to step 0, half the learning rate" in note for note in notes) == 2
    assert finite(tmp_path) and all(bool(v.isfinite().all()) for v in tensors(tmp_path).values())


@pytest.mark.parametrize("how", ["loss", "gradient"])
def test_divergence_without_end_is_said_and_the_best_is_kept(make_job, tmp_path, how):
    job = make_job(tmp_path, task=shaky(range(8, 10**6), how), regularization=Regularization())
    with pytest.raises(OpsinError, match="diverged 5 times") as said:
        Trainer(job).run()
    assert "\n" not in str(said.value)
    assert finite(tmp_path)
    assert load(tmp_path / "best.safetensors", "cpu").task.names == NAMES


def test_weights_that_are_no_numbers_are_never_the_best(make_job, tmp_path):
    job = make_job(tmp_path, task=shaky(range(PER_EPOCH, 10**6), "gradient"), regularization=Regularization())
    with pytest.raises(OpsinError, match="diverged"):
        Trainer(job).run()
    assert not (tmp_path / "best.safetensors").exists() or finite(tmp_path)


def test_patience_ends_a_run_that_no_longer_gets_better(make_job, tmp_path):
    looks = itertools.count(1)

    class Fading(Classify):
        def scorer(self, predictions, targets):
            value = 1 / next(looks)
            return lambda weights: {"accuracy": value}

    state = Trainer(make_job(tmp_path, task=Fading(NAMES), epochs=20, patience=2)).run()
    assert state.step == 3 * PER_EPOCH and state.best_step == PER_EPOCH and state.best == 1.0


def test_without_validation_images_the_last_weights_are_kept(make_job, tmp_path):
    class Lower(Classify):
        monitor = ("log_loss", -1)

    job = make_job(tmp_path, task=Lower(NAMES))
    state = Trainer(replace(job, valid_rows=job.valid_rows[:0], valid_targets=job.valid_targets[:0])).run()
    assert state.best_step == state.step
