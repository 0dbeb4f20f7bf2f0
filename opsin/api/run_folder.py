"""Folders of runs: `runs/<task>/<data>-<n>/`, `runs/evaluate/<data>-<n>/`, or the folder that the user names."""

import itertools
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from opsin.core import OpsinError, write_text
from opsin.data.formats import scan
from opsin.training import distributed


class RunRequest(Protocol):
    """Record that is written to the folder of a run when it starts."""

    def write(self, folder: Path) -> None:
        """Writes the record.

        Args:
            folder: Folder of the run.
        """
        ...


def check_writable(out: Path | None) -> None:
    """Checks the folder of a run before any long work.

    Args:
        out: Folder that the user names, or None.

    Raises:
        OpsinError: The folder cannot be written, or already holds a run.
    """
    if out is not None and (out / "args.yaml").exists():
        raise OpsinError(f"{out} already holds a run; resume it with --resume {out}, or name another folder")
    folder = out or Path("runs")
    probe = folder / ".opsin-probe"
    try:
        write_text(probe, "")
    except OpsinError as error:
        reason = error.__cause__.strerror if isinstance(error.__cause__, OSError) else error
        raise OpsinError(f"cannot write into {folder}: {reason}; name another folder with --out") from error
    probe.unlink()


def check_apart(out: str | Path | None, data: Any) -> Path | None:
    """Checks that a run does not write among the files of its data set, where they would be read as data next time.

    A new folder inside the data set is allowed, as folders of runs are left out of a data set.

    Args:
        out: Folder that the user names, or None.
        data: Data set as given to `train`; a path or anything else.

    Returns:
        The folder of the run; None for a new one in `runs`.

    Raises:
        OpsinError: The folder is that of the data set, or one inside it that contains images.
    """
    if out is None:
        return None
    given = Path(out)
    if not isinstance(data, (str, Path)) or not given.is_dir():
        return given
    folder, source = given.resolve(), Path(data).expanduser().resolve()
    if folder == (source if source.is_dir() else source.parent):
        where = "is the folder of the data set"
    elif folder.is_relative_to(source) and scan(folder).images:
        where = "contains images of the data set"
    else:
        return given
    raise OpsinError(f"{out} {where}. Expected a folder of its own for the run. Fix: choose another name for --out.")


def new_folder(out: Path | None, task: str, origin: str) -> Path:
    """Makes the folder of a run: `out`, or the first free number in `runs/<task>/`.

    Args:
        out: Folder that the user names, or None.
        task: Name of a task, or "evaluate".
        origin: Path of the data set, which names the folder.
    """
    if out is not None:
        return out
    for number in itertools.count(1):
        folder = Path("runs") / task / f"{_name_of(origin)}-{number}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise OpsinError(f"could not make {folder}: {error.strerror}; name another folder with --out") from error
        return folder
    raise AssertionError


def new_file(folder: Path, origin: str, suffix: str) -> Path:
    """Returns the first free path `folder`/<data>-<n><suffix>.

    Args:
        folder: Folder of the file.
        origin: Path of the data set, which names the file.
        suffix: End of the name, such as ".html".
    """
    paths = (folder / f"{_name_of(origin)}-{number}{suffix}" for number in itertools.count(1))
    return next(path for path in paths if not path.exists())


def _name_of(origin: str) -> str:
    return re.sub(r"[^\w.-]+", "-", Path(origin).stem or "data").strip("-.") or "data"


@contextmanager
def run_folder_guard(out: Path | None, request: RunRequest) -> Generator[Callable[[str, str], Path]]:
    """Yields a function that makes the folder of a run from task and data set, and stores the request in it.

    A killed process leaves the request, from which a resume starts again. An error or Ctrl-C in the block removes it,
    so that the same folder can be used for the next attempt.

    Args:
        out: Folder that the user names, or None.
        request: Record to write.
    """
    if distributed.rank_and_world()[0]:
        yield lambda task, origin: new_folder(out, task, origin)
        return
    fresh = out is None or not out.exists()
    check_writable(out)
    made: list[Path] = []

    def make(task: str, origin: str) -> Path:
        folder = new_folder(out, task, origin)
        made.append(folder)
        request.write(folder)
        return folder

    try:
        if out is not None:
            make("", "")
        yield make
    except BaseException:
        for folder in made:
            (folder / "args.yaml").unlink(missing_ok=True)
            if fresh:
                with suppress(OSError):
                    folder.rmdir()
        raise
