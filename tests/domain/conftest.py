"""Properties are about what is true, not about how long a busy machine takes."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")
