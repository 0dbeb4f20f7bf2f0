"""The `opsin` command and its subcommands.

Exit status: 0 success, 1 failure, 2 wrong usage, 130 stopped by Ctrl-C.
"""

import io
import os
import sys
import warnings
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from .check import check
from .demo import demo
from .evaluate import evaluate
from .explain import explain
from .faces import faces
from .predict import predict
from .summary import summary
from .train import train

INTERRUPTED = 130


class Commands(TyperGroup):
    """Command group that reports an expected exception as one line on stderr and an exit status."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the selected command."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except BrokenPipeError:
            _discard_stdout()
            raise typer.Exit(1) from None
        except KeyboardInterrupt as stop:
            _fail(
                " ".join(str(stop).split()) or "stopped by Ctrl-C; files that were already saved are kept", INTERRUPTED
            )
        except Exception as error:
            errors = sys.modules.get("opsin.core.errors")  # not imported yet: the error is not an OpsinError
            if errors is None or not isinstance(error, errors.OpsinError):
                raise
            _fail(" ".join(str(error).split()), 1)


app = typer.Typer(
    name="opsin",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: two columns, readable at a width of 80 characters
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command, example in (
    (check, "opsin check photos"),
    (train, "opsin train photos --minutes 5"),
    (predict, "opsin predict best.safetensors new/ -o predictions.csv"),
    (evaluate, "opsin evaluate best.safetensors other-photos"),
    (explain, "opsin explain best.safetensors photo.jpg -o inside.html"),
    (summary, "opsin summary resnet_small --input-size 32 --classes 10"),
    (demo, "opsin demo"),
):
    app.command(epilog=f"Example: {example}", no_args_is_help=command is not demo)(command)
app.add_typer(faces)


def _show_version(requested: bool) -> None:
    if requested:
        from opsin import __version__

        print(f"opsin {__version__}")
        raise typer.Exit


@app.callback(epilog="Example: opsin train photos --minutes 5")
def opsin(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Trains and evaluates convolutional neural networks on images."""


def main() -> None:
    """Runs the command line. Characters that the terminal cannot encode are printed as backslash escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    warnings.filterwarnings("ignore", message="Image size .* exceeds limit")  # the data package raises its own error
    app(prog_name="opsin")


def _fail(line: str, status: int) -> NoReturn:
    print(f"opsin: {line}", file=sys.stderr)
    raise typer.Exit(status)


def _discard_stdout() -> None:
    """Redirects stdout to the null device after the reader closed the pipe, so that the flush at exit succeeds."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
