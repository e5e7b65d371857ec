"""Graded homework: data of a cohort, checks that teach, and grading of strangers' notebooks (lecturers: notebooks/homework/).

Inside a homework only :class:`Homework` is needed. The other modules grade: :mod:`notebook` (cells), :mod:`kernels` and
:mod:`sandbox` (where a submission runs), :mod:`examination` (its points), :mod:`grading` (a whole cohort, with nbgrader).
"""

from course_utils.homework.assignment import Homework, Named, NotYet

__all__ = ["Homework", "Named", "NotYet"]
