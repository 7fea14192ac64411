"""The parts of the console screen, each showing one thing from plain data."""
