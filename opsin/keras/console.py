"""Printing of box-drawing characters on terminals of any encoding."""

import sys

_PLAIN = str.maketrans({"━": "=", "─": "-", "│": "|", "┃": "|", "…": "~", **dict.fromkeys("┏┳┓┡╇┩├┼┤└┴┘╭╮╰╯", "+")})


def print_safely(text: str, end: str = "\n") -> None:
    """Prints and flushes. Characters that standard output cannot encode are replaced by ASCII ones.

    Args:
        text: Text to print.
        end: Printed after the text.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(_PLAIN).encode(encoding, "replace").decode(encoding)
    print(text, end=end, flush=True)
