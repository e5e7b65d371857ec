"""Transfer learning with images (lessons 02 and 03)."""

__all__: list[str] = []
