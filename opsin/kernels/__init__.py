"""Faster replacements of torch operations with the same meaning."""
