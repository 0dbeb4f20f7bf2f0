"""Two processes have the same weights, and their mean gradient is that of one process with the whole batch."""

import json
import os
import socket
import subprocess
import sys

import pytest
import torch

from opsin.training import distributed


def test_alone_everything_is_as_it_was():
    assert distributed.rank_and_world() == (0, 1) and distributed.from_rank0(2.5) == 2.5
    weight = torch.nn.Parameter(torch.zeros(2))
    weight.grad = torch.ones(2)
    distributed.all_reduce_gradients([weight])
    assert torch.equal(weight.grad, torch.ones(2))


@pytest.mark.skipif(not torch.distributed.is_gloo_available(), reason="this build of torch has no gloo")
def test_two_processes(tmp_path, program):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    done = subprocess.run(
        [sys.executable, str(program.with_name("two_ranks.py")), str(tmp_path), str(port)],
        capture_output=True, text=True, timeout=300, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    first, second = (json.loads((tmp_path / f"rank-{rank}.json").read_text()) for rank in (0, 1))
    assert (first["part"], second["part"]) == ([0, 2], [1, 2])
    assert first["agreed"] == second["agreed"] == 0.25
    assert max(first["gradients"], second["gradients"]) < 1e-6
    assert first["run"] == second["run"] and first["run"][0] == 12
    assert (tmp_path / "best.safetensors").exists() and (tmp_path / "last.safetensors").exists()
