"""The interface of the readers of folders."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..table import Table
from ..targets import TargetKind


@dataclass(frozen=True)
class FormatMatch:
    """A format that fits the files of a folder.

    Attributes:
        description: Name of the match in messages.
        files: Paths within the folder of the files that describe the whole data set, such as a data.yaml.
        kinds: Kinds of target that can be read, the default first.
        read: Reads the table; called with the name of the data set in messages and the kind of target (None: the
            default).
        lacks: Reason why the match is used only for a kind that is asked for; empty for a full match.
        format: Name of the format, which `match_formats` sets.
    """

    description: str
    files: tuple[str, ...]
    kinds: tuple[TargetKind, ...]
    read: Callable[[str, TargetKind | None], Table]
    lacks: str = ""
    format: str = ""

    def table(self, origin: str, kind: TargetKind | None) -> Table:
        """Reads the table, with the name of the format.

        Args:
            origin: Name of the data set in messages.
            kind: Kind of target; None for the default.
        """
        return replace(self.read(origin, kind), format=self.format)


class NearMiss(str):
    """Reason of a reader that recognised its files in part: class folders are not tried then."""


FormatMatches = tuple[list[FormatMatch], str]
"""The matches of one format, and the reason when there are none."""
