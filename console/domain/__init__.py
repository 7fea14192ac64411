"""What is true of Amazon Pay, as pure code: no I/O, no clock of its own, standard library only."""
