"""Pairs of a source and a target whose difference is known: digits, reviews, a radio map, two firms (lesson 06)."""

from dataclasses import dataclass

import numpy as np

from course_utils.data._checks import checked_whole
from course_utils.errors import DataError

__all__ = ["DIGIT_DOMAINS", "Domains", "Network", "digit_domains", "make_firm", "make_radio_map", "make_reviews"]


@dataclass(frozen=True, eq=False)
class Domains:
    """A source with labels, a target to adapt to, and other target examples for the test.

    Attributes
    ----------
    source_X, target_X, test_X : numpy.ndarray
        One row for each example. Test examples are of the target, too.
    source_y, target_y, test_y : numpy.ndarray
        Classes. `target_y` is there for methods that may look at some labels, and for the ceiling.
    """

    source_X: np.ndarray
    source_y: np.ndarray
    target_X: np.ndarray
    target_y: np.ndarray
    test_X: np.ndarray
    test_y: np.ndarray

    def with_columns(self, keep) -> "Domains":
        """Return the same examples with the columns `keep` alone, positions from 0."""
        keep = list(keep)
        return Domains(self.source_X[:, keep], self.source_y, self.target_X[:, keep], self.target_y, self.test_X[:, keep],
                       self.test_y)


# ---------------------------------------------------------------------------------------------- digits

def _rotated(images, generator):
    from scipy import ndimage

    return ndimage.rotate(images, 30, axes=(1, 2), reshape=False, order=1)


def _contrast(images, generator):
    return 0.3 * images + 0.4375


def _noise(images, generator):
    return images + generator.normal(0, 0.25, images.shape)


def _background(images, generator):
    directions = generator.normal(size=(len(images), 2))
    directions *= 0.5 / np.linalg.norm(directions, axis=1, keepdims=True)
    return np.maximum(images, 0.4375 + np.einsum("nk,kij->nij", directions, np.mgrid[-1:1:8j, -1:1:8j]))


def _sensor(images, generator):
    gain, offset = np.exp(generator.normal(0, 0.4, (8, 8))), generator.normal(0, 3 / 16, (8, 8))
    return images * gain + offset


def _inverted(images, generator):
    return 1 - images


#: Name → what happens to the target's images: float (n, 8, 8) from 0 to 1, and a random generator.
DIGIT_DOMAINS = {"rotated": _rotated, "contrast": _contrast, "noise": _noise, "background": _background,
                 "sensor": _sensor, "inverted": _inverted}


def digit_domains(domain: str, source: int = 800, target: int = 500, seed: int = 0) -> Domains:
    """Return scikit-learn's handwritten digits, and others that were taken in another way. Introduced in lesson 06.

    Parameters
    ----------
    domain : str
        A key of `DIGIT_DOMAINS`: rotated by 30 degrees; of low contrast; with noise; before a background that gets lighter to
        one side; through a sensor whose pixels have a gain and an offset each; inverted.
    source, target : int
        Numbers of images; the rest of the 1,797 are the test.
    seed : int
        Of the split and of what happens to the target.

    Returns
    -------
    Domains
        Images as rows of 64 numbers, ink 1 and paper 0 in the source. No image is in two of the three parts.

    Raises
    ------
    DataError
        If there is no such domain, or nothing is left for the test.
    """
    from sklearn.datasets import load_digits

    if domain not in DIGIT_DOMAINS:
        raise DataError(f"{domain!r} is no domain of the digits.", f"choose from {', '.join(DIGIT_DOMAINS)}.")
    source, target = checked_whole(source, "The size of the source"), checked_whole(target, "The size of the target")
    images, labels = load_digits(return_X_y=True)
    if source + target >= len(images):
        raise DataError(f"{source} + {target} of {len(images)} digits leave none for the test.", "ask for fewer.")
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(images))
    images, labels = images[order] / 16, labels[order]
    changed = DIGIT_DOMAINS[domain](images[source:].reshape(-1, 8, 8), generator).reshape(-1, 64)
    return Domains(images[:source], labels[:source], changed[:target], labels[source:source + target],
                   changed[target:], labels[source + target:])


# ---------------------------------------------------------------------------------------------- reviews

PRAISE = "excellent great wonderful perfect lovely superb delightful outstanding".split()
BLAME = "awful terrible disappointing useless dreadful poor horrible worthless".split()
TOPICS = {
    "books": {
        "nouns": "plot style ending hero dialogue chapter story author language beginning".split(),
        "praise": "gripping moving witty lyrical vivid insightful masterful touching clever thrilling poetic wise".split(),
        "blame": "tedious shallow plodding wooden confusing pretentious preachy forgettable rambling dull predictable "
                 "simple".split(),
    },
    "kitchen": {
        "nouns": "handle blade lid motor pan kettle button cable bowl surface".split(),
        "praise": "sturdy sharp compact quiet durable washable light solid handy precise predictable simple".split(),
        "blame": "leaky rusty flimsy noisy blunt wobbly cracked scratched greasy broken sticky slow".split(),
    },
}


def make_reviews(source: str = "books", target: str = "kitchen", number: int = 1000, common: float = 0.3,
                 slips: float = 0.15, seed: int = 0) -> Domains:
    """Write short reviews of two kinds of things: few words judge both, most judge one. Introduced in lesson 06.

    Two words, "predictable" and "simple", blame a book and praise a kettle.

    Parameters
    ----------
    source, target : {"books", "kitchen"}
        Topics.
    number : int
        Reviews in the source, in the target, and in the test.
    common : float
        Share of judging words that serve every topic.
    slips : float
        Share of words that say the opposite of the review's verdict.
    seed : int
        Of everything that is drawn.

    Returns
    -------
    Domains
        The X are arrays of text, the y are 1 for praise and 0 for blame.

    Raises
    ------
    DataError
        If a topic or a share is not known.
    """
    for topic in (source, target):
        if topic not in TOPICS:
            raise DataError(f"{topic!r} is no topic.", f"choose from {', '.join(TOPICS)}.")
    if not (0 <= common <= 1 and 0 <= slips <= 1):
        raise DataError(f"The shares {common!r} and {slips!r} are not from 0 to 1.", "use common=0.3, slips=0.15.")
    number = checked_whole(number, "The number of reviews", least=2)
    generator = np.random.default_rng(seed)

    def write(topic):
        words, texts, verdicts = TOPICS[topic], [], generator.integers(2, size=number)
        for verdict in verdicts:
            parts = []
            for noun in generator.choice(words["nouns"], 4, replace=False):
                praise = bool(verdict) != (generator.random() < slips)
                shared = generator.random() < common
                known = (PRAISE if praise else BLAME) if shared else words["praise" if praise else "blame"]
                parts.append(f"the {noun} is {generator.choice(known)}")
            texts.append(", ".join(parts))
        return np.array(texts), verdicts

    return Domains(*write(source), *write(target), *write(target))


# ---------------------------------------------------------------------------------------------- radio map

FLOOR = np.array([40.0, 24.0])   # metres
ROOMS = (4, 3)
SILENT = -95.0                   # dBm that a phone reports where it hears nothing


def make_radio_map(number: int = 600, stations: int = 10, moved: int = 2, drift: float = 6.0, seed: int = 0) -> Domains:
    """Measure signal strengths in the rooms of a floor, and again a year later. Introduced in lesson 06.

    The strength falls with the logarithm of the distance, and each wall and person adds noise. A year later each station sends
    louder or more softly, phones of another make are in use, and some stations hang elsewhere. Pan, Zheng, Yang and Hu (2008),
    "Transfer learning for WiFi-based indoor localization", AAAI workshop, is about such a map.

    Parameters
    ----------
    number : int
        Measurements in the source (old), in the target (new), and in the test (new).
    stations : int
        Wi-Fi stations, the columns.
    moved : int
        How many of them hang elsewhere a year later: the first ones.
    drift : float
        Standard deviation of a station's change in decibel.
    seed : int
        Of everything that is drawn.

    Returns
    -------
    Domains
        Strengths in dBm, never below -95; the classes are 12 rooms.

    Raises
    ------
    DataError
        If more stations move than there are, or the drift is negative.
    """
    number, stations = checked_whole(number, "The number of measurements", 24), checked_whole(stations, "The number of stations")
    if not (0 <= moved <= stations and drift >= 0):
        raise DataError(f"{moved} of {stations} stations move and drift by {drift} dB.", "use moved=2 and drift=6.0.")
    generator = np.random.default_rng(seed)
    places, power = generator.random((stations, 2)) * FLOOR, generator.normal(-30, 3, stations)

    def measure(places, power):
        here = generator.random((number, 2)) * FLOOR
        distance = np.maximum(np.linalg.norm(here[:, None] - places, axis=2), 1)
        strength = power - 30 * np.log10(distance) + generator.normal(0, 4, (number, stations))
        columns, rows = (here / FLOOR * ROOMS).astype(int).T
        return np.maximum(strength, SILENT), rows * ROOMS[0] + columns

    old = measure(places, power)
    places = places.copy()
    places[:moved] = generator.random((moved, 2)) * FLOOR
    power = power + generator.normal(0, drift, stations) - 5
    return Domains(*old, *measure(places, power), *measure(places, power))


# ---------------------------------------------------------------------------------------------- two firms

@dataclass(frozen=True, eq=False)
class Network:
    """Who writes to whom in a firm, and what everybody's role is.

    Attributes
    ----------
    links : numpy.ndarray
        bool (n, n), symmetric, nobody writes to themselves.
    roles : numpy.ndarray
        int (n,): 0 member, 1 head of a team, 2 go-between of a team and the others.
    """

    links: np.ndarray
    roles: np.ndarray


def make_firm(teams: int = 12, size: int = 8, chance: float = 0.5, seed: int = 0) -> Network:
    """Draw a firm of teams: a head who writes to all of the team, a go-between who writes to those of other teams. Introduced in lesson 06.

    Parameters
    ----------
    teams, size : int
        Teams of about so many people, half or twice as many at most.
    chance : float
        That two members of one team write to each other.
    seed : int
        Of everything that is drawn.

    Raises
    ------
    DataError
        If there are not at least 3 teams of 4.
    """
    checked_whole(teams, "The number of teams", 3), checked_whole(size, "The size of a team", 4)
    if not 0 <= chance <= 1:
        raise DataError(f"The chance is {chance!r}.", "give a share from 0 to 1.")
    generator = np.random.default_rng(seed)
    sizes = np.clip(generator.poisson(size, teams), max(4, size // 2), 2 * size)
    team = np.repeat(np.arange(teams), sizes)
    first = np.searchsorted(team, np.arange(teams))
    roles = np.zeros(len(team), int)
    roles[first], roles[first + 1] = 1, 2
    likely = np.where(team[:, None] == team, chance, 0.01)
    likely[roles == 1] = np.where(team[roles == 1][:, None] == team, 0.95, 0.01)
    likely[np.ix_(roles == 2, roles == 2)] = 0.5
    links = np.triu(generator.random(likely.shape) < np.maximum(likely, likely.T), 1)
    shuffled = generator.permutation(len(team))   # nobody's number tells the role
    return Network((links | links.T)[np.ix_(shuffled, shuffled)], roles[shuffled])
