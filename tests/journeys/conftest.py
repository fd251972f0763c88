"""What every journey may ask for."""

from tests.story import story

__all__ = ["story"]
