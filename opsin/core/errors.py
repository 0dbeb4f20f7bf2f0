"""Exceptions with one-line messages: the problem, the expected value and the fix."""


class OpsinError(Exception):
    """Base class of all errors that Opsin raises. The command line prints the message and exits with status 1."""

    def _render_traceback_(self) -> list[str]:
        """Returns the lines that IPython shows instead of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class DataError(OpsinError):
    """Images, targets or their files are invalid."""


class NetworkError(OpsinError):
    """A network description is invalid. The message names the layer, its input shape and the fix."""


class ModelFileError(OpsinError):
    """A model or run file is truncated, of another format, or malicious. None of its content was executed."""
