"""What one element of the pipeline goes through: files in, kernels, files out; nothing here is Beam's wiring."""
