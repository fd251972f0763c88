"""How often Python looks for circles of garbage: seldom, for nearly none of ours are."""

from __future__ import annotations

import gc

_NEW_OBJECTS = 50_000


def collect_seldom() -> None:
    """Look for circles after fifty thousand new objects; Python would do so after seven hundred.

    Rows are many and make no circles, and each look goes through them again: it was 30 % of an
    import (100,000 lines: 4.1 s of processor time, now 2.9, with as much memory). What is loaded
    by now stays for good, so it is looked through no more.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 50)
