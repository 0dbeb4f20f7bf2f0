"""A network for the eye: summary tables and diagrams."""
