"""Benchmarks: speed and size of the portal beside plain baselines in the same run."""
