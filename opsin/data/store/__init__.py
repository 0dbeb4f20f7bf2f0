"""Decoded images and masks in memory-mapped files."""
