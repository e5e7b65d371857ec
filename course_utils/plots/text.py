"""Figures of texts: a sentence with the tags that a tagger gave it, and words in the plane (lesson 04)."""

import functools
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Patch, Rectangle
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from course_utils.errors import DataError
from course_utils.plots._canvas import (
    COLOURS, INK, QUIET_INK, SMALLEST_TEXT, STYLE, WIDTH, check_same_length, checked_numbers, contrast, finished,
    new_figure, readable,
)
from course_utils.plots._points import CLASSES, checked_class_names, checked_points, legend_below, legend_mark, scatter

__all__ = ["tag_strip", "word_map"]

# Words hold dollars and underscores that are no formulas: "US$ 5 or $ 6".
LITERAL_STYLE = {**STYLE, "text.parse_math": False}
MISSING = "□"                    # stands for each character that the font has no picture of
MARGIN = 0.06                    # inches between a figure's edge and what it shows

# Petrov, Das and McDonald (2012), "A universal part-of-speech tagset", LREC, made coarser: the tags of the Penn
# Treebank in four classes; every other tag is in the fifth.
OTHER = "number, punctuation, other"
WORD_CLASSES = {
    "noun": ("blue", "NN NNS NNP NNPS"),
    "verb": ("orange", "VB VBD VBG VBN VBP VBZ MD"),
    "adjective or adverb": ("green", "JJ JJR JJS RB RBR RBS WRB"),
    "function word": ("purple", "CC DT EX IN PDT POS PRP PRP$ RP TO WDT WP WP$"),
    OTHER: ("black", ""),
}
CLASS_OF = {tag: name for name, (_, tags) in WORD_CLASSES.items() for tag in tags.split()}
LONGEST_WORD, LONGEST_TAG = 18, 10   # letters
MOST_ROWS = 10
# Inches: parts of a row of the strip from top to bottom, as distances from its upper edge.
BOX, TAG, BAR, SHARE, ROW = 0.32, 0.45, 0.58, 0.74, 1.06
BAR_WIDTH, BAR_HEIGHT = 0.42, 0.055
NARROWEST, PADDING, GAP = 0.5, 0.1, 0.09
NEW_SENTENCE = 0.16
WORD_STYLE = {"fontsize": 12, "color": INK}
TAG_STYLE = {"fontsize": SMALLEST_TEXT, "fontweight": "bold", "color": INK}
TRUTH_STYLE = {**TAG_STYLE, "color": readable(COLOURS["vermillion"])}

MOST_WORDS = 60
FLATTEST, STEEPEST = 0.55, 0.8       # height of a word map for its width
LABEL_ROOM = np.array([0.75, 0.35])  # inches beside the outermost points, for their words
LEADER = 9                       # pixels: a word that is farther from its point gets a line
# Pixels from a point to the places that are tried for its word: 8 of the first distance, 24 of each other.
DISTANCES = np.r_[5, 8, np.round(13 * 1.28 ** np.arange(14))]
ALONE = np.array([7, 2])         # pixels to the right or left of a word, and above or below it, that stay free
SWEEPS = 6
ON_A_WORD = 1000                 # the cost of covering another word, dearer than most else together


@dataclass(frozen=True)
class _Tagged:
    """A word of a strip as it is drawn; ``truth`` is its true tag if the tagger gave another one, or empty."""

    word: str
    tag: str
    word_class: str
    probability: float
    unknown: bool
    truth: str


@matplotlib.rc_context(LITERAL_STYLE)
def tag_strip(
    words: Sequence, tags: Sequence, probabilities: Sequence, *, unknown: Sequence | None = None,
    true_tags: Sequence | None = None, alt: str, title: str = "",
) -> Figure:
    """Draw sentences word by word with the tag and the probability that a tagger gave. Introduced in lesson 04.

    The colour of a box tells the coarse class of the tag. Long sentences go on in the next row; of a text that is
    longer than ten rows, the first ten are drawn, and the number of the other words is written below. Rounding makes
    no certainty: only a probability of 1 is written as 100 %.

    Parameters
    ----------
    words : sequence of str, or sequence of such
        The words of a sentence, or of several, each of which begins a row.
    tags : sequence of str, or sequence of such
        The tag of each word. Tags of the Penn Treebank have a class; tags of other sets are in the class 'other'.
    probabilities : sequence of float, or sequence of such
        The probability of each tag, 0 to 1.
    unknown : sequence of bool, or sequence of such, optional
        True for each word that was not in the training sentences: its box is dashed.
    true_tags : sequence of str, or sequence of such, optional
        The right tag of each word. Where the tagger gave another one, it is written beside it after '≠'.
    alt : str
        What the figure shows, in a sentence.
    title : str
        Text above the figure.

    Raises
    ------
    DataError
        If there are no words, lengths do not fit together, a probability is not between 0 and 1, or ``unknown`` is not
        True or False.
    """
    sentences = _checked_sentences(words, tags, probabilities, unknown, true_tags)
    figure, axes = _figure_with_axes(WIDTH, alt, title)
    axes.axis("off")
    room = WIDTH - 2 * MARGIN
    rows = _rows(sentences, room, figure)
    tops = np.cumsum([0, *(ROW + NEW_SENTENCE * starts for starts, _ in rows[1:])])
    drawn = [tagged for _, row in rows for _, _, tagged in row]
    more = sum(map(len, sentences)) - len(drawn)
    height = tops[-1] + ROW - 0.12 + 0.25 * bool(more)
    axes.set(xlim=(0, room), ylim=(height, 0))            # inches, downwards as one reads
    for top, (starts, row) in zip(tops, rows):
        if starts and top:
            axes.axhline(top - 0.17, color="#D0D0D0", linewidth=0.8)
        for left, width, tagged in row:
            _draw_tagged(axes, left, top, width, tagged)
    if more:
        words_left = f"… and {more:,} more word{'s' if more > 1 else ''}"
        axes.text(0, height - 0.12, words_left, va="center", color=QUIET_INK)
    legend_below(figure, _strip_legend(drawn))
    _make_axes_as_high_as(figure, axes, height)
    return finished(figure)


@matplotlib.rc_context(LITERAL_STYLE)
def word_map(
    points, words: Sequence[str], groups: Sequence[str] | None = None, *, alt: str, title: str = "",
    arrows: Iterable[tuple[str, str]] | None = None,
) -> Figure:
    """Draw words where PCA or t-SNE put their vectors, each named beside its point. Introduced in lesson 04.

    The axes have no numbers, and both have the same scale. No two words overlap: where there is no room beside a point,
    its word stands farther away, and a thin line leads to it.

    Parameters
    ----------
    points : array, shape (n, 2)
        The place of each word. At most 60.
    words : sequence of str, shape (n,)
        The words.
    groups : sequence of str, shape (n,), optional
        The group of each word, which gives its point a colour and a marker. At most ten different ones.
    alt : str
        What the figure shows, in a sentence.
    title : str
        Text above the figure.
    arrows : iterable of (str, str), optional
        Pairs of words; an arrow leads from the first to the second, such as ``[("man", "woman"), ("king", "queen")]``.

    Raises
    ------
    DataError
        If there are too many words or groups, lengths do not fit together, points are no numbers, or an arrow joins
        words that are not there or stand there twice.
    """
    points = checked_points(points, "word map")
    words = [str(word) for word in _listed(words, "words")]
    groups = None if groups is None else [str(group) for group in _listed(groups, "groups")]
    check_same_length(points, "points", words=words, groups=groups)
    if len(words) > MOST_WORDS:
        raise DataError(f"{len(words)} words cannot be read in one figure.", f"choose at most {MOST_WORDS} of them.")
    ends = _checked_arrows(arrows, words)
    names = checked_class_names(list(dict.fromkeys(groups))) if groups else []
    labels = np.array([names.index(group) for group in groups] if groups else [0] * len(words))
    spread = np.ptp(points, axis=0)
    height = WIDTH * np.clip(spread[1] / max(spread[0], 1e-300), FLATTEST, STEEPEST)
    figure, axes = _figure_with_axes(height, alt, title)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(visible=True, color="#BDBDBD")
    if groups:
        legend_below(figure, [legend_mark(_drawable(name, 40), number) for number, name in enumerate(names)])
    _make_axes_as_high_as(figure, axes, height)
    figure.draw_without_rendering()                       # the layout fixes how large the axes are
    _set_equal_limits(axes, points)
    scatter(axes, points, labels, 26)
    for start, end in ends:
        axes.add_patch(FancyArrowPatch(
            points[start], points[end], arrowstyle="-|>", mutation_scale=10, color=QUIET_INK, linewidth=1.1, shrinkA=5,
            shrinkB=5, zorder=1.5, gid="arrow",
        ))
    colours = [readable(CLASSES[label][0]) if groups else INK for label in labels]
    _name_words(axes, points, words, colours, ends)
    return finished(figure)


def _figure_with_axes(height: float, alt: str, title: str):
    """Return an empty figure as wide as the text column, and its axes."""
    figure = new_figure(WIDTH, height, alt)
    figure.get_layout_engine().set(w_pad=MARGIN, h_pad=MARGIN)
    if title:
        figure.suptitle(textwrap.fill(_drawable(title), int(9 * WIDTH)), x=0.01, ha="left")
    return figure, figure.subplots()


def _make_axes_as_high_as(figure: Figure, axes, height: float) -> None:
    """Give the figure the height that leaves so many inches for the axes between title and legend."""
    for _ in range(2):  # the second time corrects what a share of the height was given to
        figure.draw_without_rendering()
        figure.set_figheight(figure.get_figheight() + height - axes.bbox.height / figure.dpi)


# Characters


@functools.cache
def _pictured() -> frozenset[int]:
    """The characters that the figures' font has pictures of, upright and bold."""
    fonts = [font_manager.FontProperties(family="DejaVu Sans", weight=weight) for weight in ("normal", "bold")]
    upright, bold = (font_manager.get_font(font_manager.findfont(font)).get_charmap() for font in fonts)
    return frozenset(upright.keys() & bold.keys())


def _drawable(text: str, longest: int | None = None) -> str:
    """The text in one line, shortened to so many characters, with a box for each that the font lacks."""
    text = " ".join(text.split())
    # Joiners and selectors change the picture before them, which the font has not got either.
    text = "".join(letter for letter in text if unicodedata.category(letter) not in ("Cc", "Cf")
                   and not 0xFE00 <= ord(letter) <= 0xFE0F)
    text = "".join(letter if ord(letter) in _pictured() else MISSING for letter in text)
    return text if longest is None or len(text) <= longest else text[:longest - 1] + "…"


def _text_width(figure: Figure, text: str, **style) -> float:
    """Inches that a text of this style takes."""
    artist = Text(0, 0, text, figure=figure, **style)
    return artist.get_window_extent().width / figure.dpi


# The strip


def _tint(word_class: str) -> tuple[float, float, float]:
    """The colour of a class, lightened until ink has far more than 4.5:1 on it; all are then equally light."""
    rgb = np.array(to_rgb(COLOURS[WORD_CLASSES[word_class][0]]))
    while contrast(rgb, INK) < 11:
        rgb = 1 - (1 - rgb) * 0.97
    return tuple(rgb)


def _rows(sentences: list[list[_Tagged]], room: float, figure: Figure) -> list[tuple[bool, list]]:
    """Break sentences into rows of (left edge, width, word), with whether a row starts a sentence."""
    rows = []
    for sentence in sentences:
        left = np.inf                                     # the first word begins a row
        for number, tagged in enumerate(sentence):
            width = _column_width(figure, tagged)
            if left + width > room:
                if len(rows) == MOST_ROWS:
                    return rows
                rows.append((number == 0, []))
                left = 0
            rows[-1][1].append((left, width, tagged))
            left += width + GAP
    return rows


def _column_width(figure: Figure, tagged: _Tagged) -> float:
    word = _text_width(figure, tagged.word, **WORD_STYLE) + 2 * PADDING
    return max(NARROWEST, word, _text_width(figure, _tag_line(tagged), **TAG_STYLE) + PADDING)


def _tag_line(tagged: _Tagged) -> str:
    return f"{tagged.tag} ≠ {tagged.truth}" if tagged.truth else tagged.tag


def _draw_tagged(axes, left: float, top: float, width: float, tagged: _Tagged) -> None:
    """Draw a word in its box, with tag, bar and probability below."""
    middle = left + width / 2
    dashed = {"edgecolor": INK, "linestyle": (0, (4, 2.5)), "linewidth": 1.3}
    axes.add_patch(FancyBboxPatch(
        (left + 0.01, top + 0.01), width - 0.02, BOX - 0.02,   # half a line less: a dashed box is as large as others
        facecolor=_tint(tagged.word_class), boxstyle="round,pad=0,rounding_size=0.06", gid=tagged.word_class,
        **(dashed if tagged.unknown else {"edgecolor": "none"}),
    ))
    level = {"va": "center_baseline"}
    axes.text(middle, top + BOX / 2, tagged.word, ha="center", gid="word", **level, **WORD_STYLE)
    half = _text_width(axes.figure, _tag_line(tagged), **TAG_STYLE) / 2
    axes.text(middle - half, top + TAG, tagged.tag, gid="tag", **level, **TAG_STYLE)
    if tagged.truth:
        axes.text(middle + half, top + TAG, f"≠ {tagged.truth}", ha="right", gid="truth", **level, **TRUTH_STYLE)
    start = middle - BAR_WIDTH / 2
    for share, colour in ((1, "#DADADA"), (tagged.probability, QUIET_INK)):
        axes.add_patch(Rectangle((start, top + BAR), BAR_WIDTH * share, BAR_HEIGHT, facecolor=colour, edgecolor="none"))
    percent = 100 if tagged.probability == 1 else min(99, round(100 * tagged.probability))
    axes.text(middle, top + SHARE, f"{percent} %", ha="center", gid="probability", fontsize=SMALLEST_TEXT,
              color=QUIET_INK, **level)


def _strip_legend(drawn: list[_Tagged]) -> list:
    """What the marks of the strip mean, as far as they occur."""
    present = {tagged.word_class for tagged in drawn}
    handles = [Patch(facecolor=_tint(name), label=name) for name in WORD_CLASSES if name in present]
    handles.append(Line2D([], [], color=QUIET_INK, linewidth=4, solid_capstyle="butt", label="probability of the tag"))
    if any(tagged.unknown for tagged in drawn):
        handles.append(Patch(facecolor="white", edgecolor=INK, linestyle=(0, (2.5, 1.6)), linewidth=1.1,
                             label="dashed: not in the training sentences"))
    if any(tagged.truth for tagged in drawn):
        handles.append(Line2D([], [], linestyle="none", marker=_unequal(), markersize=9, markeredgewidth=0,
                              color=TRUTH_STYLE["color"], label="wrong: the true tag follows"))
    return handles


def _unequal() -> Path:
    """The sign ≠ as a marker, around (0, 0)."""
    sign = TextPath((0, 0), "≠", prop=font_manager.FontProperties(family="DejaVu Sans", weight="bold"))
    return sign.transformed(Affine2D().translate(*-sign.get_extents().get_points().mean(axis=0)))


def _checked_sentences(words, tags, probabilities, unknown, true_tags) -> list[list[_Tagged]]:
    """Return the sentences word by word, or refuse what does not fit together."""
    given = {"words": _listed(words, "words"), "tags": _listed(tags, "tags"),
             "probabilities": _listed(probabilities, "probabilities")}
    for name, values in (("unknown", unknown), ("true_tags", true_tags)):
        if values is not None:
            given[name] = _listed(values, name)
    if not given["words"]:
        raise DataError("There are no words to draw.", "give a sentence as a list of words.")
    single = [isinstance(word, str) for word in given["words"]]
    if all(single):
        given = {name: [values] for name, values in given.items()}
    elif any(single):
        raise DataError("Some words stand alone and others in lists.", "give a list of words, or a list of such lists.")
    check_same_length(given["words"], "sentences", **{name: rows for name, rows in given.items() if name != "words"})
    return [_checked_sentence(**dict(zip(given, rows))) for rows in zip(*given.values())]


def _checked_sentence(words, tags, probabilities, unknown=None, true_tags=None) -> list[_Tagged]:
    words, tags = _listed(words, "words"), _listed(tags, "tags")
    if not words:
        raise DataError("A sentence has no words.", "leave empty sentences out.")
    truths = tags if true_tags is None else _listed(true_tags, "true_tags")
    unknown = [False] * len(words) if unknown is None else _listed(unknown, "unknown")
    check_same_length(words, "words", tags=tags, probabilities=_listed(probabilities, "probabilities"), unknown=unknown,
                      true_tags=truths)
    shares = checked_numbers(probabilities, "The probabilities of the tags")
    if shares.min() < 0 or shares.max() > 1:
        wrong = next(share for share in shares if not 0 <= share <= 1)
        raise DataError(f"The probability {wrong:.3g} is not between 0 and 1.", "give one probability for each word.")
    if not all(isinstance(value, (bool, np.bool_)) for value in unknown):
        raise DataError("What is given as unknown is not True or False for each word.",
                        "give a comparison: [word not in vocabulary for word in words].")
    return [
        _Tagged(
            word=_drawable(str(word), LONGEST_WORD), tag=_drawable(str(tag), LONGEST_TAG),
            word_class=CLASS_OF.get(str(tag), OTHER), probability=float(share), unknown=bool(unseen),
            truth=_drawable(str(truth), LONGEST_TAG) if str(truth) != str(tag) else "",
        )
        for word, tag, share, unseen, truth in zip(words, tags, shares, unknown, truths)
    ]


def _listed(values, what: str) -> list:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise DataError(f"The {what} are given as {type(values).__name__}.", f"give a list of {what}.")
    return list(values)


# The map


def _checked_arrows(arrows, words: list[str]) -> list[tuple[int, int]]:
    """Return the positions of the words that each arrow joins."""
    checked = []
    for arrow in arrows or []:
        pair = [] if isinstance(arrow, str) or not isinstance(arrow, Iterable) else [str(word) for word in arrow]
        if len(pair) != 2 or pair[0] == pair[1]:
            raise DataError(f"An arrow joins {arrow!r}.", 'give pairs of two words, such as ("man", "woman").')
        for word in pair:
            if words.count(word) != 1:
                raise DataError(f"An arrow ends at {word!r}, which is {words.count(word)} times among the words.",
                                "draw arrows between words that are there once.")
        checked.append((words.index(pair[0]), words.index(pair[1])))
    return checked


def _set_equal_limits(axes, points: np.ndarray) -> None:
    """Give both axes the same scale, the largest that leaves room for the words of the outermost points."""
    size = np.array(axes.bbox.size) / axes.figure.dpi
    low, high = points.min(axis=0), points.max(axis=0)
    unit = ((high - low) / (size - 2 * LABEL_ROOM)).max() or 1.0      # of the data, for an inch
    half = unit * size / 2
    (left, bottom), (right, top) = (low + high) / 2 - half, (low + high) / 2 + half
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")


def _name_words(axes, points: np.ndarray, words: list[str], colours: list, arrows: list[tuple[int, int]]) -> None:
    """Write the words beside their points, with a thin line to each that has to stand farther away."""
    figure, to_data = axes.figure, axes.transData.inverted().transform
    dots = axes.transData.transform(points)
    words = [_drawable(word, LONGEST_WORD) for word in words]
    height = 1.2 * SMALLEST_TEXT / 72                     # inches: of a line with its ascenders and descenders
    sizes = figure.dpi * np.array([[_text_width(figure, word, fontsize=SMALLEST_TEXT), height] for word in words])
    shafts = dots[np.array(arrows, dtype=int).reshape(-1, 2)]
    corners = _Labels(dots, sizes, axes.bbox, shafts).placed()
    for dot, size, corner, word, colour in zip(dots, sizes, corners, words, colours):
        text = axes.text(*to_data(corner + [0, size[1] / 2]), word, va="center", color=colour, fontsize=SMALLEST_TEXT,
                         zorder=3, gid="label")
        text.set_in_layout(False)                         # or the layout might move what was measured
        end = np.clip(dot, corner, corner + size)
        if np.hypot(*(end - dot)) > LEADER:
            axes.plot(*to_data([dot, end]).T, color=colour, alpha=0.5, linewidth=0.8, zorder=1, scalex=False,
                      scaley=False, gid="leader")


class _Labels:
    """Places for the words of points, all in pixels: each in turn takes the cheapest place that the others leave.

    Words that were placed early know nothing of later ones; so all choose again, a few times, in the same order.
    Christensen, Marks and Shieber (1995), "An empirical study of algorithms for point-feature label placement", ACM
    Transactions on Graphics 14(3), compare this descent with better and slower ways.
    """

    def __init__(self, dots: np.ndarray, sizes: np.ndarray, page, shafts: np.ndarray):
        self.dots, self.sizes, self.shafts = dots, sizes, shafts
        self.low, self.high = page.min + 3, page.max - 3
        # NaN: not placed yet. Comparisons with NaN are False, so that nobody gives way to it.
        self.corners, self.ends = np.full_like(dots, np.nan), np.full_like(dots, np.nan)
        apart = dots[:, None] - dots
        near = np.exp(-np.hypot(*apart.T) / 40)           # 1 for a word's own point
        self.order = np.argsort(near.sum(axis=0).round(6), kind="stable")
        # Words at the rim of a crowd look outwards: their lines then do not cross.
        self.outwards = (near[..., None] * apart).sum(axis=1) / 40 / near.sum(axis=0)[:, None]

    def placed(self) -> np.ndarray:
        """Return the lower left corner of each word."""
        for _ in range(SWEEPS):
            before = self.corners.copy()
            for number in self.order:                     # those at a rim first: they can stand beside their points
                self.corners[number] = self.ends[number] = np.nan
                self.corners[number], self.ends[number] = self._cheapest(number)
            if np.array_equal(before, self.corners):
                break
        return self.corners

    def _cheapest(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """The best place for a word, and where its line ends, or NaN if it needs none."""
        dot, size = self.dots[number], self.sizes[number]
        directions, distances = _ways()
        # At 45 degrees already the corner of a word points at its dot.
        middles = dot + directions * distances[:, None] + np.clip(1.5 * directions, -1, 1) * size / 2
        likings = -10 * directions @ self.outwards[number]
        likings[:8] += [0, 2, 1, 4, 3, 4, 1, 2]           # to the right of the dot at best, then above or below it
        cost, corner, end = self._best_of(number, middles - size / 2, likings)
        if cost >= ON_A_WORD:                             # crowded all around: look at the whole page
            steps = [np.arange(*edges, step) for *edges, step in zip(self.low, self.high, (37, 17))]
            everywhere = np.stack(np.meshgrid(*steps), axis=-1).reshape(-1, 2)
            other = self._best_of(number, everywhere, np.zeros(len(everywhere)))
            if other[0] < cost:
                _, corner, end = other
        return corner, end

    def _best_of(self, number: int, corners: np.ndarray, likings: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """The least cost of the places, the place that has it, and where its line ends."""
        dot, size = self.dots[number], self.sizes[number]
        corners = np.clip(corners, self.low, self.high - size)
        ends = np.clip(dot, corners, corners + size)
        lengths = np.hypot(*(ends - dot).T)
        ends[lengths <= LEADER] = np.nan
        costs = likings + lengths + 12 * (lengths > LEADER)
        costs += self._covered(number, corners) + self._crossed(number, ends)
        best = costs.argmin()
        return costs[best], corners[best], ends[best]

    def _covered(self, number: int, corners: np.ndarray) -> np.ndarray:
        """The costs of what a word covers in each place: words, points, lines and arrows."""
        low, high = corners[:, None], (corners + self.sizes[number])[:, None]
        shared = np.minimum(high, self.corners + self.sizes) - np.maximum(low, self.corners)
        words = ON_A_WORD * _area(shared > 0) + 20 * _area(shared) + 0.15 * _area(shared + ALONE)
        to_dots = np.maximum(*_parts(np.abs(np.clip(self.dots, low, high) - self.dots)))
        to_dots[:, number] += 5                           # it may stand as near as this to its own
        dots = 150 * (to_dots < 4) + 10 * (to_dots < 8)
        lines = _meet(self.dots, self.ends, low - 1, high + 1).sum(axis=1)
        arrows = _meet(*self.shafts.swapaxes(0, 1), low - 2, high + 2).sum(axis=1)
        return words + dots.sum(axis=1) + 150 * lines + 60 * arrows

    def _crossed(self, number: int, ends: np.ndarray) -> np.ndarray:
        """The costs of what the line to each place crosses: words, points and other lines."""
        dot, ends = self.dots[number], ends[:, None]
        words = _meet(dot, ends, self.corners - 1, self.corners + self.sizes + 1).sum(axis=1)
        dots = _meet(dot, ends, self.dots - 3, self.dots + 3).sum(axis=1)
        lines = (_side(dot, ends, self.dots) * _side(dot, ends, self.ends) < 0) & (
            _side(self.dots, self.ends, dot) * _side(self.dots, self.ends, ends) < 0)
        return 150 * words + 15 * dots + 40 * lines.sum(axis=1)


@functools.cache
def _ways() -> tuple[np.ndarray, np.ndarray]:
    """The directions, shape (k, 2), and distances, shape (k,), in which places for a word are tried."""
    counts = np.where(DISTANCES == DISTANCES[0], 8, 24)
    angles = np.concatenate([np.linspace(0, 2 * np.pi, count, endpoint=False) for count in counts])
    return np.stack([np.cos(angles), np.sin(angles)], axis=1), np.repeat(DISTANCES, counts)


def _parts(pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All first and all second numbers: NumPy is slow along an axis of two."""
    return pairs[..., 0], pairs[..., 1]


def _area(sides: np.ndarray) -> np.ndarray:
    """For each row of rectangles the sum of their areas; those with a negative or no side have none."""
    width, height = _parts(sides)
    return np.where((width > 0) & (height > 0), width * height, 0).sum(axis=1)


def _meet(start: np.ndarray, end: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Whether the line from start to end passes through the box from low to high; NaN meets nothing."""
    way = end - start
    way = np.where(way == 0, 1e-9, way)
    first, second = (low - start) / way, (high - start) / way    # the shares of the way between the box's edges
    enter, leave = np.maximum(*_parts(np.minimum(first, second))), np.minimum(*_parts(np.maximum(first, second)))
    return (enter <= leave) & (enter <= 1) & (leave >= 0)


def _side(start: np.ndarray, end: np.ndarray, point: np.ndarray) -> np.ndarray:
    """On which side of the line from start to end the point lies: a number above or below 0."""
    (x, y), (u, v) = _parts(end - start), _parts(point - start)
    return x * v - y * u
