"""Where a run is kept: `runs/<task>/<data>-<n>/`, an evaluation: `runs/evaluate/<data>-<n>/`, or where it was told."""

import itertools
import re
from pathlib import Path

from opsin.core import OpsinError, write_text


def check_writable(out: Path | None) -> None:
    """Raises OpsinError, before any long work, when the folder cannot be written or already holds a run."""
    if out is not None and (out / "args.yaml").exists():
        raise OpsinError(f"{out} already holds a run; resume it with --resume {out}, or name another folder")
    probe = (out or Path("runs")) / ".opsin-probe"
    write_text(probe, "")
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
