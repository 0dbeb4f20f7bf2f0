"""Checkpoint of a run in one file, written atomically."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from opsin.core import ModelFileError, replacing, write_text


@dataclass
class State:
    """Progress of a run, without its tensors.

    Attributes:
        step: Number of steps done.
        progress: Progress from 0 to 1.
        steps_left: Number of steps left in the current plan.
        seconds: Seconds trained.
        damping: Factor on the learning rate, halved at each rollback.
        rollbacks: Number of rollbacks after a diverged loss.
        best: Best validation score so far; None before the first validation.
        best_step: Step of the best validation score.
        stale: Validations in a row without a better score.
        validated: Progress at the last validation.
        frozen: Names of the weights that are not trained.
        metrics: Rows of metrics.csv.
    """

    step: int = 0
    progress: float = 0.0
    steps_left: int = 0
    seconds: float = 0.0
    damping: float = 1.0
    rollbacks: int = 0
    best: float | None = None
    best_step: int = 0
    stale: int = 0
    validated: float = 0.0
    frozen: list[str] = field(default_factory=list[str])
    metrics: list[dict[str, float]] = field(default_factory=list[dict[str, float]])


def save_checkpoint(folder: Path, state: State, tensors: dict[str, dict[str, Tensor]]) -> None:
    """Writes `last.safetensors` (tensors and state in one file) and a readable copy of the state, `last.json`.

    Args:
        folder: Folder of the run.
        state: Progress of the run.
        tensors: Named tensors of each part, such as "network" and "optimizer".

    Raises:
        OSError: The folder cannot be written.
    """
    flat = {f"{part}:{name}": value.contiguous() for part, named in tensors.items() for name, value in named.items()}
    text = json.dumps(asdict(state))
    with replacing(folder / "last.safetensors") as temporary:
        try:
            save_file(flat, temporary, metadata={"opsin_state": text})
        except SafetensorError as error:  # safetensors gives no errno
            raise OSError(0, " ".join(str(error).split())) from error
    write_text(folder / "last.json", text)


def load_checkpoint(folder: Path) -> tuple[State, dict[str, dict[str, Tensor]]]:
    """Reads the checkpoint in a folder.

    Args:
        folder: Folder of the run.

    Returns:
        The state and the named tensors of each part.

    Raises:
        ModelFileError: The checkpoint is missing or damaged.
    """
    path = folder / "last.safetensors"
    if not path.is_file():
        raise ModelFileError(
            f"{folder} has no checkpoint. Expected last.safetensors of a started run. Fix: name the folder of a run."
        )
    tensors: dict[str, dict[str, Tensor]] = {}
    try:
        with safe_open(path, framework="pt") as file:
            metadata: dict[str, str] = file.metadata() or {}
            state = State(**_mapping(metadata.get("opsin_state", "null")))
            for key in file.keys():  # noqa: SIM118 (safe_open is no mapping)
                part, _, name = key.partition(":")
                tensors.setdefault(part, {})[name] = _copy(file.get_tensor(key))
    except (SafetensorError, TypeError, ValueError, OSError) as error:
        raise ModelFileError(
            f"{path} is damaged ({error}). Expected a complete checkpoint. Fix: train again without --resume."
        ) from error
    return state, tensors


def _mapping(text: str) -> dict[str, Any]:
    data = json.loads(text)
    if not isinstance(data, dict):
        raise ValueError("no state in its header")
    return data  # pyright: ignore[reportUnknownVariableType]


def _copy(tensor: Tensor) -> Tensor:
    """Copies a tensor to memory, as the file is replaced during the run."""
    return tensor.clone(memory_format=torch.preserve_format)
