"""What a process's spool has done since it began: for people on call and their monitors."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Figures:
    """Counts of clicks, and of segments rotated and adopted.

    ``refused`` couldn't be spooled and went straight to the database, ``full`` of them for want of
    room. ``set_aside`` lines could not be loaded; ``torn`` ones were never answered.
    """

    spooled: int = 0
    refused: int = 0
    full: int = 0
    loaded: int = 0
    duplicates: int = 0
    bots: int = 0
    previews: int = 0
    rotations: int = 0
    adopted: int = 0
    torn: int = 0
    set_aside: int = 0

    def as_text(self, **gauges: int) -> str:
        """Return the figures as monitors read them, a line each, with what is measured now."""
        counts = {f"{name}_total": count for name, count in asdict(self).items()}
        return "".join(
            f"hoahong_clicks_{name} {value}\n" for name, value in (counts | gauges).items()
        )
