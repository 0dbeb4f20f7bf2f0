"""Order of the training rows: uniform, or batches of several images of each of several identities."""

from functools import lru_cache
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from opsin.core import torch_generator

Sampler: TypeAlias = Literal["uniform", "identity-balanced"]
"""Order of training rows: every row once per epoch, or batches of a few rows of each of a few identities."""
IMAGES_PER_IDENTITY = 4
"""Images of each identity in an identity-balanced batch, which losses on pairs need."""


@lru_cache(maxsize=2)
def uniform_order(count: int, seed: int, epoch: int) -> Tensor:
    """Returns a permutation of `count` rows; cached, as drawing a million numbers takes as long as a step."""
    return torch.randperm(count, generator=torch_generator(seed, "order", epoch))


def rows_by_identity(targets: Tensor) -> list[Tensor]:
    """Returns the rows of each identity.

    Args:
        targets: (n,) identity of each row.
    """
    order = torch.argsort(targets, stable=True)
    counts = torch.unique_consecutive(targets[order], return_counts=True)[1]
    return list(torch.split(order, counts.tolist()))


def identity_balanced_batch(groups: list[Tensor], size: int, seed: int, step: int, part: tuple[int, int]) -> Tensor:
    """Draws the rows of one batch: several images of each of several identities.

    Identities come in rounds; in each round every identity is at most once in a batch of any process, in an order of
    its own. An identity with fewer images than needed repeats them.

    Args:
        groups: Rows of each identity.
        size: Size of the batch at most.
        seed: Seed of the run.
        step: Number of the batch, from 0.
        part: (rank, number of processes).

    Returns:
        (P * K,) rows, those of an identity next to each other: K is 4, and more where there are too few identities.
    """
    rank, world = part
    identities = min(max(1, size // IMAGES_PER_IDENTITY), max(1, len(groups) // world))
    images = max(1, size // identities)
    batches = max(1, len(groups) // (identities * world))
    round_number, position = divmod(step, batches)
    order = torch.randperm(len(groups), generator=torch_generator(seed, "identities", round_number)).tolist()
    first = (position * world + rank) * identities
    generator = torch_generator(seed, "images of identities", step, rank)
    chosen: list[Tensor] = []
    for place in range(first, first + identities):
        rows = groups[order[place % len(groups)]]
        drawn = rows[torch.randperm(len(rows), generator=generator)]
        chosen.append(drawn.repeat(-(-images // len(rows)))[:images])
    return torch.cat(chosen)
