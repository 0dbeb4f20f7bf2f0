"""`opsin faces search`: names the faces of images that are enrolled in a gallery."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .. import options as shared
from ..output import plural, print_json
from ..progress import reporting
from . import options
from .tables import open_gallery, people, print_table, rate, short
from .video import follow_video, is_single_video

if TYPE_CHECKING:
    from opsin.faces import PhotoFaces, Verdict


def search(
    gallery: options.GalleryFile,
    images: shared.Images,
    far: options.Far = None,
    smallest: options.Smallest = None,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write a copy of the video with boxes and names, as .mp4.", show_default=False
        ),
    ] = None,
    as_json: shared.Json = False,
) -> None:
    """Names the faces in images or a video that are enrolled in a gallery.

    A face that is near to nobody is unknown. In one image a name is given once. A video gives a row for each face that
    is followed through it.
    """
    with reporting() as progress:
        from opsin import faces
        from opsin.data import find_images

        known = open_gallery(gallery)
        paths = find_images(images)
        if is_single_video(paths):
            follow_video(paths[0], known, far=far, smallest=smallest, save=save, as_json=as_json, progress=progress)
            return
        recognizer = faces.load_recognizer()
        rows: list[tuple[PhotoFaces, list[Verdict]]] = []
        for photo in faces.find_all(paths, partial(recognizer.find, smallest=smallest), progress, "searching"):
            rows.append((photo, faces.search(known, photo.faces, far)))
    used = known.far if far is None else far
    alarms = used * len(known.people)
    if as_json:
        print_json([_record(photo, verdicts) for photo, verdicts in rows])
        return
    cells = [_cells(photo, verdict) for photo, verdicts in rows for verdict in verdicts]
    if cells:
        print_table(("image", "verdict", "nearest", "distance", "FMR"), cells)
    print(f"{plural(len(cells), 'face')} in {plural(len(rows), 'image')}")
    print(
        f"threshold {known.calibration.threshold(used):.3f} from {known.calibration.source}; with "
        f"{people(len(known.people))} enrolled {rate(alarms)} false names a stranger are expected"
    )


def _record(photo: "PhotoFaces", verdicts: "list[Verdict]") -> dict[str, Any]:
    found = [face.to_json() | verdict.to_json() for face, verdict in zip(photo.faces, verdicts, strict=True)]
    return {"image": str(photo.path), "faces": found, "error": photo.error}


def _cells(photo: "PhotoFaces", verdict: "Verdict") -> tuple[str, ...]:
    if verdict.distance is None or verdict.false_match_rate is None:
        return short(photo.path), "unknown", "", "", ""
    shown = {"same": verdict.name or "", "different": "unknown"}.get(verdict.decision, verdict.decision)
    return short(photo.path), shown, verdict.name or "", f"{verdict.distance:.3f}", rate(verdict.false_match_rate)
