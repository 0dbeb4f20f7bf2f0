"""Errors that a person can act on: what was received, what was expected, how to mend it, in one line."""


class OpsinError(Exception):
    """Base of every error that Opsin raises on purpose; the command line prints it as one line and exits with 1."""


class DataError(OpsinError):
    """The images, the targets or their files are not what was expected."""


class NetworkError(OpsinError):
    """A network, as described, cannot work; the message names the layer, its input shape and the mend."""


class ModelFileError(OpsinError):
    """A model or run file is cut short, foreign or hostile; nothing of it was run."""
