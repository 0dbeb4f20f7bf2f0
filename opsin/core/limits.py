"""Limits on input sizes."""

MAX_PIXELS = 178_956_970
"""Maximum number of pixels of a decoded image (Pillow's limit), checked from the file header before allocation."""
