"""All that a resume needs, in one file that is either whole or not there."""

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
    """Where a run stands, besides its tensors."""

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
    """Writes `last.safetensors` (tensors and state together, so they cannot disagree) and `last.json` for people."""
    flat = {f"{part}:{name}": value.contiguous() for part, named in tensors.items() for name, value in named.items()}
    text = json.dumps(asdict(state))
    with replacing(folder / "last.safetensors") as temporary:
        try:
            save_file(flat, temporary, metadata={"opsin_state": text})
        except SafetensorError as error:  # the library has no errno to give
            raise OSError(0, " ".join(str(error).split())) from error
    write_text(folder / "last.json", text)


def load_checkpoint(folder: Path) -> tuple[State, dict[str, dict[str, Tensor]]]:
    """Reads what `save_checkpoint` wrote; raises ModelFileError when it is not there or not whole."""
    path = folder / "last.safetensors"
    if not path.is_file():
        raise ModelFileError(f"{folder} has no last.safetensors to resume from; expected the folder of a started run")
    tensors: dict[str, dict[str, Tensor]] = {}
    try:
        with safe_open(path, framework="pt") as file:
            metadata: dict[str, str] = file.metadata() or {}
            state = State(**_mapping(metadata.get("opsin_state", "null")))
            for key in file.keys():  # noqa: SIM118 (safe_open is no mapping)
                part, _, name = key.partition(":")
                tensors.setdefault(part, {})[name] = _own(file.get_tensor(key))
    except (SafetensorError, TypeError, ValueError, OSError) as error:
        raise ModelFileError(f"{path} is not a whole checkpoint ({error}); train again without --resume") from error
    return state, tensors


def _mapping(text: str) -> dict[str, Any]:
    data = json.loads(text)
    if not isinstance(data, dict):
        raise ValueError("no state in its header")
    return data  # pyright: ignore[reportUnknownVariableType]


def _own(tensor: Tensor) -> Tensor:
    """A copy in memory, as the file will be replaced while the run goes on."""
    return tensor.clone(memory_format=torch.preserve_format)
