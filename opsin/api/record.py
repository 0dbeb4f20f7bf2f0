"""A run's decisions on disk: `args.yaml` and `table.parquet`, from which a resume takes them all again."""

import json
import platform
import shlex
import sys
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from opsin import __version__, tasks
from opsin.core import ModelFileError, Progress, choose_device, write_text
from opsin.data import Preparation, Target, read
from opsin.model import Model
from opsin.nn import Sequential
from opsin.train import Job, Recipe

from .networks import RANDOM
from .prepare import Options, Prepared, batches_of
from .sources import store_at


def write_record(prepared: Prepared, options: Options) -> None:
    """Writes `args.yaml` (JSON, which YAML reads too) and `table.parquet` into the run's folder."""
    job, source = prepared.job, prepared.source
    source.table.to_parquet(job.folder / "table.parquet")
    args: dict[str, Any] = {
        "data": source.table.origin,
        "options": asdict(options),
        "network": job.model.network.to_json(),
        "task": job.model.task.to_json(),
        "preparation": job.model.preparation.to_json(),
        "views": job.model.views,
        "recipe": job.recipe.to_json(),
        "seconds": job.seconds,
        "seconds_per_step": job.seconds_per_step,
        "reasons": list(prepared.reasons),
        "start": prepared.start,
        "notes": list(source.table.notes),
        "fingerprint": source.fingerprint,
        "command": shlex.join(["opsin", *sys.argv[1:]]),
        "versions": {"python": platform.python_version(), "opsin": __version__, "torch": version("torch")},
    }
    write_text(job.folder / "args.yaml", json.dumps(args, indent=2, ensure_ascii=False) + "\n")


def read_record(folder: Path, data: Any, progress: Progress) -> tuple[Prepared, Options]:
    """The run as it was prepared; `data` replaces what was typed then (for arrays, which have no address).

    Raises ModelFileError when the folder is no run, or when the images are not the same as then.
    """
    path = folder / "args.yaml"
    try:
        args = json.loads(path.read_text(encoding="utf-8"))
        rows = pl.read_parquet(folder / "table.parquet")
        options = Options(**args["options"])
        recipe = Recipe.from_json(args["recipe"])
        network = Sequential.from_json(args["network"])
        preparation = Preparation.from_json(args["preparation"])
        task, views = tasks.task_from_json(args["task"]), args["views"]
        origin, fingerprint, reasons = args["data"], args["fingerprint"], tuple(args["reasons"])
        start = str(args.get("start", RANDOM))
    except FileNotFoundError as error:
        raise ModelFileError(f"{folder} is not the folder of a run: it has no {Path(error.filename).name}") from error
    except (ValueError, TypeError, KeyError, OSError, pl.exceptions.PolarsError) as error:
        raise ModelFileError(f"{path} cannot be read ({error}); train again without --resume") from error
    table = read(data if data is not None else origin, options.task)
    kept = table.rows.select("id").with_row_index().join(rows, on="id", how="inner").sort("index")
    source = store_at(table.take(kept["index"].to_numpy()), preparation.size, progress)
    recorded = source.table.rows.select("id").join(rows, on="id", how="left", maintain_order="left")
    target = Target(source.table.target.kind, task.names)
    table = replace(source.table, rows=recorded.select(rows.columns), target=target, notes=tuple(args["notes"]))
    source = replace(source, table=table)
    if source.fingerprint != fingerprint:
        raise ModelFileError(
            f"the images of {source.table.origin} changed since {folder} was started; expected the same files: "
            "put them back, or train anew without --resume"
        )
    model = Model(network.to(choose_device(options.device)), task, preparation, views, {})
    job = Job(
        model,
        batches_of(source, model, recipe, options.seed),
        source.rows("valid"),
        source.table.only("valid").targets(),
        recipe,
        folder,
        args["seconds"],
        args["seconds_per_step"],
    )
    return Prepared(source, job, reasons, start), options
