"""The group of commands on faces."""

import typer

from .calibrate import calibrate
from .check import check
from .cluster import cluster
from .enroll import enroll
from .evaluate import evaluate
from .find import find
from .forget import forget
from .search import search
from .train import train
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
    (calibrate, "opsin faces calibrate club.safetensors --far 1e-3"),
    (check, "opsin faces check club.safetensors"),
    (cluster, "opsin faces cluster holiday/"),
    (evaluate, "opsin faces evaluate people/"),
    (train, "opsin faces train animals/ --minutes 10"),
    (forget, "opsin faces forget club.safetensors 'Ada Lovelace'"),
):
    faces.command(epilog=f"Example: {example}", no_args_is_help=True)(command)
