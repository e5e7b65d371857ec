"""Transfer learning with images (lessons 02, 03 and 07)."""

__all__: list[str] = []
