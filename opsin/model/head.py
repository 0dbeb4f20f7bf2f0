"""Check that a network fits its input and its task."""

from opsin.core import NetworkError, Shape
from opsin.nn import Sequential
from opsin.tasks import Task


def check_head(network: Sequential, size: Shape, task: Task) -> None:
    """Raises NetworkError when a network does not fit its input or its task.

    Args:
        network: The network.
        size: Shape of an input, (height, width, channels) or (depth, height, width, channels).
        task: The task, whose output layout the network must have.
    """
    *space, _ = size
    found, layout = network.output_shape, task.output.layout
    if len(space) not in task.output.ranks:
        raise NetworkError(
            f"task {task.name} takes inputs with {' or '.join(map(str, task.output.ranks))} spatial axes. "
            f"Expected no input of {size}."
        )
    wanted: tuple[object, ...] = (task.units,)
    if layout == "map":
        wanted = (*space, task.units)
    elif layout == "grid" and len(found) == len(size):
        stride = -(-space[0] // found[0])
        wanted = (*(-(-side // stride) for side in space), task.units)
    elif layout == "grid":
        wanted = (*("cells" for _ in space), task.units)
    if network.input_shape != size or found != wanted:
        raise NetworkError(
            f"the network has the input {network.input_shape} and the output {found}. Expected {size} and {wanted}."
        )
