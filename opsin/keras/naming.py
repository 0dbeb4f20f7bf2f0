"""Automatic names of layers and models, numbered over the whole session, as in Keras."""

from collections import Counter

from opsin.nn.naming import snake_case

_COUNTS: Counter[str] = Counter()


def auto_name(kind: str) -> str:
    """Returns the next free name of a class: conv2d, conv2d_1, ...

    Examples:
        >>> clear_session()
        >>> auto_name("Conv2D"), auto_name("Conv2D"), auto_name("Dense")
        ('conv2d', 'conv2d_1', 'dense')
    """
    name = snake_case(kind)
    number = _COUNTS[name]
    _COUNTS[name] += 1
    return f"{name}_{number}" if number else name


def clear_session() -> None:
    """Resets the numbers of automatic names."""
    _COUNTS.clear()
