"""Data sets of the lessons: built-in ones, made with a seed, and the reader's own."""

__all__: list[str] = []
