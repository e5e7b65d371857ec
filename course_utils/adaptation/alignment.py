"""Make source features look like target features, without a label of the target (lesson 06).

scikit-learn's conventions, but for two samples: ``fit(source_X, target_X)``, then ``transform(source_X)`` moves the source
to the target. A classifier is trained on the moved source and read on the target as it is::

    aligned = CorrelationAlignment().fit(source_X, target_X)
    model.fit(aligned.transform(source_X), source_y).predict(target_X)
"""

import numpy as np
from sklearn.base import BaseEstimator

from course_utils.data._checks import checked_columns, checked_pair, checked_sample
from course_utils.errors import DataError

__all__ = ["ColumnAlignment", "CorrelationAlignment", "FeatureAugmentation"]


class _Alignment(BaseEstimator):
    """What the two alignments share: checks, and a linear map of the centred source."""

    def fit(self, source_X, target_X):
        """Learn the map from unlabelled samples of shape (n, d) and (m, d)."""
        source, target = checked_pair(source_X, target_X)
        self.n_features_in_ = source.shape[1]
        self.source_mean_, self.target_mean_ = source.mean(axis=0), target.mean(axis=0)
        self._fit(source - self.source_mean_, target - self.target_mean_)
        return self

    def transform(self, X) -> np.ndarray:
        """Return source points of shape (k, d) as the target would have measured them, float64 (k, d)."""
        if not hasattr(self, "n_features_in_"):
            raise DataError("The alignment does not know source and target yet.", "call fit(source_X, target_X) first.")
        return self._moved(checked_columns(X, self.n_features_in_, "alignment"))


class ColumnAlignment(_Alignment):
    """Give each column of the source the target's mean and standard deviation. Introduced in lesson 06.

    The humble baseline: what a sensor that was replaced, or another light, changes in each column by itself. A column that
    is constant in the source or in the target is only moved. The moments of several networks' layers are changed in this
    way by Li, Wang, Shi, Liu and Hou (2017), "Revisiting batch normalization for practical domain adaptation", ICLR workshop.
    """

    def _fit(self, source, target):
        # Rounding leaves a constant column with a spread of 1e-16, by which nothing must be divided.
        before, after = source.std(axis=0), target.std(axis=0)
        varies = (before > 1e-12 * np.abs(self.source_mean_)) & (after > 1e-12 * np.abs(self.target_mean_))
        self.scale_ = np.where(varies, after, 1.0) / np.where(varies, before, 1.0)

    def _moved(self, X):
        return (X - self.source_mean_) * self.scale_ + self.target_mean_


class CorrelationAlignment(_Alignment):
    r"""Give the source the target's covariance: CORAL. Introduced in lesson 06.

    The map is :math:`A = C_S^{-1/2} C_T^{1/2}`, where both covariances have a multiple of the identity added: whiten the source,
    colour it as the target is. Sun, Feng and Saenko (2016), "Return of frustratingly easy domain adaptation", AAAI; their four lines leave
    the means alone, since their features were centred before.

    Parameters
    ----------
    penalty : float
        :math:`\lambda` above 0, as a multiple of the mean variance of the source's columns: 1 in the paper, whose features were
        standardised.
    means : bool
        Whether the source also gets the target's mean. Without it, as in the paper, both must be centred before.
    """

    def __init__(self, penalty: float = 1.0, means: bool = True):
        self.penalty, self.means = penalty, means

    def _fit(self, source, target):
        if not 0 < self.penalty < np.inf:
            raise DataError(f"The penalty is {self.penalty!r}: a covariance of few examples has no inverse without one.",
                            "leave penalty out.")
        ridge = self.penalty * source.var(axis=0, ddof=1).mean() or 1.0  # a source of equal rows has no variance
        self.map_ = _power(_covariance(source, ridge), -0.5) @ _power(_covariance(target, ridge), 0.5)

    def _moved(self, X):
        if not self.means:
            return X @ self.map_
        return (X - self.source_mean_) @ self.map_ + self.target_mean_


def _covariance(centred: np.ndarray, ridge: float) -> np.ndarray:
    return centred.T @ centred / (len(centred) - 1) + ridge * np.eye(centred.shape[1])


def _power(symmetric: np.ndarray, exponent: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(symmetric)
    return (vectors * np.maximum(values, values.max() * 1e-15)**exponent) @ vectors.T  # rounding may leave some below 0


class FeatureAugmentation(BaseEstimator):
    """Write each feature three times: for all, for the source, for the target. Introduced in lesson 06.

    A source example becomes (x, x, 0), a target example (x, 0, x): a linear model learns what holds everywhere from all
    labels, and what holds in one domain from that one's. It needs labels in the target. Daumé III (2007), "Frustratingly
    easy domain adaptation", ACL.
    """

    def fit(self, X, y=None):
        """Remember the number of columns."""
        self.n_features_in_ = checked_sample(X, "sample", rows=1).shape[1]
        return self

    def transform(self, X, domain: str = "target") -> np.ndarray:
        """Return points of shape (n, d) as float64 (n, 3d).

        Parameters
        ----------
        X : array (n, d)
            Examples of one domain.
        domain : {"source", "target"}
            Which one; new examples are of the target.

        Raises
        ------
        DataError
            If the domain is neither, or the columns are not those of `fit`.
        """
        X = checked_sample(X, "sample", rows=1)
        X = checked_columns(X, getattr(self, "n_features_in_", X.shape[1]), "augmentation")
        if domain not in ("source", "target"):
            raise DataError(f"{domain!r} is no domain.", 'say "source" or "target".')
        nothing = np.zeros_like(X)
        return np.hstack([X, X, nothing] if domain == "source" else [X, nothing, X])
