"""The command line: the same engine as the screen, for scripts and for screen readers."""
