"""Helper package of the transfer-learning course.

Import the rooms that you need, for instance ``from course_utils.vision import backbones``. This file
imports nothing, so that ``import course_utils`` is instant and never starts TensorFlow.
"""

__version__ = "0.1.0"
__all__ = ["__version__"]
