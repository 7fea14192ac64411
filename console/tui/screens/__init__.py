"""What fills the terminal: the console itself and the dialogs over it."""
