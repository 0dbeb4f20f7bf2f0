"""Checkpoints are restored exactly, or rejected with an error of one line."""

import resource
import signal

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import HealthCheck, given, settings

from opsin.core import ModelFileError, OpsinError
from opsin.training.checkpoint import State, load_checkpoint, save_checkpoint

STATE = State(
    step=7, progress=1 / 3, steps_left=14, seconds=2.5, damping=0.5, rollbacks=1, best=0.1 + 0.2, best_step=6, stale=2,
    validated=0.25, frozen=["stem.weight"], metrics=[{"step": 6, "valid_auroc": float("nan")}],
)  # fmt: skip
TENSORS = {
    "network": {"a:b/c.weight": torch.randn(4, 3, 2, 2).to(memory_format=torch.channels_last)},
    "optimizer": {"momentum/x": torch.arange(5.0), "count": torch.tensor(3)},
}


def test_round_trip(tmp_path):
    save_checkpoint(tmp_path, STATE, TENSORS)
    state, tensors = load_checkpoint(tmp_path)
    assert str(state) == str(STATE)  # by text, for nan differs from itself
    assert {part: set(named) for part, named in tensors.items()} == {part: set(n) for part, n in TENSORS.items()}
    for part, named in TENSORS.items():
        for name, value in named.items():
            assert torch.equal(tensors[part][name], value) and tensors[part][name].dtype == value.dtype


def test_a_new_checkpoint_replaces_the_old_while_its_tensors_are_in_use(tmp_path):
    save_checkpoint(tmp_path, STATE, TENSORS)
    _, tensors = load_checkpoint(tmp_path)
    save_checkpoint(tmp_path, State(), {"optimizer": {"momentum/x": torch.zeros(5)}})
    assert torch.equal(tensors["optimizer"]["momentum/x"], torch.arange(5.0))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["last.json", "last.safetensors"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 1, exclude_max=True))
def test_cut_short_is_refused(tmp_path, share):
    save_checkpoint(tmp_path, STATE, TENSORS)
    path = tmp_path / "last.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ModelFileError, match="is damaged") as refused:
        load_checkpoint(tmp_path)
    assert "\n" not in str(refused.value)


def test_no_checkpoint_and_a_foreign_file_are_refused(tmp_path):
    with pytest.raises(ModelFileError, match=r"last\.safetensors"):
        load_checkpoint(tmp_path)
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(1)}, tmp_path / "last.safetensors")
    with pytest.raises(ModelFileError, match="no state"):
        load_checkpoint(tmp_path)


def test_a_full_disk_is_one_line_and_leaves_the_last_good_checkpoint(tmp_path):
    save_checkpoint(tmp_path, STATE, TENSORS)
    big = {"network": {"weight": torch.zeros(100_000)}}
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(OpsinError, match="could not write"):
            save_checkpoint(tmp_path, State(step=8), big)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert load_checkpoint(tmp_path)[0].step == STATE.step
