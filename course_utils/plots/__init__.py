"""The figures of the course: galleries, curves, matrices, trees, embeddings, networks, texts, tasks, dataset shift.

Every function returns a :class:`matplotlib.figure.Figure` and asks for ``alt``, a sentence that says what
the figure shows to a reader who cannot see it. The figure carries the sentence as ``figure.alt_text``, and
``show(figure)`` stores it in the notebook beside the picture::

    plots.show(plots.image_gallery(images, names, alt="Six photographs: three sharks and three dolphins."))

Nothing here touches ``matplotlib.pyplot``: no figure is open behind your back, and none is shown twice.
The colours are those of Okabe and Ito, told apart with every common kind of colour vision; no figure says
with colour alone what it says.
"""

from course_utils.plots._canvas import COLOURS, png, show
from course_utils.plots.calibration import reliability
from course_utils.plots.evaluation import (
    confusion_matrix, curves, learning_curve, smooth, training_curves, value_matrix,
)
from course_utils.plots.controls import explore
from course_utils.plots.embeddings import embedding
from course_utils.plots.guide import before_after, decision_grid
from course_utils.plots.images import feature_maps, image_gallery, prediction_gallery
from course_utils.plots.networks import blocks, roofline
from course_utils.plots.sharing import histograms, trade_off, wiring
from course_utils.plots.shift import decision_regions, shift_densities, tree, weighted_fit
from course_utils.plots.text import tag_strip, word_map

__all__ = [
    "COLOURS", "before_after", "blocks", "confusion_matrix", "curves", "decision_grid", "decision_regions",
    "embedding", "explore", "feature_maps", "histograms", "image_gallery", "learning_curve", "png",
    "prediction_gallery", "reliability", "roofline", "shift_densities", "show", "smooth", "tag_strip", "trade_off",
    "training_curves", "tree", "value_matrix", "weighted_fit", "wiring", "word_map",
]
