"""Printing that no terminal's alphabet can break: lines of boxes and bars become plain where they must."""

import sys

_PLAIN = str.maketrans({"━": "=", "─": "-", "│": "|", "┃": "|", "…": "~", **dict.fromkeys("┏┳┓┡╇┩├┼┤└┴┘╭╮╰╯", "+")})


def say(text: str, end: str = "\n") -> None:
    """Prints at once; characters that standard output cannot show are replaced by some that it can."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(_PLAIN).encode(encoding, "replace").decode(encoding)
    print(text, end=end, flush=True)
