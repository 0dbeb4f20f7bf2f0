"""Views of a network: summary tables and diagrams."""
