"""The figures of the project, measured: ``python -m benchmarks``."""
