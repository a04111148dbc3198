"""The Beam transforms of Tamis; what they compute is in `transforms.kernels`."""
