"""A denoising autoencoder without training: what a column says about the others, in closed form (lesson 06)."""

import numpy as np
from scipy import linalg, sparse
from sklearn.base import BaseEstimator, TransformerMixin

from course_utils.data._checks import checked_columns, checked_sample, checked_whole
from course_utils.errors import DataError

__all__ = ["MarginalizedDenoiser"]


class MarginalizedDenoiser(TransformerMixin, BaseEstimator):
    r"""Reconstruct each feature from all the others, stacked: mSDA. Introduced in lesson 06.

    An autoencoder that rebuilds x from a copy in which each feature was deleted with probability `noise`. For a linear one,
    the mean over *all* ways to delete has a closed form: with the scatter :math:`S = X^\top X`, the best map is
    :math:`W = P Q^{-1}`, where Q is S times the chance that both features survive, and P is S times the chance that the second
    does. A tanh follows, and the next layer reads what this one wrote. Chen, Xu, Weinberger and Sha (2012), "Marginalized
    denoising autoencoders for domain adaptation", ICML.

    Fit it on the unlabelled examples of source *and* target: a word of the target that stands beside a word of both takes
    over its meaning.

    Parameters
    ----------
    noise : float
        Probability from 0 to below 1 that a feature is deleted.
    layers : int
        How many are stacked.
    ridge : float
        Added to the diagonal of Q, so that it can be inverted.

    Attributes
    ----------
    maps_ : list of numpy.ndarray
        For each layer W, shape (d, d + 1); the last column belongs to a constant that is never deleted.
    """

    def __init__(self, noise: float = 0.5, layers: int = 1, ridge: float = 1e-5):
        self.noise, self.layers, self.ridge = noise, layers, ridge

    def fit(self, X, y=None):
        """Learn the maps from examples of shape (n, d), those of both domains together; labels are not used."""
        if not 0 <= self.noise < 1:
            raise DataError(f"The noise is {self.noise!r}.", "give a probability from 0 to below 1, such as 0.5.")
        if not self.ridge > 0:
            raise DataError(f"The ridge is {self.ridge!r}.", "leave ridge out.")
        checked_whole(self.layers, "The number of layers")
        hidden = checked_sample(_dense(X), "sample")
        self.n_features_in_ = hidden.shape[1]
        self.maps_ = []
        for _ in range(self.layers):
            self.maps_.append(self._map(hidden))
            hidden = np.tanh(_with_constant(hidden) @ self.maps_[-1].T)
        return self

    def _map(self, hidden):
        features = _with_constant(hidden)
        scatter = features.T @ features
        survives = np.append(np.full(hidden.shape[1], 1 - self.noise), 1.0)  # the constant is never deleted
        both = scatter * np.outer(survives, survives)
        np.fill_diagonal(both, survives * np.diag(scatter))                  # a feature survives together with itself
        wanted = (scatter * survives)[:-1]
        both += self.ridge * np.eye(len(both))
        return linalg.solve(both, wanted.T, assume_a="pos").T

    def transform(self, X) -> np.ndarray:
        """Return the features and all layers side by side, float64 (n, d · (layers + 1))."""
        if not hasattr(self, "maps_"):
            raise DataError("The denoiser knows no examples yet.", "call fit(X) with source and target together first.")
        parts = [checked_columns(_dense(X), self.n_features_in_, "denoiser")]
        for mapping in self.maps_:
            parts.append(np.tanh(_with_constant(parts[-1]) @ mapping.T))
        return np.hstack(parts)


def _dense(X):
    return X.toarray() if sparse.issparse(X) else X


def _with_constant(hidden: np.ndarray) -> np.ndarray:
    return np.column_stack([hidden, np.ones(len(hidden))])
