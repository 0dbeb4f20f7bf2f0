"""Templates of the pages and their style sheet."""

from functools import cache
from pathlib import Path
from typing import Any

from .markup import Markup

_FOLDER = Path(__file__).parent


@cache
def template(name: str) -> Any:
    """Returns a template of this folder; it escapes all values, and an unknown name raises.

    Args:
        name: File name, such as "page.html.j2".
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(_FOLDER)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(name)


@cache
def style() -> Markup:
    """Returns the style sheet of the pages."""
    return Markup((_FOLDER / "style.css").read_text(encoding="utf-8"))
