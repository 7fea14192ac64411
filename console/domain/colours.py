"""The colours that an account's title bar can have, beside that of its environment."""

from typing import Final

COLOURS: Final = ("blue", "teal", "green", "olive", "orange", "brown", "purple", "grey")
