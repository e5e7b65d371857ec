"""Made data in which source and target differ in a known way, with the truth about the difference (lesson 01).

The *source* is where labels are, the *target* is where the model will be used. `make_shifted` draws both and also
returns what no real data set tells: the true density ratio, both labelling rules, both class shares. So each
estimate of a remedy can be held against the truth.

Words, after Moreno-Torres et al. (2012), "A unifying view on dataset shift in classification", Pattern Recognition 45.
X→Y: the inputs determine the label (a fraud is what the rules call so). Y→X: the label causes the inputs (an
illness causes its symptoms).

==============  ==========  ============================================
kind            direction   what stays and what moves
==============  ==========  ============================================
``none``        both        nothing moves
``covariate``   X→Y         P(y|x) stays, P(x) moves
``prior``       Y→X         P(x|y) stays, P(y) moves
``concept``     X→Y         P(x) stays, P(y|x) moves
``concept``     Y→X         P(y) stays, P(x|y) moves
``both``        X→Y         selection looks at x *and* y: P(x), P(y|x), P(x|y) move
==============  ==========  ============================================
"""

from dataclasses import dataclass
from functools import reduce

import numpy as np
from scipy.special import expit
from scipy.stats import norm

from course_utils.errors import DataError

__all__ = [
    "KINDS", "STREAMS", "ShiftedData", "ShiftedRegression", "ShiftedTable", "Stream", "biased_sample",
    "drifting_stream", "make_shifted", "make_shifted_regression",
]

DIRECTIONS = ("X→Y", "Y→X")
KINDS = {"none": DIRECTIONS, "covariate": ("X→Y",), "prior": ("Y→X",), "concept": DIRECTIONS, "both": ("X→Y",)}
STREAMS = ("none", "sudden", "gradual", "virtual")


class _Predictive:
    """X→Y: x is normal with independent coordinates, and y = 1 with probability expit(logit(x))."""

    def __init__(self, mean, deviation, logit):
        self.mean, self.deviation, self.logit = np.asarray(mean, float), np.asarray(deviation, float), logit

    def draw(self, n, generator):
        points = self.mean + self.deviation * generator.standard_normal((n, self.mean.size))
        return points, (generator.random(n) < self.posterior(points)).astype(int)

    def log_density(self, points):
        return norm.logpdf(points, self.mean, self.deviation).sum(axis=1)

    def posterior(self, points):
        return expit(self.logit(points))

    def expectation(self, function):
        """Mean of a function of x, by the trapezoid rule, which converges very fast under a normal density."""
        nodes = np.linspace(-8, 8, 97)
        weights = norm.pdf(nodes)
        axes = [centre + spread * nodes for centre, spread in zip(self.mean, self.deviation)]
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, self.mean.size)
        masses = reduce(np.multiply.outer, [weights] * self.mean.size).ravel()
        return float(function(points) @ masses / masses.sum())

    def prior(self):
        share = self.expectation(self.posterior)
        return np.array([1 - share, share])


class _Generative:
    """Y→X: y is drawn first, and x is normal around its class' mean."""

    def __init__(self, share, means, deviations):
        self.share, self.means, self.deviations = share, np.asarray(means, float), np.asarray(deviations, float)

    def draw(self, n, generator):
        labels = (generator.random(n) < self.share).astype(int)
        noise = generator.standard_normal((n, self.means.shape[1]))
        return self.means[labels] + self.deviations[labels] * noise, labels

    def _joint(self, points):
        """log P(x, y) for y = 0 and 1, shape (2, n)."""
        classes = [norm.logpdf(points, mean, spread).sum(axis=1) for mean, spread in zip(self.means, self.deviations)]
        return np.array(classes) + np.log([[1 - self.share], [self.share]])

    def log_density(self, points):
        return np.logaddexp(*self._joint(points))

    def posterior(self, points):
        joint = self._joint(points)
        return expit(joint[1] - joint[0])

    def prior(self):
        return np.array([1 - self.share, self.share])


class _Selected:
    """What is left of a world when an example (x, y) gets into the data with probability selection(x, y)."""

    def __init__(self, world, selection):
        self.world, self.selection = world, selection
        self.kept = world.expectation(self._kept_at)

    def _kept_at(self, points):
        """P(s = 1 | x)."""
        share = self.world.posterior(points)
        return (1 - share) * self.selection(points, 0) + share * self.selection(points, 1)

    def draw(self, n, generator):
        points, labels = np.empty((0, self.world.mean.size)), np.empty(0, int)
        while len(points) < n:
            more, their_labels = self.world.draw(2 * n, generator)
            chosen = generator.random(2 * n) < self.selection(more, their_labels)
            points, labels = np.concatenate([points, more[chosen]]), np.concatenate([labels, their_labels[chosen]])
        return points[:n], labels[:n]

    def log_density(self, points):
        return self.world.log_density(points) + np.log(self._kept_at(points) / self.kept)

    def posterior(self, points):
        return self.world.posterior(points) * self.selection(points, 1) / self._kept_at(points)

    def prior(self):
        share = self.world.expectation(lambda points: self.world.posterior(points) * self.selection(points, 1))
        return np.array([1 - share / self.kept, share / self.kept])


@dataclass(frozen=True)
class ShiftedData:
    """A labelled source, a target, and the truth about both.

    Attributes
    ----------
    kind, direction : str
        As asked for.
    source_X, target_X : numpy.ndarray
        float64, shape (n_source, dimensions) and (n_target, dimensions).
    source_y, target_y : numpy.ndarray
        int64 labels 0 and 1. A remedy may look at `source_y`; `target_y` is for judging, and for the few labels that
        one pays for.
    source_prior, target_prior : numpy.ndarray
        True shares of the classes 0 and 1, shape (2,).
    """

    kind: str
    direction: str
    source_X: np.ndarray
    source_y: np.ndarray
    target_X: np.ndarray
    target_y: np.ndarray
    source_prior: np.ndarray
    target_prior: np.ndarray
    _source: object
    _target: object

    def source_density(self, X: np.ndarray) -> np.ndarray:
        """Return the true P_source(x) of points of shape (n, dimensions)."""
        return np.exp(self._source.log_density(np.asarray(X, float)))

    def target_density(self, X: np.ndarray) -> np.ndarray:
        """Return the true P_target(x) of points of shape (n, dimensions)."""
        return np.exp(self._target.log_density(np.asarray(X, float)))

    def density_ratio(self, X: np.ndarray) -> np.ndarray:
        """Return the true P_target(x) / P_source(x), the importance weight of each point."""
        X = np.asarray(X, float)
        return np.exp(self._target.log_density(X) - self._source.log_density(X))

    def source_posterior(self, X: np.ndarray) -> np.ndarray:
        """Return the true P_source(y = 1 | x)."""
        return self._source.posterior(np.asarray(X, float))

    def target_posterior(self, X: np.ndarray) -> np.ndarray:
        """Return the true P_target(y = 1 | x); the best possible label is 1 where it is above 0.5."""
        return self._target.posterior(np.asarray(X, float))

    def truth(self, X: np.ndarray) -> dict[str, np.ndarray]:
        """Return the four true functions at points of shape (n, 1), as ``plots.shift_densities`` draws them."""
        return {
            "x": np.asarray(X, float)[:, 0], "source_density": self.source_density(X),
            "target_density": self.target_density(X), "source_posterior": self.source_posterior(X),
            "target_posterior": self.target_posterior(X),
        }


def make_shifted(kind: str, *, n_source: int = 400, n_target: int = 1000, dimensions: int = 2,
                 direction: str | None = None, strength: float = 1.0, seed: int = 0) -> ShiftedData:
    """Draw a source and a target that differ in one known way. Introduced in lesson 01.

    Parameters
    ----------
    kind : {"none", "covariate", "prior", "concept", "both"}
        What differs, see the table of this module.
    n_source, n_target : int
        Numbers of examples, at least 2 each.
    dimensions : {1, 2}
        Number of inputs. The border between the classes is curved: a straight one is a wrong model here.
    direction : {"X→Y", "Y→X"}, optional
        Which causes which. By default Y→X for ``"prior"`` and X→Y for the others.
    strength : float
        0 is no shift; 1 is the size that the lesson uses; not above 2.
    seed : int
        Same seed, same data.

    Returns
    -------
    ShiftedData

    Raises
    ------
    DataError
        If the kind is unknown, or is not defined for the direction.

    References
    ----------
    Moreno-Torres, Raeder, Alaiz-Rodríguez, Chawla, Herrera (2012). A unifying view on dataset shift in classification.
    Pattern Recognition 45, 521-530.
    """
    if kind not in KINDS:
        raise DataError(f"{kind!r} is no kind of shift.", f"choose from {', '.join(KINDS)}.")
    direction = direction or KINDS[kind][-1 if kind == "prior" else 0]
    if direction not in DIRECTIONS:
        raise DataError(f"{direction!r} is no direction.", f"choose from {' and '.join(DIRECTIONS)}.")
    if direction not in KINDS[kind]:
        raise DataError(f"{kind.capitalize()} shift is not defined for {direction} problems.",
                        f"leave out direction, or write direction={KINDS[kind][0]!r}.")
    if dimensions not in (1, 2):
        raise DataError(f"{dimensions} dimensions cannot be made.", "choose 1 or 2.")
    if seed < 0:
        raise DataError(f"The seed is {seed}.", "use a whole number from 0 up.")
    if not 0 <= strength <= 2:
        raise DataError(f"The strength {strength} is not from 0 to 2.", "use 0 for no shift, 1 for the lesson's.")
    if min(n_source, n_target) < 2:
        raise DataError("A sample needs at least two examples.", "ask for n_source=400, n_target=1000.")
    source, target = (_predictive if direction == "X→Y" else _generative)(kind, dimensions, strength)
    generator = np.random.default_rng([seed, list(KINDS).index(kind), DIRECTIONS.index(direction), dimensions])
    return ShiftedData(kind, direction, *source.draw(n_source, generator), *target.draw(n_target, generator),
                       source.prior(), target.prior(), source, target)


def _predictive(kind: str, dimensions: int, strength: float):
    """Source and target of an X→Y problem. The border is a parabola (two points, in one dimension)."""

    def logit(offset):
        if dimensions == 1:
            return lambda points: 3 * (points[:, 0] ** 2 - 1 - offset)
        return lambda points: 4 * (points[:, 1] + 0.7 * points[:, 0] ** 2 - 0.7 - offset)

    first = np.eye(dimensions)[0]
    if kind == "covariate":
        return (_Predictive(0.75 * strength * first, np.ones(dimensions), logit(0)),
                _Predictive(-0.75 * strength * first, np.ones(dimensions) - 0.3 * min(strength, 1) * first, logit(0)))
    target = _Predictive(0 * first, np.ones(dimensions), logit(0))
    if kind == "both":  # an example gets in easily where label and first input agree
        return _Selected(target, lambda points, label: 0.02 + 0.98 * expit(
            4 * strength * (2 * label - 1) * points[:, 0])), target
    if kind == "concept":
        return (_Predictive(0 * first, np.ones(dimensions), logit(-0.6 * strength)),
                _Predictive(0 * first, np.ones(dimensions), logit(0.7 * strength)))
    return target, target


def _generative(kind: str, dimensions: int, strength: float):
    """Source and target of a Y→X problem: two normal classes, the second one narrower in the first input."""
    means = np.array([[-0.9, 0.0], [0.9, 0.0]])[:, :dimensions]
    deviations = np.array([[1.0, 1.0], [0.7, 1.6]])[:, :dimensions]
    source = _Generative(0.5, means, deviations)
    if kind == "prior":
        share = 0.32 * min(strength, 1) + 0.14 * max(strength - 1, 0)
        return _Generative(0.5 - share, means, deviations), _Generative(0.5 + share, means, deviations)
    if kind == "concept":  # one class moves, as an illness does whose symptoms change
        move = np.array([[0.0], [0.9 * strength]]) * np.eye(dimensions)[0]
        return source, _Generative(0.5, means - move, deviations)
    return source, source


def _cubic(x: np.ndarray) -> np.ndarray:
    return x**3 - x


@dataclass(frozen=True)
class ShiftedRegression:
    """A source and a target of a regression with covariate shift, and the truth.

    Attributes
    ----------
    source_X, target_X : numpy.ndarray
        float64, shape (n, 1).
    source_y, target_y : numpy.ndarray
        float64, shape (n,).
    target_mean : float
        Mean of the target's x.
    """

    source_X: np.ndarray
    source_y: np.ndarray
    target_X: np.ndarray
    target_y: np.ndarray
    target_mean: float

    def truth(self, X: np.ndarray) -> np.ndarray:
        """Return the true mean of y at points of shape (n, 1): −x + x³."""
        return _cubic(np.asarray(X, float).ravel())

    def density_ratio(self, X: np.ndarray) -> np.ndarray:
        """Return the true P_target(x) / P_source(x)."""
        x = np.asarray(X, float).ravel()
        return np.exp(norm.logpdf(x, self.target_mean, 0.3) - norm.logpdf(x, 0.5, 0.5))


def make_shifted_regression(*, n_source: int = 150, n_target: int = 150, target_mean: float = 0.0,
                            seed: int = 0) -> ShiftedRegression:
    """Draw Shimodaira's regression: y = −x + x³ + noise, seen around 0.5 and needed elsewhere. Introduced in lesson 01.

    Source x is normal (0.5, 0.5²), target x normal (`target_mean`, 0.3²), noise normal (0, 0.3²).

    Parameters
    ----------
    n_source, n_target : int
        Numbers of examples, at least 2 each.
    target_mean : float
        0 in the paper. The further below, the less do source and target overlap.
    seed : int
        Same seed, same data.

    Raises
    ------
    DataError
        If there are fewer than two examples, or the mean is no number.

    References
    ----------
    Shimodaira (2000). Improving predictive inference under covariate shift by weighting the log-likelihood function.
    Journal of Statistical Planning and Inference 90, 227-244.
    """
    if min(n_source, n_target) < 2:
        raise DataError("A sample needs at least two examples.", "ask for n_source=150, n_target=150.")
    if not np.isfinite(target_mean):
        raise DataError(f"The target's mean is {target_mean}.", "use a number, such as 0.0.")
    generator = np.random.default_rng([seed, 150])
    source_X = 0.5 + 0.5 * generator.standard_normal((n_source, 1))
    target_X = target_mean + 0.3 * generator.standard_normal((n_target, 1))
    y = _cubic(np.concatenate([source_X, target_X])[:, 0]) + 0.3 * generator.standard_normal(n_source + n_target)
    return ShiftedRegression(source_X, y[:n_source], target_X, y[n_source:], float(target_mean))


@dataclass(frozen=True)
class ShiftedTable:
    """Source and target rows of a table.

    Attributes
    ----------
    source_X, target_X : numpy.ndarray
        Rows of the table.
    source_y, target_y : numpy.ndarray
        Their labels.
    source_rows, target_rows : numpy.ndarray
        Places of the rows in the table; no row is in both.
    """

    source_X: np.ndarray
    source_y: np.ndarray
    target_X: np.ndarray
    target_y: np.ndarray
    source_rows: np.ndarray
    target_rows: np.ndarray


def biased_sample(X: np.ndarray, y: np.ndarray, source_selection, target_selection=None, *,
                  seed: int = 0) -> ShiftedTable:
    """Let a selection decide which rows of a real table become the source, and which the target. Introduced in lesson 01.

    The table is cut at random into two halves. A row of the first gets into the source with its probability in
    `source_selection`, a row of the second into the target with that in `target_selection`. A selection that depends on
    a column of X makes covariate shift, one that depends on y prior shift, one that depends on both neither.

    Parameters
    ----------
    X : array (n, d)
        Inputs.
    y : array (n,)
        Labels.
    source_selection : array (n,)
        P(s = 1 | x, y) of each row, from 0 to 1.
    target_selection : array (n,), optional
        The same for the target; by default the whole second half is the target.
    seed : int
        Same seed, same rows.

    Returns
    -------
    ShiftedTable

    Raises
    ------
    DataError
        If the lengths differ, a probability is none, or a side is left with fewer than two rows or one class.
    """
    X, y = np.asarray(X), np.asarray(y)
    target_selection = np.ones(len(X)) if target_selection is None else target_selection
    selections = [np.asarray(selection, float) for selection in (source_selection, target_selection)]
    if X.ndim != 2 or y.shape != (len(X),) or any(selection.shape != (len(X),) for selection in selections):
        raise DataError(f"X has the shape {X.shape}, y {y.shape}, the selections {[s.shape for s in selections]}.",
                        "give one label and one probability for each row of X.")
    if not all(np.all((selection >= 0) & (selection <= 1)) for selection in selections):
        raise DataError("A selection holds numbers that are no probabilities.", "give numbers from 0 to 1.")
    generator = np.random.default_rng([seed, 569])
    order, luck = generator.permutation(len(X)), generator.random(len(X))
    halves = order[: len(X) // 2], order[len(X) // 2:]
    rows = [half[luck[half] < selection[half]] for half, selection in zip(halves, selections)]
    for name, chosen in zip(("source", "target"), rows):
        if len(np.unique(y[chosen])) < 2:
            raise DataError(f"The selection leaves {len(chosen)} rows of {len(np.unique(y[chosen]))} class in the {name}.",
                            "raise the probabilities of the class that is missing.")
    source, target = rows
    return ShiftedTable(X[source], y[source], X[target], y[target], source, target)


@dataclass(frozen=True)
class Stream:
    """Examples in the order of time, in which the world may turn.

    Attributes
    ----------
    kind : str
        As asked for.
    X : numpy.ndarray
        float64, shape (n, 2).
    y : numpy.ndarray
        int64, shape (n,): 0 or 1.
    share_of_new : numpy.ndarray
        float64, shape (n,): probability that an example followed the new world, 0 before the turn.
    turn : int
        Place of the first example that may be new.
    """

    kind: str
    X: np.ndarray
    y: np.ndarray
    share_of_new: np.ndarray
    turn: int


def drifting_stream(kind: str = "sudden", *, n: int = 3000, turn: int | None = None, width: int | None = None,
                    noise: float = 0.05, seed: int = 0) -> Stream:
    """Draw a stream whose labelling rule, or whose inputs, change in time. Introduced in lesson 01.

    Before the turn y = 1 where x₁ > 0, after it where x₂ > 0: an old model then knows nothing. In a *virtual* drift the
    inputs move along the border instead, and the rule stays.

    Parameters
    ----------
    kind : {"none", "sudden", "gradual", "virtual"}
        ``"gradual"``: from the turn on, the new rule comes more and more often, until it is alone.
    n : int
        Number of examples, at least 10.
    turn : int, optional
        Where the change begins; by default in the middle.
    width : int, optional
        How many examples a gradual change takes; by default a fifth of the stream.
    noise : float
        Share of labels that are turned round, below 0.5.
    seed : int
        Same seed, same stream.

    Raises
    ------
    DataError
        If the kind is unknown or a number makes no sense.

    References
    ----------
    Ditzler, Roveri, Alippi, Polikar (2015). Learning in nonstationary environments: a survey. IEEE Computational
    Intelligence Magazine 10(4), 12-25.
    """
    if kind not in STREAMS:
        raise DataError(f"{kind!r} is no kind of stream.", f"choose from {', '.join(STREAMS)}.")
    turn = n // 2 if turn is None else turn
    width = max(1, n // 5) if width is None else width
    if n < 10 or not 0 < turn < n or width < 1:
        raise DataError(f"A stream of {n} examples cannot turn at {turn} within {width}.",
                        "use n >= 10, 0 < turn < n and width >= 1.")
    if not 0 <= noise < 0.5:
        raise DataError(f"The noise {noise} is not from 0 to below 0.5.", "use 0.05.")
    generator = np.random.default_rng([seed, STREAMS.index(kind)])
    time = np.arange(n)
    if kind == "none":
        share = np.zeros(n)
    else:
        share = np.clip((time - turn + 1) / (width if kind == "gradual" else 1), 0, 1)
    is_new = generator.random(n) < share
    X = generator.uniform(-1, 1, (n, 2))
    if kind == "virtual":
        X[is_new, 1] += 1.5
        rule = X[:, 0] > 0
    else:
        rule = np.where(is_new, X[:, 1] > 0, X[:, 0] > 0)
    y = (rule ^ (generator.random(n) < noise)).astype(int)
    return Stream(kind, X, y, share, turn)
