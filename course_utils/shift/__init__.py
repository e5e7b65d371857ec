"""Dataset shift: weights, class shares and detection (lesson 01)."""

__all__ = []
