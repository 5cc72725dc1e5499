"""What results say of themselves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Caption:
    """What results say of themselves: texts, and the time that they stand for."""

    title: str
    source: str
    year: int
    period: str
    outputs: tuple[str, ...]

    def to_metadata(self) -> dict[str, str]:
        """Return the facts that every table carries."""
        return {
            "title": self.title,
            "source": self.source,
            "year": str(self.year),
            "period": self.period,
        }
