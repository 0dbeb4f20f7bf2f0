"""Weights from the Hugging Face hub: one file of one commit, identified by its SHA-256, downloaded once.

Only safetensors files are read, never a pickle; a file with another digest is refused.
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

from opsin.core import NetworkError, Progress, home_folder, replacing, silent

from .weight_source import WeightsError

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_TIMEOUT = 30.0
_CHUNK = 2**20
_TRUE = {"1", "ON", "YES", "TRUE"}


@dataclass(frozen=True)
class HubWeights:
    """A `.safetensors` file of the Hugging Face hub, with timm's names for the tensors.

    Commit and digest make it the same file at any time and for every user.

    Attributes:
        repo: Repository, such as "timm/resnet18.a1_in1k".
        revision: Full commit, 40 hexadecimal digits.
        sha256: SHA-256 digest of the file, 64 hexadecimal digits.
        file: Name of the file in the repository.
        licence: Licence, as the repository declares it.
        mean: Mean a channel that the weights expect, of values from 0 to 1.
        std: Standard deviation a channel, of values from 0 to 1.

    Raises:
        NetworkError: A field has another form.

    Examples:
        >>> HubWeights("timm/resnet18.a1_in1k", "main", "80c4")
        Traceback (most recent call last):
        opsin.core.errors.NetworkError: revision 'main' is not a full commit. Expected 40 hexadecimal digits.
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
            raise NetworkError(
                f"repo {self.repo!r} is not a repository. Expected a name such as 'timm/resnet18.a1_in1k'."
            )
        if not re.fullmatch(r"[0-9a-f]{40}", self.revision):
            raise NetworkError(f"revision {self.revision!r} is not a full commit. Expected 40 hexadecimal digits.")
        if not re.fullmatch(r"[0-9a-f]{64}", self.sha256):
            raise NetworkError(f"sha256 {self.sha256!r} is not a SHA-256 digest. Expected 64 hexadecimal digits.")
        if not re.fullmatch(r"[\w-][\w.-]*\.safetensors", self.file, re.ASCII):
            raise NetworkError(
                f"file {self.file!r} has another format. Expected a .safetensors file, which runs no code."
            )

    @property
    def origin(self) -> str:
        """Returns the source and the licence of the weights as text."""
        return f"{self.repo} at {self.revision[:12]} ({self.licence})"

    @property
    def address(self) -> str:
        """Returns the URL of the file; HF_ENDPOINT replaces the host of the hub."""
        endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"
        return f"{endpoint}/{self.repo}/resolve/{self.revision}/{self.file}"

    @property
    def path(self) -> Path:
        """Returns the path of the file in the cache; users without a network may put the file there."""
        from opsin.data import cache_folder  # here, because opsin.data imports Polars

        return cache_folder() / "weights" / f"{self.repo.replace('/', '--')}-{self.sha256[:16]}.safetensors"

    def read(self, max_bytes: int, progress: Progress = silent) -> dict[str, Tensor]:
        """Returns the tensors by their published names, from the cache or after a download into it.

        Args:
            max_bytes: Largest size of the file.
            progress: Called during the download.

        Raises:
            WeightsError: The file cannot be downloaded, or has another size or digest; it is not kept then.
        """
        content = self._cached(max_bytes)
        if content is None:
            self._download(max_bytes, progress)
            content = self.path.read_bytes()
        try:
            return load(content)
        except (SafetensorError, ValueError) as error:
            self._remove()
            reason = " ".join(str(error).split())[:200]
            raise WeightsError(
                f"{self.origin}: {self.file} is damaged ({reason}). Expected a safetensors file."
            ) from error

    def _cached(self, max_bytes: int) -> bytes | None:
        """Returns the file from Opsin's cache or the hub's; removes a file with another digest from Opsin's."""
        hub = Path(os.environ.get("HF_HUB_CACHE") or Path(os.environ.get("HF_HOME") or _home(), "hub"))
        theirs = hub / f"models--{self.repo.replace('/', '--')}" / "blobs" / self.sha256
        for path in (self.path, theirs):
            with suppress(OSError):
                if path.stat().st_size <= max_bytes:
                    content = path.read_bytes()
                    if hashlib.sha256(content).hexdigest() == self.sha256:
                        return content
                if path == self.path:
                    self._remove()
        return None

    def _remove(self) -> None:
        with suppress(OSError):
            self.path.unlink()

    def _download(self, max_bytes: int, progress: Progress) -> None:
        if os.environ.get("HF_HUB_OFFLINE", "").upper() in _TRUE:
            raise WeightsError(
                f"{self.file} of {self.repo} is not at {self.path} and HF_HUB_OFFLINE is set. "
                "Fix: put the file there, or unset HF_HUB_OFFLINE."
            )
        if not self.address.startswith(("https://", "http://")):
            raise WeightsError(f"HF_ENDPOINT gives {self.address}. Expected an address that begins with https://.")
        try:
            with replacing(self.path) as temporary, open(temporary, "wb") as out:
                self._copy(out, max_bytes, progress)
        except WeightsError:
            with suppress(OSError):
                self.path.parent.rmdir()  # only when nothing else is kept there
            raise

    def _copy(self, out: Any, max_bytes: int, progress: Progress) -> None:
        digest, done = hashlib.sha256(), 0
        response = _opened(Request(self.address, headers={"User-Agent": "opsin"}), self.address)
        with response:
            length = response.headers.get("Content-Length") or ""
            total = int(length) if length.isdigit() else None
            if total is not None and total > max_bytes:
                raise WeightsError(f"{self.address} has {total:,} bytes. Expected at most {max_bytes:,}.")
            while chunk := _next_chunk(response, self.address):
                done += len(chunk)
                if done > max_bytes:
                    raise WeightsError(f"{self.address} has more than {max_bytes:,} bytes. Expected at most as many.")
                digest.update(chunk)
                out.write(chunk)
                progress("download weights", done, total or max_bytes, f"{done / 2**20:.0f} MiB of {self.repo}")
        if total is not None and done < total:
            raise WeightsError(f"{self.address} ended after {done:,} of {total:,} bytes. Fix: try again.")
        if digest.hexdigest() != self.sha256:
            found = digest.hexdigest()
            raise WeightsError(f"{self.address} has SHA-256 {found[:16]}... Expected {self.sha256[:16]}...")


def _home() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or home_folder() / ".cache") / "huggingface"


def _opened(request: Request, address: str) -> Any:
    try:
        return urlopen(request, timeout=_TIMEOUT)
    except HTTPError as error:
        raise WeightsError(f"{address} returned {error.code} {error.reason}. Fix: check the repository.") from error
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise WeightsError(f"{address} cannot be reached ({reason}). Fix: check the network.") from error


def _next_chunk(response: Any, address: str) -> bytes:
    """Returns the next bytes; a broken connection raises WeightsError, so that it differs from a full disk."""
    try:
        return response.read(_CHUNK)
    except (OSError, HTTPException) as error:
        raise WeightsError(f"{address} broke off ({error or type(error).__name__}). Fix: try again.") from error
