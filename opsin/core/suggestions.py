"""Suggestions for misspelt names, for error messages."""

import difflib
from collections.abc import Iterable

CUTOFF = 0.6
"""Least similarity (0 to 1, `difflib.SequenceMatcher.ratio`) of a suggested name."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Returns a question that names the most similar known name, or "" if none is similar.

    Args:
        name: Name that is not known.
        known: Known names.

    Returns:
        Text with a leading space, to be put behind a sentence.

    Examples:
        >>> did_you_mean("resnet81", ["resnet18", "resnet34"]), did_you_mean("Labels", ["label"])
        (" Did you mean 'resnet18'?", " Did you mean 'label'?")
        >>> did_you_mean("xyz", ["resnet18"])
        ''
    """
    by_folded = {_folded(one): one for one in known}
    close = difflib.get_close_matches(_folded(name), list(by_folded), 1, CUTOFF)
    return f" Did you mean {by_folded[close[0]]!r}?" if close else ""


def _folded(name: str) -> str:
    """Returns a name without case, and with one kind of separator."""
    return name.casefold().replace("-", "_").replace(" ", "_")
