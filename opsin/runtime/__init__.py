"""Execution of a trained network: fused layers, PyTorch or OpenVINO."""
