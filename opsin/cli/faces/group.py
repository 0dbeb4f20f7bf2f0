"""The group of commands on faces."""

import typer

from .enroll import enroll
from .find import find
from .search import search
from .verify import verify

faces = typer.Typer(
    name="faces",
    help="Finds, verifies and searches faces in photos, on this machine only.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command, example in (
    (find, "opsin faces find photo.jpg"),
    (verify, "opsin faces verify first.jpg second.jpg"),
    (enroll, "opsin faces enroll club.safetensors people/*/*.jpg --consent 'signed form'"),
    (search, "opsin faces search club.safetensors party/"),
):
    faces.command(epilog=f"Example: {example}", no_args_is_help=True)(command)
