"""Words as numbers, taggers and how to measure them honestly (lesson 04)."""

__all__: list[str] = []
