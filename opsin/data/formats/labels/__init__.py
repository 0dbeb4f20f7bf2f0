"""Readers of class labels and numbers: class folders, CSV, npz, arrays."""
