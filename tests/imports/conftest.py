from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.store.index import KnownIds


@pytest.fixture
def known(tmp_path: Path) -> Iterator[KnownIds]:
    """An index in a real file."""
    index = KnownIds(tmp_path / "data" / "index.sqlite")
    yield index
    index.close()
