"""All commands under one name, and how each of them ends: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C."""

import io
import os
import sys
import warnings
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from .demo import demo
from .evaluate import evaluate
from .predict import predict
from .summary import summary
from .train import train

STOPPED = 130


class Commands(TyperGroup):
    """Turns what a command raises into one line on stderr and an exit status."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that was named."""
        try:
            answer = super().invoke(ctx)
            sys.stdout.flush()
            return answer
        except BrokenPipeError:
            _quiet_stdout()
            raise typer.Exit(1) from None
        except KeyboardInterrupt as stop:
            _fail(" ".join(str(stop).split()) or "stopped; nothing is lost that was saved before", STOPPED)
        except Exception as error:
            errors = sys.modules.get("opsin.core.errors")  # not loaded (nor torch): then it is none of ours
            if errors is None or not isinstance(error, errors.OpsinError):
                raise
            _fail(" ".join(str(error).split()), 1)


app = typer.Typer(
    name="opsin",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command, example in (
    (train, "opsin train photos --minutes 5"),
    (predict, "opsin predict runs/classify/photos-1/best.safetensors new/ -o answers.csv"),
    (evaluate, "opsin evaluate runs/classify/photos-1/best.safetensors other-photos"),
    (summary, "opsin summary resnet_small --input-size 32 --classes 10"),
    (demo, "opsin demo"),
):
    app.command(epilog=f"Example: {example}", no_args_is_help=command is not demo)(command)


def _show_version(asked: bool) -> None:
    if asked:
        from opsin import __version__

        print(f"opsin {__version__}")
        raise typer.Exit


@app.callback(epilog="Example: opsin train photos --minutes 5")
def opsin(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """From a folder of images to a convolutional neural network that you can trust, look inside and ship."""


def main() -> None:
    """Runs the command line; any file name can be printed, whatever the terminal's encoding."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    warnings.filterwarnings("ignore", message="Image size .* exceeds limit")  # such images are refused in our words
    app()


def _fail(line: str, status: int) -> NoReturn:
    print(f"opsin: {line}", file=sys.stderr)
    raise typer.Exit(status)


def _quiet_stdout() -> None:
    """Nobody reads on: what Python still holds for stdout must not fail at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
