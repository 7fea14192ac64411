"""The screens. A door: it imports the core, and nothing imports it."""
