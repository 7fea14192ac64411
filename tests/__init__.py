"""The rules of payconsole, each proved."""

import console.tui  # noqa: F401  - before Textual, which it tells how often to draw
