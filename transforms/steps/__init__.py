"""What one element goes through: files in, kernels, files out; how elements flow is not told here."""
