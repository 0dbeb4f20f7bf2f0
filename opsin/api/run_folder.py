"""Where a run is kept: `runs/<task>/<data>-<n>/`, an evaluation: `runs/evaluate/<data>-<n>/`, or where it was told."""

import itertools
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from opsin.core import OpsinError, write_text
from opsin.training import distributed


class Kept(Protocol):
    """What is kept in a run's folder from its first moment."""

    def write(self, folder: Path) -> None:
        """Writes it into the folder."""
        ...


def check_writable(out: Path | None) -> None:
    """Raises OpsinError, before any long work, when the folder cannot be written or already holds a run."""
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


def new_folder(out: Path | None, task: str, origin: str) -> Path:
    """A folder, made now: `out`, or the first free number under `runs/<task>/` (a task, or "evaluate")."""
    if out is not None:
        return out
    name = re.sub(r"[^\w.-]+", "-", Path(origin).stem or "data").strip("-.") or "data"
    for number in itertools.count(1):
        folder = Path("runs") / task / f"{name}-{number}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise OpsinError(f"could not make {folder}: {error.strerror}; name another folder with --out") from error
        return folder
    raise AssertionError


@contextmanager
def run_folder_guard(out: Path | None, request: Kept) -> Generator[Callable[[str, str], Path]]:
    """Gives a function from task and origin to the run's folder, in which the request is kept as early as can be.

    A process that is killed leaves the request, from which a resume starts anew; an error or Ctrl-C in the block takes
    it away again, so that the same folder can be named once what was wrong is mended.
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
