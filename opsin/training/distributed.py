"""Data-parallel training in several processes: ranks, mean gradients and values shared by rank 0.

`torchrun` starts the processes and sets RANK and WORLD_SIZE; a single process is rank 0 of 1, at no cost.
"""

import os
from collections.abc import Callable, Iterable

import torch
import torch.distributed as distributed
from torch import Tensor, nn


def join(device: torch.device) -> None:
    """Joins the process group when `torchrun` started this process; does nothing otherwise.

    Args:
        device: Device of the training; CUDA tensors are reduced by NCCL, all others by Gloo.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and not distributed.is_initialized():
        distributed.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")


def rank_and_world() -> tuple[int, int]:
    """Returns this process's rank and the number of processes.

    Examples:
        >>> rank_and_world()
        (0, 1)
    """
    if not distributed.is_initialized():
        return 0, 1
    return distributed.get_rank(), distributed.get_world_size()


def from_rank0(value: float) -> float:
    """Returns the value of rank 0, for decisions that depend on the clock."""
    if rank_and_world()[1] == 1:
        return value
    shared = torch.tensor(value, dtype=torch.float64)
    distributed.broadcast(shared, 0)
    return float(shared)


def text_from_rank0(make: Callable[[], str]) -> str:
    """Calls `make` on rank 0 only and returns its text on all ranks.

    Args:
        make: Function that returns at most 4 KiB of text in UTF-8.
    """
    rank, world = rank_and_world()
    if world == 1:
        return make()
    content = make().encode() if rank == 0 else b""
    shared = torch.zeros(4096, dtype=torch.uint8)
    shared[: len(content)] = torch.tensor(list(content), dtype=torch.uint8)
    distributed.broadcast(shared, 0)
    return bytes(shared.tolist()).rstrip(b"\0").decode()


def barrier() -> None:
    """Waits until all processes call it."""
    if rank_and_world()[1] > 1:
        distributed.barrier()


def broadcast_weights(network: nn.Module) -> None:
    """Copies the weights and batch-norm statistics of rank 0 to all processes."""
    if rank_and_world()[1] > 1:
        for value in network.state_dict().values():
            distributed.broadcast(value, 0)


def all_reduce_gradients(weights: Iterable[Tensor]) -> None:
    """Replaces each gradient by its mean over the processes."""
    world = rank_and_world()[1]
    if world == 1:
        return
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
    distributed.all_reduce(flat)
    flat /= world
    for gradient, piece in zip(gradients, flat.split([gradient.numel() for gradient in gradients]), strict=True):
        gradient.copy_(piece.view_as(gradient))
