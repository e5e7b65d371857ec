"""Importance weights: the source made to look like the target (lesson 01).

Under covariate shift the risk on the target is a weighted risk on the source, with the weight
``w(x) = P_target(x) / P_source(x)``. Four ways to estimate it from two samples without labels, with one interface::

    ratio = LogisticRatio(degree=2).fit(source_X, target_X)
    model.fit(source_X, source_y, sample_weight=ratio.weights_)

Weights are worth what their *effective sample size* says. See Sugiyama, Suzuki and Kanamori (2012), "Density Ratio
Estimation in Machine Learning", Cambridge University Press.
"""

import warnings

import numpy as np
from scipy.optimize import brentq
from scipy.spatial.distance import cdist, pdist
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.utils.validation import has_fit_parameter

from course_utils.data._checks import checked_columns, checked_pair, checked_sample
from course_utils.errors import DataError
from course_utils.metrics import checked_weights, effective_sample_size

__all__ = [
    "KernelDensityRatio", "KernelMeanMatching", "LeastSquaresRatio", "LogisticRatio", "OverlapWarning",
    "clip_weights", "effective_sample_size", "fit_weighted", "median_distance", "normalise_weights",
]

LARGEST_LOG_RATIO = 50.0  # beyond e^50 a weight says "outside the source", not how much
FEW = 10
SMALLEST_PULL = 1e-9


class OverlapWarning(UserWarning):
    """So few source points carry the weight that a model trained on them cannot be trusted."""


def normalise_weights(weights: np.ndarray) -> np.ndarray:
    """Return the weights with mean 1, so that a model's regularisation keeps its meaning. Introduced in lesson 01.

    Parameters
    ----------
    weights : array (n,)
        Weights from 0 up, not all of them 0.

    Raises
    ------
    DataError
        As `effective_sample_size`.
    """
    weights = checked_weights(weights)
    weights = weights / weights.max()
    return weights / weights.mean()


def clip_weights(weights: np.ndarray, largest: float) -> np.ndarray:
    """Cut weights at `largest` times their mean, then bring the mean back to 1. Introduced in lesson 01.

    Less variance for some bias: the few points that stand for everything are held back. As the mean falls by the cut, a
    weight of the result may be above `largest` again. Ionides (2008), "Truncated
    importance sampling", Journal of Computational and Graphical Statistics 17.

    Parameters
    ----------
    weights : array (n,)
        Weights from 0 up, not all of them 0.
    largest : float
        Bound in multiples of the mean weight, at least 1.

    Raises
    ------
    DataError
        As `effective_sample_size`, or if `largest` is below 1.
    """
    if not largest >= 1:
        raise DataError(f"Weights cannot be clipped at {largest} times their mean.", "use 10, for instance.")
    return normalise_weights(np.minimum(normalise_weights(weights), largest))


def fit_weighted(model, X, y, weights):
    """Fit a model with one weight for each example, and return it. Introduced in lesson 01.

    A pipeline wants to know for which of its steps the weights are: for the last.

    Parameters
    ----------
    model : scikit-learn estimator or pipeline
        It is fitted in place.
    X, y : array (n, d) and (n,)
        Examples and their labels or numbers.
    weights : array (n,) or None
        One for each example; None for equal ones.

    Raises
    ------
    DataError
        If the weights are not as many as the examples, or the model takes none.
    """
    steps = getattr(model, "steps", None)
    last = steps[-1][1] if steps else model
    if not has_fit_parameter(last, "sample_weight"):
        raise DataError(f"{type(last).__name__} does not take weights.", "use logistic regression or trees, for instance.")
    if weights is not None and len(checked_weights(weights)) != len(X):
        raise DataError(f"There are {len(weights)} weights for {len(X)} examples.", "weight the data that you fit.")
    return model.fit(X, y, **{f"{steps[-1][0]}__sample_weight" if steps else "sample_weight": weights})


def median_distance(X: np.ndarray, seed: int = 0) -> float:
    """Return the median distance between points, the usual first guess for the width of a Gaussian kernel.

    Parameters
    ----------
    X : array (n, d)
        Points; of more than 500, a random 500 are used.
    seed : int
        Of the choice.
    """
    X = checked_sample(X, "sample")
    if len(X) > 500:
        X = np.random.default_rng(seed).choice(X, 500, replace=False)
    distances = pdist(X)
    distances = distances[distances > 0]
    return float(np.median(distances)) if distances.size else 1.0


def _from_logarithm(log_ratio: np.ndarray) -> np.ndarray:
    return np.exp(np.clip(log_ratio, -LARGEST_LOG_RATIO, LARGEST_LOG_RATIO))


class _Ratio(BaseEstimator):
    """What the four estimators share: checks, weights of the source with mean 1, and the warning."""

    def fit(self, source_X, target_X):
        """Estimate the ratio from unlabelled samples of shape (n, d) and (m, d); sets ``weights_``, shape (n,)."""
        source, target = checked_pair(source_X, target_X)
        self.n_features_in_ = source.shape[1]
        self._fit(source, target)
        weights = self._source_weights(source)
        if not weights.max() > 0:
            raise DataError("No source point lies where target points are: all weights are 0.",
                            "collect source data there, or labels in the target; weights cannot help.")
        self.weights_ = normalise_weights(weights)
        size, mean = effective_sample_size(weights), weights.mean()
        # Far apart, all weights are equally small, and the size looks splendid; but their mean is then far from 1.
        if size < min(FEW, len(source) / 2) or not 1 / 3 < mean < 3:
            warnings.warn(
                f"Source and target hardly overlap: the weights of {len(source)} source points are worth {size:.1f} "
                f"points, and their mean, which should be 1, is {mean:.2g}. Do not trust a model that is trained with "
                "them.", OverlapWarning, stacklevel=2)
        return self

    def predict(self, X) -> np.ndarray:
        """Return the estimated ratio P_target(x) / P_source(x) at points of shape (k, d)."""
        if not hasattr(self, "weights_"):
            raise DataError("The estimator does not know source and target yet.", "call fit(source_X, target_X) first.")
        return self._ratio(checked_columns(X, self.n_features_in_, "estimator"))

    def _source_weights(self, source):
        return self._ratio(source)


class LogisticRatio(_Ratio):
    """Tell source from target with logistic regression; the odds are the ratio. Introduced in lesson 01.

    By Bayes' rule P_t(x) / P_s(x) = P(target | x) / P(source | x) · n_s / n_t. Bickel, Brückner and Scheffer (2009),
    "Discriminative learning under covariate shift", Journal of Machine Learning Research 10.

    Parameters
    ----------
    degree : int
        Of the polynomial in x. Two normal distributions have a ratio whose logarithm is a polynomial of degree 2, or of
        degree 1 where their covariances are equal.
    C : float
        Inverse strength of the penalty. A strong penalty pulls all weights towards 1.
    """

    def __init__(self, degree: int = 2, C: float = 1.0):
        self.degree, self.C = degree, C

    def _fit(self, source, target):
        if not (self.degree >= 1 and self.C > 0):
            raise DataError(f"A classifier of degree {self.degree} with C={self.C} does not exist.",
                            "use degree=2 and C=1.0.")
        self.classifier_ = make_pipeline(
            StandardScaler(), PolynomialFeatures(self.degree, include_bias=False), StandardScaler(),
            LogisticRegression(C=self.C, max_iter=2000))
        is_target = np.repeat([0, 1], [len(source), len(target)])
        self.classifier_.fit(np.concatenate([source, target]), is_target)
        self.log_size_ratio_ = np.log(len(source) / len(target))

    def _ratio(self, X):
        return _from_logarithm(self.classifier_.decision_function(X) + self.log_size_ratio_)


class KernelDensityRatio(_Ratio):
    """Estimate both densities with Gaussian kernels and divide: the obvious way. Introduced in lesson 01.

    Dividing by an estimate that is nearly zero makes wild weights, the more so in many dimensions: Vapnik's advice is
    never to solve a harder problem on the way to an easier one.

    Parameters
    ----------
    bandwidths : sequence of float
        Candidates for the kernel's width in standard deviations of the target; cross-validation takes the one
        under which held-out target points are most likely, and does the same for the source.
    """

    def __init__(self, bandwidths=(0.1, 0.2, 0.4, 0.8)):
        self.bandwidths = bandwidths

    def _fit(self, source, target):
        if not (len(self.bandwidths) and min(self.bandwidths) > 0):
            raise DataError(f"The bandwidths {self.bandwidths} do not allow a density.", "leave bandwidths out.")
        scale = StandardScaler().fit(target)
        self.densities_ = [make_pipeline(scale, self._density(scale.transform(sample))) for sample in (source, target)]

    def _density(self, sample):
        folds = KFold(min(5, len(sample)), shuffle=True, random_state=0)  # rows may come sorted
        search = GridSearchCV(KernelDensity(), {"bandwidth": list(self.bandwidths)}, cv=folds)
        return search.fit(sample).best_estimator_

    def _ratio(self, X):
        source, target = (density.score_samples(X) for density in self.densities_)
        return _from_logarithm(target - source)


class LeastSquaresRatio(_Ratio):
    """Fit the ratio itself by least squares, as a sum of Gaussian kernels: uLSIF. Introduced in lesson 01.

    Both the coefficients and the leave-one-out error have closed forms, so kernel width and penalty choose
    themselves. Kanamori, Hido and Sugiyama (2009), "A least-squares approach to direct importance estimation", Journal
    of Machine Learning Research 10.

    Parameters
    ----------
    n_kernels : int
        Number of kernels, put on random target points.
    widths : sequence of float
        Candidates for the kernel's width, in median distances between target points.
    penalties : sequence of float
        Candidates for the ridge penalty.
    seed : int
        Of the choice of the kernels' centres.
    """

    def __init__(self, n_kernels: int = 100, widths=(0.25, 0.5, 1.0, 2.0), penalties=(0.001, 0.01, 0.1, 1.0, 10.0),
                 seed: int = 0):
        self.n_kernels, self.widths, self.penalties, self.seed = n_kernels, widths, penalties, seed

    def _fit(self, source, target):
        if self.n_kernels < 1 or not (len(self.widths) and min(self.widths) > 0) or not (
                len(self.penalties) and min(self.penalties) > 0):
            raise DataError(f"{self.n_kernels} kernels with the widths {self.widths} and penalties {self.penalties} make no "
                            "ratio.", "use n_kernels=100, and leave widths and penalties out.")
        generator = np.random.default_rng(self.seed)
        source, target = generator.permutation(source), generator.permutation(target)  # rows may come sorted
        self.centres_ = generator.choice(target, min(self.n_kernels, len(target)), replace=False)
        unit = median_distance(target, self.seed)
        scored = [(self._leave_one_out(source, target, width * unit, penalty), width * unit, penalty)
                  for width in self.widths for penalty in self.penalties]
        self.score_, self.width_, self.penalty_ = min(scored)
        at_source, at_target = self._kernels(source, self.width_), self._kernels(target, self.width_)
        squares = at_source.T @ at_source / len(source) + self.penalty_ * np.eye(len(self.centres_))
        self.coefficients_ = np.maximum(np.linalg.solve(squares, at_target.mean(axis=0)), 0)

    def _kernels(self, X, width):
        return np.exp(-cdist(X, self.centres_, "sqeuclidean") / (2 * width**2))

    def _leave_one_out(self, source, target, width, penalty):
        """Error J = mean r(source)² / 2 − mean r(target), each point held out in turn (section 5 of the paper)."""
        n = min(len(source), len(target))
        at_source, at_target = self._kernels(source[:n], width).T, self._kernels(target[:n], width).T
        matrix = at_source @ at_source.T / n + penalty * (n - 1) / n * np.eye(len(self.centres_))
        solved = np.linalg.solve(matrix, np.column_stack([at_source, at_target.mean(axis=1), at_target]))
        by_source, by_mean, by_target = solved[:, :n], solved[:, n], solved[:, n + 1:]
        rest = n - (at_source * by_source).sum(axis=0)
        first = by_mean[:, None] + by_source * (at_source.T @ by_mean / rest)
        second = by_target + by_source * ((at_source * by_target).sum(axis=0) / rest)
        held_out = np.maximum((n * first - second) / n, 0)
        return ((at_source * held_out).sum(axis=0) ** 2).mean() / 2 - (at_target * held_out).sum(axis=0).mean()

    def _ratio(self, X):
        return self._kernels(X, self.width_) @ self.coefficients_


class KernelMeanMatching(_Ratio):
    """Weight the source so that its mean equals the target's in a kernel's feature space. Introduced in lesson 01.

    It gives weights for the source points only, and no function of x. Huang, Smola, Gretton, Borgwardt and Schölkopf
    (2007), "Correcting sample selection bias by unlabeled data", NIPS 19.

    Parameters
    ----------
    largest : float
        Upper bound of each weight (B in the paper).
    slack : float, optional
        How far the weights' mean may lie from 1; by default (√n − 1) / √n, as in the paper.
    width : float, optional
        Of the Gaussian kernel; by default the median distance between target points.
    ridge : float
        Penalty on the squared weights. The paper has none (0): its solution heaps the weight on a few points, which
        match the mean of this sample better than the true weights do.
    iterations : int
        Steps of the projected gradient method.
    """

    def __init__(self, largest: float = 1000.0, slack: float | None = None, width: float | None = None,
                 ridge: float = 0.3, iterations: int = 300):
        self.largest, self.slack, self.width = largest, slack, width
        self.ridge, self.iterations = ridge, iterations

    def _fit(self, source, target):
        if not (self.largest >= 1 and (self.slack is None or self.slack >= 0) and self.ridge >= 0):
            raise DataError(f"Weights of mean 1 cannot have the bound {self.largest}, the slack {self.slack} and the ridge "
                            f"{self.ridge}.", "use largest of 1 or more, slack and ridge of 0 or more.")
        if self.width is not None and not self.width > 0:
            raise DataError(f"A kernel cannot have the width {self.width}.", "leave width out.")
        n = len(source)
        self.width_ = median_distance(target) if self.width is None else self.width
        self.slack_ = (np.sqrt(n) - 1) / np.sqrt(n) if self.slack is None else self.slack
        kernel = np.exp(-cdist(source, source, "sqeuclidean") / (2 * self.width_**2)) + self.ridge * np.eye(n)
        pull = np.exp(-cdist(source, target, "sqeuclidean") / (2 * self.width_**2)).mean(axis=1) * n
        if pull.max() < SMALLEST_PULL:  # no kernel on a target point reaches a source point
            self.matched_ = np.zeros(n)
            return
        step = 1 / np.linalg.norm(kernel, 2)
        weights = momentum = np.ones(n)
        # Accelerated projected gradient (Beck and Teboulle 2009) on ½ wᵀ(K + ridge)w − κᵀw.
        for iteration in range(self.iterations):
            new = self._projected(momentum - step * (kernel @ momentum - pull))
            momentum = new + iteration / (iteration + 3) * (new - weights)
            weights = new
        self.matched_ = weights

    def _projected(self, weights):
        """Return the nearest weights with 0 ≤ w ≤ B whose mean is within the slack of 1."""
        def mean_after(shift):
            return np.clip(weights - shift, 0, self.largest).mean()

        low, high = max(1 - self.slack_, 0), 1 + self.slack_
        bound = np.clip(mean_after(0), low, high)
        if bound == mean_after(0):
            return np.clip(weights, 0, self.largest)
        span = np.abs(weights).max() + self.largest
        return np.clip(weights - brentq(lambda shift: mean_after(shift) - bound, -span, span), 0, self.largest)

    def _source_weights(self, source):
        return self.matched_

    def predict(self, X):
        """Not possible: kernel mean matching weights the source points and knows no others."""
        raise DataError("Kernel mean matching gives weights for the source points only.",
                        "use .weights_, or another estimator for new points.")
