"""The exhaustive model: what it searches, what it finds, and that it is the engine's own table."""
