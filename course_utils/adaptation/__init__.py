"""A source with labels, a target without (or with few), and a difference between the two (lesson 06)."""

__all__: list[str] = []
