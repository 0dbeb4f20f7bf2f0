"""A way to read what lies in a folder: what each format offers when the files fit it."""

from collections.abc import Callable
from dataclasses import dataclass

from ..table import Table
from ..targets import TargetKind


@dataclass(frozen=True)
class FormatMatch:
    """One way in which the files of a folder can be read.

    `words` names it in messages, `files` are the paths (within the folder) of the files that describe the whole, such
    as a data.yaml, `kinds` are the kinds of target that it can be read for, the usual one first, and `read` takes what
    the person typed and the kind asked for (None: the usual one).
    """

    description: str
    files: tuple[str, ...]
    kinds: tuple[TargetKind, ...]
    read: Callable[[str, TargetKind | None], Table]


FormatMatches = tuple[list[FormatMatch], str]
"""The ways a format offers, and, for the message when there are none, why."""
