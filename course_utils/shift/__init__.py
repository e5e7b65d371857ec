"""Dataset shift: weights, class shares, detection and remedies (lesson 01)."""

__all__ = []
