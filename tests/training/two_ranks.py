"""Program of two processes that train together and write their results. Arguments: FOLDER PORT"""

import json
import os
import runpy
import sys
from dataclasses import replace
from pathlib import Path

import torch

from opsin.training import Trainer, distributed


def gradients(rank):
    """Returns the mean gradient of two half batches, and the gradient of the whole batch."""
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(8, 5, generator=generator), torch.randn(8, 1, generator=generator)
    torch.manual_seed(rank)  # other weights in each process, until they are shared
    net = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    distributed.broadcast_weights(net)
    (net(x) - y).square().mean().backward()
    whole = [weight.grad.clone() for weight in net.parameters()]
    net.zero_grad()
    mine = slice(rank * 4, rank * 4 + 4)
    (net(x[mine]) - y[mine]).square().mean().backward()
    distributed.all_reduce_gradients(net.parameters())
    return max(float((weight.grad - all_).abs().max()) for weight, all_ in zip(net.parameters(), whole, strict=True))


def train(rank, folder):
    """Returns a digest of the weights after a run of two processes; rank 0 saves the checkpoints."""
    make_job = runpy.run_path(str(Path(__file__).with_name("small_run.py")))["make_job"]
    job = make_job(folder, epochs=2.0, batch_size=8)
    job = replace(job, batches=replace(job.batches, part=distributed.rank_and_world()))
    trainer = Trainer(job)
    state = trainer.run()
    weights = torch.cat([weight.detach().double().flatten() for weight in trainer.network.parameters()])
    return [state.step, float(weights.sum()), float(weights.square().sum())]


def main():
    """Runs one rank."""
    torch.set_num_threads(1)
    folder, port = sys.argv[1:]
    children = []
    for rank in (0, 1):
        os.environ.update(RANK=str(rank), WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=port)
        child = os.fork()
        if child:
            children.append(child)
            continue
        distributed.join(torch.device("cpu"))
        answer = {
            "part": distributed.rank_and_world(),
            "agreed": distributed.from_rank0(rank + 0.25),
            "gradients": gradients(rank),
        }
        answer["run"] = train(rank, folder)
        Path(folder, f"rank-{rank}.json").write_text(json.dumps(answer))  # a pipe would mix what both print
        torch.distributed.destroy_process_group()
        os._exit(0)
    raise SystemExit(max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))


if __name__ == "__main__":
    main()
