"""`opsin demo faces`: a person among strangers, in photographs that scikit-image carries."""

from pathlib import Path

from .faces.search import search
from .progress import Reporter, reporting

PERSON = "Eileen_Collins"
STRANGERS = 8
_SIDE = 200


def write_photographs(folder: Path, progress: Reporter) -> tuple[Path, Path]:
    """Writes a portrait to enroll, and photos to search: changed copies of the portrait, and small faces of others.

    Args:
        folder: Folder to create.
        progress: Called after each photo.

    Returns:
        The folder of the portrait, and the folder of the photos.

    Raises:
        OpsinError: scikit-image is not installed, or a file cannot be written.
    """
    import cv2
    import numpy as np
    from PIL import Image

    from opsin.core import OpsinError

    try:
        from skimage.data import astronaut, lfw_subset
    except ImportError as error:
        raise OpsinError(
            f"The demo needs the package scikit-image ({error}). Fix: pip install scikit-image."
        ) from error
    portrait = astronaut()
    face = portrait[20:240, 100:340]
    photos = {
        f"people/{PERSON}/portrait.png": portrait,
        "photos/hflip.png": np.ascontiguousarray(face[:, ::-1]),
        "photos/darker.png": (face * 0.6).astype(np.uint8),
        "photos/smaller.png": cv2.resize(face, (110, 100), interpolation=cv2.INTER_AREA),
    }
    for number, small in enumerate(lfw_subset()[:STRANGERS]):
        grey = cv2.resize((small * 255).astype(np.uint8), (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC)
        photos[f"photos/stranger{number + 1}.png"] = cv2.copyMakeBorder(grey, 50, 50, 50, 50, cv2.BORDER_REPLICATE)
    try:
        for number, (name, pixels) in enumerate(photos.items()):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)
            progress("writing photos", number + 1, len(photos))
    except OSError as error:
        raise OpsinError(f"Writing {folder} failed: {error.strerror}. Fix: run the demo in another folder.") from error
    return folder / "people", folder / "photos"


def demo_faces(folder: Path, as_json: bool) -> None:
    """Enrolls a person, and names the faces of photos of her and of strangers.

    Args:
        folder: Folder to create.
        as_json: Print JSON.
    """
    gallery = folder / "gallery.safetensors"
    with reporting() as progress:
        people, photos = write_photographs(folder, progress)
        from opsin import faces
        from opsin.data import find_images

        named = faces.people_of(find_images(people))
        find = faces.load_recognizer().find
        known, _ = faces.enroll(faces.Gallery(faces.EMBEDDING_DIGEST), named, find, consent="public domain (NASA)")
        faces.write_gallery(gallery, known)
        progress.say(f"gallery {gallery}")
    search(gallery, [str(photos)], as_json=as_json)
