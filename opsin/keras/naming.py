"""Names for layers and models that have none: counted over the whole session, as Keras counts them."""

from collections import Counter

from opsin.nn.naming import snake_case

_COUNTS: Counter[str] = Counter()


def auto_name(kind: str) -> str:
    """The next free name of a class: conv2d, conv2d_1, ...

    >>> clear_session()
    >>> auto_name("Conv2D"), auto_name("Conv2D"), auto_name("Dense")
    ('conv2d', 'conv2d_1', 'dense')
    """
    name = snake_case(kind)
    number = _COUNTS[name]
    _COUNTS[name] += 1
    return f"{name}_{number}" if number else name


def clear_session() -> None:
    """Starts the counting anew; call it before a model is described again."""
    _COUNTS.clear()
