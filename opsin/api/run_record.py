"""Record of a run on disk, from which it can be resumed: `args.yaml` and `table.parquet`."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import polars as pl

from opsin import tasks
from opsin.core import ModelFileError, Progress, choose_device, write_text
from opsin.data import Target, preprocessing_from_json, read
from opsin.data.table import COLUMNS
from opsin.model import Model
from opsin.nn import Sequential
from opsin.plan.inputs import open_dataset
from opsin.plan.linear_model import LinearBaseline
from opsin.plan.networks import RANDOM_WEIGHTS
from opsin.plan.plan import TrainingPlan, TrainOptions, batches_of
from opsin.training import Recipe, TimeLimit, TrainJob, distributed

from .provenance import versions


@dataclass(frozen=True)
class RunRequest:
    """Request for a run, stored first, so that a run that is killed during its preparation can start again.

    `command` is the command line. `own_recipe` is True if the caller changed the recipe.
    """

    data: Any
    options: TrainOptions
    command: str
    own_recipe: bool = False

    def write(self, folder: Path) -> None:
        """Writes `args.yaml` as it stands until all is decided."""
        origin = str(self.data) if isinstance(self.data, str | Path) else "arrays"
        args = {"data": origin, "options": asdict(self.options), "command": self.command, "own_recipe": self.own_recipe}
        _write_args(folder, args)


def load_unstarted_run(folder: Path, data: Any) -> tuple[RunRequest, Recipe | None] | None:
    """Loads the request, and the recipe if there is one, of a run that was killed before its first checkpoint.

    Returns None if there is a checkpoint. Raises ModelFileError if the folder holds no run.
    """
    if (folder / "last.safetensors").exists():
        return None
    args = _read_args(folder)
    try:
        recipe = Recipe.from_json(args["recipe"]) if "recipe" in args else None
        options, command, own = TrainOptions(**args["options"]), str(args["command"]), bool(args.get("own_recipe"))
    except (TypeError, KeyError) as error:
        raise _unreadable(folder, error) from error
    if own and recipe is None:
        raise ModelFileError(f"{folder} was killed before the recipe of its caller was kept; call opsin.train again")
    return RunRequest(_source(args, data, folder), options, command, own), recipe


def write_record(prepared: TrainingPlan, request: RunRequest) -> None:
    """Writes `args.yaml` (JSON, which YAML reads too) and `table.parquet` into the run's folder."""
    job, source = prepared.job, prepared.dataset
    source.table.to_parquet(job.folder / "table.parquet")
    args: dict[str, Any] = {
        "data": source.table.origin,
        "options": asdict(request.options),
        "own_recipe": request.own_recipe,
        "network": job.model.network.to_json(),
        "task": job.model.task.to_json(),
        "preprocessing": job.model.preprocessing.to_json(),
        "tta": job.model.tta,
        "recipe": job.recipe.to_json(),
        "limit": None if job.limit is None else asdict(job.limit),
        "reasons": list(prepared.reasons),
        "initial_weights": prepared.initial_weights,
        "linear_model": None if prepared.linear is None else asdict(prepared.linear),
        "notes": list(source.table.notes),
        "fingerprint": source.fingerprint,
        "command": request.command,
        "versions": versions(),
    }
    _write_args(job.folder, args)


def read_record(folder: Path, data: Any, progress: Progress) -> tuple[TrainingPlan, TrainOptions]:
    """The run as it was prepared; `data` replaces what was typed then (for arrays, which have no address).

    Raises ModelFileError when the folder is no run, or when the images are not the same as then.
    """
    args = _read_args(folder)
    try:
        rows = pl.read_parquet(folder / "table.parquet")
        options = TrainOptions(**args["options"])
        recipe = Recipe.from_json(args["recipe"])
        network = Sequential.from_json(args["network"])
        preprocessing = preprocessing_from_json(args["preprocessing"])
        task, tta = tasks.task_from_json(args["task"]), args["tta"]
        fingerprint, reasons = args["fingerprint"], tuple(args["reasons"])
        limit = None if args["limit"] is None else TimeLimit(**args["limit"])
        initial_weights = str(args.get("initial_weights", RANDOM_WEIGHTS))
        linear = LinearBaseline(**args["linear_model"]) if args.get("linear_model") else None
    except (ValueError, TypeError, KeyError, OSError, pl.exceptions.PolarsError) as error:
        raise _unreadable(folder, error) from error
    device = choose_device(options.device)
    distributed.join(device)
    table = read(_source(args, data, folder), tasks.target_kind(options.task), options.labels)
    kept = table.rows.select("id").with_row_index().join(rows, on="id", how="inner").sort("index")
    table = table.select(kept["index"].to_numpy())
    source = open_dataset(table, preprocessing, progress)
    recorded = source.table.rows.select("id").join(rows, on="id", how="left", maintain_order="left")
    target = Target(source.table.target.kind, task.names)
    notes, extra = tuple(args["notes"]), tuple(rows.columns[len(COLUMNS) :])
    table = replace(source.table, rows=recorded.select(rows.columns), target=target, notes=notes, extra=extra)
    source = replace(source, table=table)
    if source.fingerprint != fingerprint:
        raise ModelFileError(
            f"the images of {source.table.origin} changed since {folder} was started; expected the same files: "
            "put them back, or train anew without --resume"
        )
    model = Model(network.to(device), task, preprocessing, tta)
    job = TrainJob(
        model,
        batches_of(source, model, recipe, options.seed),
        source.rows("valid"),
        source.targets("valid"),
        recipe,
        folder,
        limit,
        options.workers,
    )
    return TrainingPlan(source, job, reasons, initial_weights, linear), options


def _write_args(folder: Path, args: dict[str, Any]) -> None:
    write_text(folder / "args.yaml", json.dumps(args, indent=2, ensure_ascii=False) + "\n")


def _read_args(folder: Path) -> dict[str, Any]:
    try:
        args: Any = json.loads((folder / "args.yaml").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelFileError(
            f"{folder} is not the folder of a run: it has no args.yaml; expected one such as runs/classify/photos-1"
        ) from error
    except (ValueError, OSError) as error:
        raise _unreadable(folder, error) from error
    if not isinstance(args, dict):
        raise _unreadable(folder, ValueError("it holds no names"))
    return cast("dict[str, Any]", args)


def _source(args: dict[str, Any], data: Any, folder: Path) -> Any:
    """Returns the data that the caller gives, or else the recorded data."""
    if data is None and args.get("data") == "arrays":
        raise ModelFileError(
            f"{folder} was started from arrays; hand them in again: opsin.resume({str(folder)!r}, data=...)"
        )
    return args["data"] if data is None else data


def _unreadable(folder: Path, error: Exception) -> ModelFileError:
    return ModelFileError(f"{folder / 'args.yaml'} cannot be read ({error}); train again without --resume")
