"""Figures that the README claims: `python -m tests.benchmarks [NAME …]`. Not part of the tests."""
