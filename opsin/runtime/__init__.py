"""Execution of networks: merged layers for training, fused layers, PyTorch or OpenVINO for prediction."""
