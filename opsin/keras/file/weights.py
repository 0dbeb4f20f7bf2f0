"""model.weights.h5: every dataset is held against the weight it must fill before a byte of it is read."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from opsin.core import ModelFileError, OpsinError

from .variables import Place, all_places

_WITHOUT_WEIGHTS = {"vars", "seed_generator"}
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_OLD_ROOT = "_layer_checkpoint_dependencies"


def h5() -> Any:
    """The h5py library; OpsinError that says how to install it when it is not there."""
    try:
        import h5py
    except ImportError as error:
        raise OpsinError("`.keras` files need h5py, which is not installed: pip install 'opsin[keras]'") from error
    return h5py


def write_weights(found: Sequence[Place]) -> bytes:
    """The weights as Keras writes them, float32."""
    content = io.BytesIO()
    with h5().File(content, "w") as file:
        file.create_group("layers")
        file.create_group("vars")
        for place in all_places(found):
            group = file.require_group(f"{place.path}/vars")
            for index, value in enumerate(place.values):
                group[str(index)] = value.detach().float().cpu().contiguous().numpy()
    return content.getvalue()


def read_weights(content: bytes, found: Sequence[Place]) -> None:
    """Fills the weights; ModelFileError when one is missing, extra, of another shape or not plainly in the file."""
    if not content.startswith(_SIGNATURE):
        raise ModelFileError("has weights that are no HDF5 file: it is damaged, save it again")
    library = h5()
    try:
        with library.File(io.BytesIO(content), "r") as file:
            reader = _Reader(library, len(content))
            root = _OLD_ROOT if reader.has(file, _OLD_ROOT) else "layers"
            reader.own_values(file, "the model", ())
            reader.chain(reader.group(file, root), found)
    except ModelFileError:
        raise
    except Exception as error:  # the library raises whatever a broken file makes of it
        reason = f"{type(error).__name__}: {error}"
        raise ModelFileError(f"has damaged weights ({reason:.200}): save or copy it again") from error


class _Reader:
    """Goes down hard links only, along the paths that the layers have, and takes only plain datasets."""

    def __init__(self, library: Any, size: int) -> None:
        self.library, self.size = library, size

    def chain(self, parent: Any, found: Sequence[Place]) -> None:
        """Fills the layers of one chain from the group that holds theirs."""
        known = {place.path.rpartition("/")[2]: place for place in found}
        for name in parent:
            if name not in known:
                self._check_empty(self.group(parent, name), f"{parent.name}/{name}")
        for name, place in known.items():
            if not self.has(parent, name) and not place.values and not place.inner:
                continue
            group = self.group(parent, name)
            self.own_values(group, place.path, place.values)
            if place.inner:
                self.chain(self.group(group, "layers"), place.inner)

    def group(self, parent: Any, name: str) -> Any:
        """A group by a hard link."""
        found = self._linked(parent, name)
        if not isinstance(found, self.library.Group):
            raise ModelFileError(f"has something else than a group at {name!r:.100} in its weights; save it again")
        return found

    def own_values(self, parent: Any, path: str, values: Sequence[Tensor]) -> None:
        """Fills one layer's weights, which must be as many as it has."""
        group = self.group(parent, "vars") if values or self.has(parent, "vars") else ()
        if len(group) != len(values):
            raise ModelFileError(
                f"has {len(group)} weights for {path!r:.100}; expected {len(values)} as its config says: save it again"
            )
        for index, value in enumerate(values):
            self._fill(self._linked(group, str(index)), f"{path}/{index}", value)

    def _check_empty(self, group: Any, path: str) -> None:
        """A group that no layer with weights asks for: Keras writes such for layers without."""
        odd = [name for name in group if name not in _WITHOUT_WEIGHTS]
        if odd or (self.has(group, "vars") and len(self.group(group, "vars"))):
            raise ModelFileError(f"has weights at {path!r:.100} that no layer of its config asks for: save it again")

    def has(self, parent: Any, name: str) -> bool:
        """Whether a group has a link of that name, which is not followed: h5py's `in` would open other files."""
        return "/" not in name and parent.id.links.exists(name.encode())

    def _linked(self, parent: Any, name: str) -> Any:
        if not self.has(parent, name):
            raise ModelFileError(f"lacks {name!r:.100} in {parent.name!r:.100} of its weights; save it again")
        if parent.id.links.get_info(name.encode()).type != self.library.h5l.TYPE_HARD:
            raise ModelFileError(
                f"links {name!r:.100} in its weights to elsewhere, which is not followed: do not use it"
            )
        return parent[name]

    def _fill(self, dataset: Any, path: str, value: Tensor) -> None:
        if not isinstance(dataset, self.library.Dataset) or not self._is_plain(dataset):
            raise ModelFileError(
                f"has {path!r:.100} compressed, in pieces or outside the file; expected one plain dataset as Keras "
                "writes it: save it again"
            )
        brain = dataset.dtype.kind == "V" and dataset.dtype.itemsize == 2 and dataset.attrs.get("dtype") == "bfloat16"
        if dataset.shape != tuple(value.shape) or not (dataset.dtype.kind == "f" or brain):
            raise ModelFileError(
                f"has {path!r:.100} as {dataset.dtype} {dataset.shape}; expected floating-point numbers "
                f"{tuple(value.shape)} as its config says: save it again"
            )
        numbers: Any = dataset[()]
        if brain:
            numbers = (numbers.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
        with torch.no_grad(), np.errstate(over="ignore"):
            value.copy_(torch.from_numpy(np.ascontiguousarray(numbers, np.float32)))

    def _is_plain(self, dataset: Any) -> bool:
        """Whether all of it lies in one stretch of this file, so that reading it takes no more than the file has."""
        plan, kinds = dataset.id.get_create_plist(), self.library.h5d
        layout = plan.get_layout()
        if plan.get_nfilters() or plan.get_external_count() or layout not in (kinds.CONTIGUOUS, kinds.COMPACT):
            return False
        stored = dataset.id.get_storage_size()
        start = (dataset.id.get_offset() or 0) if layout == kinds.CONTIGUOUS else 0
        return stored == dataset.size * dataset.dtype.itemsize and start + stored <= self.size
