"""Reading and writing of model.weights.h5. Each dataset is checked against its weight before it is read."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from opsin.core import ModelFileError, OpsinError

from .variables import WeightGroup, flatten_groups

_WITHOUT_WEIGHTS = {"vars", "seed_generator"}
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_OLD_ROOT = "_layer_checkpoint_dependencies"


def h5() -> Any:
    """Returns the module h5py. Raises OpsinError if it is not installed."""
    try:
        import h5py
    except ImportError as error:
        raise OpsinError(
            "`.keras` files need the package h5py. Fix: pip install '.[keras]' in a clone of Opsin."
        ) from error
    return h5py


def write_weights(groups: Sequence[WeightGroup]) -> bytes:
    """Returns the content of an HDF5 file with the weights as float32."""
    content = io.BytesIO()
    with h5().File(content, "w") as file:
        file.create_group("layers")
        file.create_group("vars")
        for group in flatten_groups(groups):
            variables = file.require_group(f"{group.path}/vars")
            for index, value in enumerate(group.values):
                variables[str(index)] = value.detach().float().cpu().contiguous().numpy()
    return content.getvalue()


def read_weights(content: bytes, groups: Sequence[WeightGroup]) -> None:
    """Reads weights from an HDF5 file into a network.

    Args:
        content: Content of the file.
        groups: Weights of the network, written in place.

    Raises:
        ModelFileError: A weight is missing, extra, of another shape, or not stored as a plain dataset.
    """
    if not content.startswith(_SIGNATURE):
        raise ModelFileError("has weights that are not an HDF5 file. Fix: save it again.")
    library = h5()
    try:
        with library.File(io.BytesIO(content), "r") as file:
            reader = _Reader(library, len(content))
            root = _OLD_ROOT if reader.has(file, _OLD_ROOT) else "layers"
            reader.read_values(file, "the model", ())
            reader.read_layers(reader.group(file, root), groups)
    except ModelFileError:
        raise
    except Exception as error:  # h5py can raise any exception for a damaged file
        reason = f"{type(error).__name__}: {error}"
        raise ModelFileError(f"has damaged weights ({reason:.200}). Fix: save or copy it again.") from error


class _Reader:
    """Reads plain datasets along the paths of the layers, through hard links only."""

    def __init__(self, library: Any, size: int) -> None:
        self.library, self.size = library, size

    def read_layers(self, parent: Any, groups: Sequence[WeightGroup]) -> None:
        """Reads the weights of the layers whose groups are in `parent`."""
        known = {group.path.rpartition("/")[2]: group for group in groups}
        for name in parent:
            if name not in known:
                self._check_empty(self.group(parent, name), f"{parent.name}/{name}")
        for name, group in known.items():
            if not self.has(parent, name) and not group.values and not group.inner:
                continue
            stored = self.group(parent, name)
            self.read_values(stored, group.path, group.values)
            if group.inner:
                self.read_layers(self.group(stored, "layers"), group.inner)

    def group(self, parent: Any, name: str) -> Any:
        """Returns a group. Raises ModelFileError unless it is a hard link to a group."""
        found = self._linked(parent, name)
        if not isinstance(found, self.library.Group):
            raise ModelFileError(f"has {name!r:.100} in its weights, which is not a group. Fix: save it again.")
        return found

    def read_values(self, parent: Any, path: str, values: Sequence[Tensor]) -> None:
        """Reads the weights of one layer. Raises ModelFileError if their number differs."""
        group = self.group(parent, "vars") if values or self.has(parent, "vars") else ()
        if len(group) != len(values):
            raise ModelFileError(
                f"has {len(group)} weights for {path!r:.100}. Expected {len(values)}, as in its config. "
                "Fix: save it again."
            )
        for index, value in enumerate(values):
            self._read_into(self._linked(group, str(index)), f"{path}/{index}", value)

    def _check_empty(self, group: Any, path: str) -> None:
        """Raises ModelFileError if a group without a layer has weights. Keras also writes empty groups."""
        extra = [name for name in group if name not in _WITHOUT_WEIGHTS]
        if extra or (self.has(group, "vars") and len(self.group(group, "vars"))):
            raise ModelFileError(f"has weights at {path!r:.100} without a layer in its config. Fix: save it again.")

    def has(self, parent: Any, name: str) -> bool:
        """Returns True if a group has a link of a name. It is not followed: h5py's `in` could open other files."""
        return "/" not in name and parent.id.links.exists(name.encode())

    def _linked(self, parent: Any, name: str) -> Any:
        if not self.has(parent, name):
            raise ModelFileError(f"has no {name!r:.100} in {parent.name!r:.100} of its weights. Fix: save it again.")
        if parent.id.links.get_info(name.encode()).type != self.library.h5l.TYPE_HARD:
            raise ModelFileError(f"has a soft or external link {name!r:.100} in its weights. Expected hard links only.")
        return parent[name]

    def _read_into(self, dataset: Any, path: str, value: Tensor) -> None:
        if not isinstance(dataset, self.library.Dataset) or not self._is_plain(dataset):
            raise ModelFileError(
                f"has {path!r:.100} compressed, chunked or outside the file. Expected a contiguous dataset, as Keras "
                "writes it. Fix: save it again."
            )
        bfloat16 = (
            dataset.dtype.kind == "V" and dataset.dtype.itemsize == 2 and dataset.attrs.get("dtype") == "bfloat16"
        )
        if dataset.shape != tuple(value.shape) or not (dataset.dtype.kind == "f" or bfloat16):
            raise ModelFileError(
                f"has {path!r:.100} of type {dataset.dtype} and shape {dataset.shape}. Expected floating-point values "
                f"of shape {tuple(value.shape)}, as in its config. Fix: save it again."
            )
        array: Any = dataset[()]
        if bfloat16:
            array = (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
        with torch.no_grad(), np.errstate(over="ignore"):
            value.copy_(torch.from_numpy(np.ascontiguousarray(array, np.float32)))

    def _is_plain(self, dataset: Any) -> bool:
        """Returns True if a dataset is contiguous and inside this file, which bounds its size."""
        plan, kinds = dataset.id.get_create_plist(), self.library.h5d
        layout = plan.get_layout()
        if plan.get_nfilters() or plan.get_external_count() or layout not in (kinds.CONTIGUOUS, kinds.COMPACT):
            return False
        stored = dataset.id.get_storage_size()
        start = (dataset.id.get_offset() or 0) if layout == kinds.CONTIGUOUS else 0
        return stored == dataset.size * dataset.dtype.itemsize and start + stored <= self.size
