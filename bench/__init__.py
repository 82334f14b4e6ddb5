"""Benchmarks: each is a command that prints a table. See bench/README.md."""
