"""What every test of the engine may ask for."""

from tests.story import story

__all__ = ["story"]
