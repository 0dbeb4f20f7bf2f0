"""Image classification with one class or several labels."""
