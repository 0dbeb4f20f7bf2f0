"""Limits on the size of inputs."""

MAX_PIXELS = 178_956_970
"""The largest picture that is decoded (as in Pillow); checked in the header, before any memory is taken."""
