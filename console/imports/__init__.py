"""What merchants have, read into the index of known ids.

Instant payment notifications of v1 and v2, Amazon's transaction and settlement reports, and
plain CSV of order numbers and ids. What a file is, is found by its content.

Nothing here asks Amazon, and everything here blocks on the disk: call it from a thread.
"""

from __future__ import annotations

from console.imports.dropped import paths_in
from console.imports.run import Bad, FileResult, Imported, Progress, import_files

__all__ = ["Bad", "FileResult", "Imported", "Progress", "import_files", "paths_in"]
