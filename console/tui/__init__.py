"""The screens. A door: it imports the core, and nothing imports it.

What is loaded for the first paint is light: its records are named tuples, where a dataclass takes
five times as long to be made, and what is needed later is imported later.
"""
