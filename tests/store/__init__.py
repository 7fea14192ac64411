"""The journal, its claims and the index, on real files."""
