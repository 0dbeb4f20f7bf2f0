"""Faces of a video on the command line: a row for each face that is followed."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..output import plural, print_json
from .tables import print_table

if TYPE_CHECKING:
    from opsin.faces import Gallery

    from ..progress import Reporter


def is_single_video(paths: Sequence[Path]) -> bool:
    """Returns True for one path that is a video."""
    from opsin.data.video import is_video

    return len(paths) == 1 and is_video(paths[0])


def follow_video(
    path: Path,
    gallery: "Gallery | None",
    *,
    as_json: bool,
    progress: "Reporter",
    far: float | None = None,
    smallest: float | None = None,
    save: Path | None = None,
) -> None:
    """Prints the tracks of a video, and writes a copy with boxes and names where `save` is given."""
    from opsin.api.faces_video import draw_video, faces_of_video

    found = faces_of_video(path, gallery, far=far, smallest=smallest, progress=progress)
    if save is not None:
        draw_video(found, save, progress)
        progress.say(f"video   {save}")
    rows = found.to_json()
    if as_json:
        print_json(rows)
        return
    titles = ("track", "name", "start", "end", "faces", "distance", "best frame")
    print_table(titles, [["" if value is None else str(value) for value in row.values()] for row in rows])
    print(f"{plural(len(rows), 'track')} in {path}")
