"""`--config`: options of a command from a YAML file, as defaults of the command line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import typer

MAX_BYTES = 2**24
"""Limit of the size of a file of options; an `args.yaml` of a network with many layers has about 100 kB."""
EXCLUSIVE = ("epochs", "minutes")
"""Options of which only one can be kept; the one on the command line wins."""
NOT_READ = {"config", "resume", "as_json"}
"""Options that a file cannot set."""


def read_config(ctx: typer.Context, path: Path | None) -> Path | None:
    """Makes the values of a file the defaults of the other options.

    The file is the `args.yaml` of a run, with `data` and `options`, or holds the names of options themselves.

    Args:
        ctx: Context of the command.
        path: The file; None changes nothing.

    Raises:
        BadParameter: The file cannot be read, or has a name that is no option.
    """
    if path is None:
        return None
    found = _mapping(path)
    if found.get("own_recipe"):
        raise _invalid(f"{path} is of a run whose recipe was changed in Python. Fix: call opsin.train again.")
    run = found.get("options")
    values = {"data": found.get("data"), **cast("dict[str, Any]", run)} if isinstance(run, dict) else found
    known = {name for parameter in ctx.command.params if (name := parameter.name)} - NOT_READ
    values = {str(name).replace("-", "_"): _typed(value) for name, value in values.items() if value is not None}
    for name in values.keys() - known:
        from opsin.core import did_you_mean

        expected = ", ".join(sorted(known))
        raise _invalid(f"{path} has the option {name!r}.{did_you_mean(name, known)} Expected some of {expected}.")
    if values.get("data") == "arrays":
        raise _invalid(f"{path} is of a run on arrays. Fix: call opsin.train again.")
    ctx.default_map = values
    return path


def drop_overridden(ctx: typer.Context, given: dict[str, Any]) -> None:
    """Sets the options of the file to None that an option on the command line excludes.

    Args:
        ctx: Context of the command.
        given: Values by option, changed in place.
    """
    typed = [name for name in EXCLUSIVE if _source(ctx, name) == "COMMANDLINE"]
    for name in EXCLUSIVE:
        if typed and name not in typed and _source(ctx, name) == "DEFAULT_MAP":
            given[name] = None


def _typed(value: Any) -> Any:
    """Returns a value as it is typed: a list of numbers with commas."""
    return ",".join(map(str, cast("list[Any]", value))) if isinstance(value, list) else value


def _source(ctx: typer.Context, name: str) -> str:
    source = ctx.get_parameter_source(name)
    return "" if source is None else source.name


def _mapping(path: Path) -> Mapping[str, Any]:
    import yaml

    try:
        if path.stat().st_size > MAX_BYTES:
            raise _invalid(f"{path} is larger than {MAX_BYTES:,} bytes. Expected a file of options.")
        found: Any = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise _invalid(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from error
    except yaml.YAMLError as error:
        raise _invalid(f"{path} is not YAML ({' '.join(str(error).split())[:200]}).") from error
    if not isinstance(found, dict):
        raise _invalid(f"{path} holds no options. Expected lines such as `minutes: 5`.")
    return cast("Mapping[str, Any]", found)


def _invalid(line: str) -> typer.BadParameter:
    return typer.BadParameter(line, param_hint="--config")
