"""Weights from the Hugging Face hub: one file of one commit, known by its SHA-256, downloaded once.

Only tensors are read (safetensors), never a pickle, and nothing that is not exactly the file that was meant.
"""

import hashlib
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from opsin.core import NetworkError, Progress, replacing, silent

from .weight_source import WeightsError

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_TIMEOUT = 30.0
_CHUNK = 2**20
_TRUE = {"1", "ON", "YES", "TRUE"}


@dataclass(frozen=True)
class HubWeights:
    """A `.safetensors` file with timm's names for the tensors; `mean` and `std` are of values from 0 to 1.

    `revision` is a full commit and `sha256` the file's digest, so that it is the same file for ever and for everyone.
    Raises NetworkError when one of them is not.

    >>> HubWeights("timm/resnet18.a1_in1k", "main", "80c4")
    Traceback (most recent call last):
    opsin.core.errors.NetworkError: revision 'main' is not a full commit (40 hexadecimal digits)
    """

    repo: str
    revision: str
    sha256: str
    file: str = "model.safetensors"
    licence: str = "licence: see the repository"
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\w-][\w.-]*/[\w-][\w.-]*", self.repo, re.ASCII):
            raise NetworkError(f"repo {self.repo!r} is not a repository of the hub, such as 'timm/resnet18.a1_in1k'")
        if not re.fullmatch(r"[0-9a-f]{40}", self.revision):
            raise NetworkError(f"revision {self.revision!r} is not a full commit (40 hexadecimal digits)")
        if not re.fullmatch(r"[0-9a-f]{64}", self.sha256):
            raise NetworkError(f"sha256 {self.sha256!r} is not a SHA-256 digest (64 hexadecimal digits)")
        if not re.fullmatch(r"[\w-][\w.-]*\.safetensors", self.file, re.ASCII):
            raise NetworkError(f"file {self.file!r} is not the name of a .safetensors file: other formats can run code")

    @property
    def origin(self) -> str:
        """Where the weights come from, in words."""
        return f"{self.repo} at {self.revision[:12]} ({self.licence})"

    @property
    def address(self) -> str:
        """Where the file is downloaded from; HF_ENDPOINT names a mirror of the hub."""
        endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"
        return f"{endpoint}/{self.repo}/resolve/{self.revision}/{self.file}"

    @property
    def path(self) -> Path:
        """Where the file is kept; whoever has no network may put it there."""
        from opsin.data import cache_folder  # here, so that networks alone need not wait for tables

        return cache_folder() / "weights" / f"{self.repo.replace('/', '--')}-{self.sha256[:16]}.safetensors"

    def read(self, most_bytes: int, progress: Progress = silent) -> dict[str, Tensor]:
        """The tensors by their published names, from the cache, or downloaded into it first.

        Raises WeightsError when there is no network, or the file is not the one that was meant; it is not kept then.
        """
        content = self._kept(most_bytes)
        if content is None:
            self._download(most_bytes, progress)
            content = self.path.read_bytes()
        try:
            return load(content)
        except (SafetensorError, ValueError) as error:
            self._forget()
            reason = " ".join(str(error).split())[:200]
            raise WeightsError(f"{self.origin}: {self.file} is not a whole safetensors file ({reason})") from error

    def _kept(self, most_bytes: int) -> bytes | None:
        """The right file from our cache or the hub's own; a wrong one in ours is removed."""
        hub = Path(os.environ.get("HF_HUB_CACHE") or Path(os.environ.get("HF_HOME") or _home(), "hub"))
        theirs = hub / f"models--{self.repo.replace('/', '--')}" / "blobs" / self.sha256
        for path in (self.path, theirs):
            with suppress(OSError):
                if path.stat().st_size <= most_bytes:
                    content = path.read_bytes()
                    if hashlib.sha256(content).hexdigest() == self.sha256:
                        return content
                if path == self.path:
                    self._forget()
        return None

    def _forget(self) -> None:
        with suppress(OSError):
            self.path.unlink()

    def _download(self, most_bytes: int, progress: Progress) -> None:
        if os.environ.get("HF_HUB_OFFLINE", "").upper() in _TRUE:
            raise WeightsError(f"HF_HUB_OFFLINE is set and {self.file} of {self.repo} is not at {self.path}")
        if not self.address.startswith(("https://", "http://")):
            raise WeightsError(f"HF_ENDPOINT leads to {self.address}; expected an address that begins with https://")
        try:
            with replacing(self.path) as temporary, open(temporary, "wb") as out:
                self._copy(out, most_bytes, progress)
        except WeightsError:
            with suppress(OSError):
                self.path.parent.rmdir()  # only when nothing else is kept there
            raise

    def _copy(self, out: Any, most_bytes: int, progress: Progress) -> None:
        digest, done = hashlib.sha256(), 0
        response = _answered(Request(self.address, headers={"User-Agent": "opsin"}), self.address)
        with response:
            length = response.headers.get("Content-Length") or ""
            total = int(length) if length.isdigit() else None
            if total is not None and total > most_bytes:
                raise WeightsError(f"{self.address} has {total:,} bytes; expected at most {most_bytes:,}")
            while chunk := _next_chunk(response, self.address):
                done += len(chunk)
                if done > most_bytes:
                    raise WeightsError(f"{self.address} has more than the {most_bytes:,} bytes expected at most")
                digest.update(chunk)
                out.write(chunk)
                progress("download weights", done, total or most_bytes, f"{done / 2**20:.0f} MiB of {self.repo}")
        if total is not None and done < total:
            raise WeightsError(f"{self.address} was cut short at {done:,} of {total:,} bytes: try again")
        if digest.hexdigest() != self.sha256:
            found = digest.hexdigest()
            raise WeightsError(f"{self.address} has SHA-256 {found[:16]}..., expected {self.sha256[:16]}...: not used")


def _home() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huggingface"


def _answered(request: Request, address: str) -> Any:
    try:
        return urlopen(request, timeout=_TIMEOUT)
    except HTTPError as error:
        raise WeightsError(f"{address} answers {error.code} {error.reason}; is it still there?") from error
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise WeightsError(f"{address} cannot be reached ({reason}): is there a network?") from error


def _next_chunk(response: Any, address: str) -> bytes:
    """Read here, so that a broken connection is not taken for a full disk."""
    try:
        return response.read(_CHUNK)
    except (OSError, HTTPException) as error:
        raise WeightsError(f"{address} broke off ({error or type(error).__name__}): try again") from error
