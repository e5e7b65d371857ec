"""Figures of texts: every word is there with its tag and can be read, and no two words of a map overlap."""

import itertools
import warnings

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyBboxPatch

from course_utils import plots
from course_utils.errors import DataError
from course_utils.plots import _canvas, _points, text

ALT = "Words that a test has made up, with tags or places."
WORDS = ["The", "carmaker", "said", "it", "sold", "nearly", "5,400", "cars", "."]
TAGS = ["DT", "NN", "VBD", "PRP", "VBD", "RB", "CD", "NNS", "."]
SHARES = [1, 0.97, 0.9996, 0.004, 0.5, 0.5, 0.5, 0, 0.5]


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def parts(figure, kind):
    """The texts of one kind, in the drawn order."""
    return [artist for artist in figure.axes[0].texts if artist.get_gid() == kind]


def words_of(figure, kind="word"):
    return [artist.get_text() for artist in parts(figure, kind)]


def boxes(figure):
    return [patch for patch in figure.axes[0].patches if isinstance(patch, FancyBboxPatch)]


def legend_of(figure):
    legend, = figure.legends
    return [artist.get_text() for artist in legend.get_texts()]


def rows_of(figure):
    """The words row by row, from top to bottom."""
    by_height = itertools.groupby(parts(figure, "word"), key=lambda artist: artist.get_position()[1])
    return [[artist.get_text() for artist in row] for _, row in by_height]


def strip(count, **options):
    """A sentence of so many words."""
    repeated = [(row * (count // len(row) + 1))[:count] for row in (WORDS, TAGS, SHARES)]
    return plots.tag_strip(*repeated, alt=ALT, **options)


def overlaps(extents):
    """By how many pixels each two boxes overlap, in the direction in which it is less."""
    return [min(min(one.x1, other.x1) - max(one.x0, other.x0), min(one.y1, other.y1) - max(one.y0, other.y0))
            for one, other in itertools.combinations(extents, 2)]


def inside(extents, page):
    return all(page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1 for box in extents)


# The strip


def test_each_word_has_a_box_its_tag_and_its_probability():
    figure = plots.tag_strip(WORDS, TAGS, SHARES, alt=ALT, title="One sentence")
    assert figure.alt_text == ALT and figure.get_suptitle() == "One sentence"
    assert words_of(figure) == WORDS and words_of(figure, "tag") == TAGS and len(boxes(figure)) == len(WORDS)
    # Rounding makes no certainty.
    assert words_of(figure, "probability") == ["100 %", "97 %", "99 %", "0 %", "50 %", "50 %", "50 %", "0 %", "50 %"]


def test_a_bar_is_as_long_as_its_probability():
    figure = plots.tag_strip(["a", "b"], ["DT", "NN"], [0.25, 1], alt=ALT)
    track, first, _, second = (patch.get_width() for patch in figure.axes[0].patches if patch not in boxes(figure))
    assert first == pytest.approx(0.25 * track) and second == pytest.approx(track)


def test_colours_stand_for_classes_and_the_legend_names_those_that_occur():
    figure = plots.tag_strip(WORDS, TAGS, SHARES, alt=ALT)
    classes = ["function word", "noun", "verb", "function word", "verb", "adjective or adverb", text.OTHER, "noun",
               text.OTHER]
    assert [box.get_gid() for box in boxes(figure)] == classes
    assert len({box.get_facecolor() for box in boxes(figure)}) == 5
    assert legend_of(figure) == [*text.WORD_CLASSES, "probability of the tag"]
    assert legend_of(plots.tag_strip(["a"], ["DT"], [1], alt=ALT)) == ["function word", "probability of the tag"]


@pytest.mark.parametrize("tag", ["NOUN", "nn", "B-PER", "", "-NONE-", "12"])
def test_tags_of_other_sets_are_other(tag):
    assert [box.get_gid() for box in boxes(plots.tag_strip(["word"], [tag], [0.5], alt=ALT))] == [text.OTHER]


def test_words_can_be_read_on_every_colour():
    for name in text.WORD_CLASSES:
        assert _canvas.contrast(text._tint(name), _canvas.INK) >= 4.5


def test_unseen_words_are_dashed_and_the_legend_says_so():
    unseen = np.array([word == "carmaker" for word in WORDS])
    figure = plots.tag_strip(WORDS, TAGS, SHARES, unknown=unseen, alt=ALT)
    assert [box.get_linestyle() != "solid" and box.get_linewidth() > 0 for box in boxes(figure)] == unseen.tolist()
    assert "dashed: not in the training sentences" in legend_of(figure)
    all_seen = plots.tag_strip(WORDS, TAGS, SHARES, unknown=[False] * 9, alt=ALT)
    assert not any("dashed" in name for name in legend_of(all_seen))


def test_a_wrong_tag_has_the_true_one_beside_it():
    truth = [*TAGS[:4], "VBN", *TAGS[5:]]
    figure = plots.tag_strip(WORDS, TAGS, SHARES, true_tags=truth, alt=ALT)
    assert words_of(figure, "truth") == ["≠ VBN"]
    truth, tag = parts(figure, "truth")[0].get_window_extent(), parts(figure, "tag")[4].get_window_extent()
    assert tag.x1 < truth.x0 < tag.x1 + 12 and abs(tag.y0 - truth.y0) < 3
    assert "wrong: the true tag follows" in legend_of(figure)
    right = plots.tag_strip(WORDS, TAGS, SHARES, true_tags=TAGS, alt=ALT)
    assert not words_of(right, "truth") and not any("wrong" in name for name in legend_of(right))


def test_a_long_sentence_goes_on_in_the_next_rows_with_no_word_cut_or_overlapping():
    figure = strip(40, unknown=[True] * 40, true_tags=["WDT"] * 40)
    assert len(rows_of(figure)) > 2 and words_of(figure) == (WORDS * 5)[:40]
    seen = [artist.get_window_extent() for artist in figure.axes[0].texts]
    assert max(overlaps(seen)) <= 0 and inside(seen, figure.bbox)
    assert max(overlaps([box.get_window_extent() for box in boxes(figure)])) < 0
    for artist, box in zip(parts(figure, "word"), boxes(figure)):
        assert inside([artist.get_window_extent()], box.get_window_extent())


def test_of_500_words_the_first_are_drawn_and_the_others_counted():
    figure = strip(500)
    drawn = len(words_of(figure))
    assert 50 < drawn < 300 and len(rows_of(figure)) == text.MOST_ROWS
    assert f"… and {500 - drawn} more words" in [artist.get_text() for artist in figure.axes[0].texts]
    assert figure.get_figheight() < 13 and len(plots.png(figure)) < 400_000
    one_more = [artist.get_text() for artist in strip(drawn + 1).axes[0].texts]
    assert "… and 1 more word" in one_more and not any("more" in word for word in words_of(strip(drawn), None))


def test_each_of_several_sentences_begins_a_row():
    figure = plots.tag_strip([WORDS, ["Yes", "."]], [TAGS, ["UH", "."]], [SHARES, np.array([0.5, 1])], alt=ALT,
                             true_tags=[TAGS, ["RB", "."]], unknown=[[False] * 9, np.array([True, False])])
    assert rows_of(figure)[0][0] == "The" and rows_of(figure)[-1] == ["Yes", "."]
    assert words_of(figure, "truth") == ["≠ RB"]
    assert len(rows_of(plots.tag_strip([["a"]] * 3, [["DT"]] * 3, [[1]] * 3, alt=ALT))) == 3


@pytest.mark.parametrize("word", ["$", "$x$", "a_b", "$\\frac{1}$", "{}", "^", "#%&", "\\alpha", "``"])
def test_signs_of_formulas_are_drawn_as_they_are(word):
    figure = plots.tag_strip([word] * 2, [word] * 2, [0.5] * 2, true_tags=[word, "$_$"], alt=ALT, title="US$ or $")
    assert words_of(figure) == words_of(figure, "tag") == [word] * 2 and figure.get_suptitle() == "US$ or $"
    everything = [*figure.axes[0].texts, *figure.legends[0].get_texts()]
    assert not any(artist.get_parse_math() for artist in everything)
    assert plots.png(plots.word_map([[0, 0]], [word], [word], alt=ALT))


@pytest.mark.parametrize(("word", "drawn"), [
    ("日本", "□□"), ("x🦈", "x□"), ("👩\u200d🔬", "□□"), ("☺\ufe0f", "☺"), ("Straße", "Straße"), ("мир", "мир"),
    ("two\nlines\t!", "two lines !"), ("\ud800", "□"), ("\u0000", ""), ("Donaudampfschifffahrt", "Donaudampfschifff…"),
])
def test_what_the_font_lacks_is_a_box_and_what_is_too_long_is_shortened(word, drawn):
    figure = plots.tag_strip([word], ["NN"], [0.5], alt=ALT)
    assert words_of(figure) == [drawn] and plots.png(figure)
    places = plots.word_map([[0, 0]], [word], [word], alt=ALT, title=word)
    assert words_of(places, "label") == [drawn] and plots.png(places)


@pytest.mark.parametrize(("arguments", "message"), [
    (([], [], []), "no words"),
    (([[]], [[]], [[]]), "no words"),
    (([["a"], []], [["DT"], []], [[1], []]), "no words"),
    (("the cat", ["DT", "NN"], [1, 1]), "words are given as str"),
    ((WORDS, None, SHARES), "tags are given as NoneType"),
    ((WORDS, TAGS[1:], SHARES), "9 words but 8 tags"),
    ((WORDS, TAGS, SHARES[1:]), "9 words but 8 probabilities"),
    (([WORDS, WORDS], [TAGS], [SHARES, SHARES]), "2 sentences but 1 tags"),
    ((["a", ["b"]], TAGS, SHARES), "stand alone"),
    ((WORDS, TAGS, [1.01] * 9), "probability 1.01"),
    ((WORDS, TAGS, [-0.1] * 9), "probability -0.1"),
    ((WORDS, TAGS, [np.nan] * 9), "no numbers"), ((WORDS, TAGS, np.full((9, 45), 0.1)), "shape"),
])
def test_sentences_that_do_not_fit_together_are_refused(arguments, message):
    with pytest.raises(DataError, match=message) as error:
        plots.tag_strip(*arguments, alt=ALT)
    assert error.value.hint


@pytest.mark.parametrize(("options", "message"), [
    ({"unknown": [True]}, "9 words but 1 unknown"), ({"unknown": [2] * 9}, "True or False"),
    ({"true_tags": ["NN"]}, "9 words but 1 true_tags"), ({"true_tags": "NN"}, "true_tags are given as str"),
])
def test_marks_that_do_not_fit_the_words_are_refused(options, message):
    with pytest.raises(DataError, match=message) as error:
        plots.tag_strip(WORDS, TAGS, SHARES, alt=ALT, **options)
    assert error.value.hint


# The map


NAMES = ["animals", "countries", "months", "family", "food", "verbs"]
GROUPS = [name for name in NAMES for _ in range(10)]
MANY = [f"{word}{number}" for number in range(6) for word in (
    "cat horse man Germany whale September sugar x thought understanding".split())]


def clusters(spread, seed=0):
    random = np.random.default_rng(seed)
    return np.repeat(4 * random.normal(size=(6, 2)), 10, axis=0) + random.normal(size=(60, 2)) * spread


def extents(figure):
    figure.draw_without_rendering()
    return [artist.get_window_extent() for artist in parts(figure, "label")]


@pytest.mark.parametrize(("spread", "seed"), [(1, 0), (0.5, 1), (0.3, 2)])
def test_no_two_words_overlap_and_none_leaves_the_axes(spread, seed):
    figure = plots.word_map(clusters(spread, seed), MANY, GROUPS, alt=ALT, title="Six groups")
    assert words_of(figure, "label") == MANY
    assert max(overlaps(extents(figure))) <= 1 and inside(extents(figure), figure.axes[0].bbox)


def test_60_words_at_one_place_are_all_named_without_overlap():
    figure = plots.word_map(np.zeros((60, 2)), [f"word {number}" for number in range(60)], alt=ALT)
    assert max(overlaps(extents(figure))) <= 1 and inside(extents(figure), figure.axes[0].bbox)


def test_a_word_stands_beside_its_point_or_a_line_leads_to_it():
    points = clusters(0.4)
    figure = plots.word_map(points, MANY, GROUPS, alt=ALT)
    axes = figure.axes[0]
    lines = [line.get_xydata() for line in axes.lines if line.get_gid() == "leader"]
    leaders = {tuple(np.round(start, 6)): end for start, end in lines}
    assert 5 < len(leaders) < 55
    for point, box in zip(points, extents(figure)):
        pixel = axes.transData.transform(point)
        end = axes.transData.transform(leaders.get(tuple(np.round(point, 6)), point))
        nearest = np.clip(end, box.min, box.max)
        assert np.hypot(*(nearest - end)) <= text.LEADER + 3, pixel


def test_alone_a_word_stands_to_the_right_of_its_point_without_a_line():
    figure = plots.word_map([[0, 0], [5, 5], [9, 1]], ["one", "two", "three"], alt=ALT)
    assert not figure.axes[0].lines and not figure.legends
    for box, point in zip(extents(figure), figure.axes[0].transData.transform([[0, 0], [5, 5], [9, 1]])):
        assert 0 < np.hypot(*(np.clip(point, box.min, box.max) - point)) < text.LEADER


@pytest.mark.parametrize("points", [
    clusters(0.5), clusters(0.5) * [1, 0.01], clusters(0.5) * [0.01, 1], clusters(0.5) * 1e9 + 1e9,
    clusters(0.5) * 1e-9,
])
def test_both_axes_have_one_scale_and_no_numbers_and_hold_all_points(points):
    axes = plots.word_map(points, MANY, alt=ALT).axes[0]
    low, high = axes.transData.transform([points.min(axis=0), points.max(axis=0)])
    np.testing.assert_allclose(np.divide(*(high - low)), np.divide(*np.ptp(points, axis=0)), rtol=1e-3)
    assert not len(axes.get_xticks()) and not len(axes.get_yticks())
    assert (low > axes.bbox.min).all() and (high < axes.bbox.max).all()
    assert (high - low).max() > 200


def test_each_group_has_the_mark_and_name_of_its_own_and_colours_its_words():
    figure = plots.word_map(clusters(1), MANY, GROUPS, alt=ALT)
    assert legend_of(figure) == NAMES
    handles = figure.legends[0].legend_handles
    assert [(handle.get_color(), handle.get_marker()) for handle in handles] == _points.CLASSES[:6]
    for number, artist in enumerate(parts(figure, "label")):
        assert to_rgb(artist.get_color()) == to_rgb(_canvas.readable(_points.CLASSES[number // 10][0]))


def test_arrows_lead_from_word_to_word():
    words = ["man", "woman", "king", "queen"]
    points = np.array([[0, 0], [1, 1], [3, 0], [4, 1.0]])
    figure = plots.word_map(points, words, alt=ALT, arrows=[("man", "woman"), ("king", "queen")])
    arrows = [patch for patch in figure.axes[0].patches if patch.get_gid() == "arrow"]
    np.testing.assert_allclose([arrow._posA_posB for arrow in arrows], points.reshape(2, 2, 2))
    for arrow, (start, end) in zip(arrows, points.reshape(2, 2, 2)):
        shaft = figure.axes[0].transData.transform(start + np.linspace(0, 1, 50)[:, None] * (end - start))
        assert not any(box.contains(*place) for box in extents(figure) for place in shaft)


def test_an_arrow_between_words_at_one_place_can_be_drawn():
    assert plots.png(plots.word_map([[0, 0], [0, 0]], ["a", "b"], alt=ALT, arrows=[("a", "b")]))


def test_the_same_words_give_the_same_figure():
    first, second = (plots.png(plots.word_map(clusters(0.5), MANY, GROUPS, alt=ALT)) for _ in range(2))
    assert first == second
    assert plots.png(strip(30)) == plots.png(strip(30))


@pytest.mark.parametrize(("arguments", "options", "message"), [
    ((clusters(1), MANY[:59]), {}, "60 points but 59 words"),
    ((clusters(1), MANY, GROUPS[1:]), {}, "60 points but 59 groups"),
    ((clusters(1), "words"), {}, "words are given as str"),
    ((clusters(1), MANY, range(60)), {}, "60 classes"),
    ((np.zeros((121, 2)), ["a"] * 121), {}, "121 words"),
    ((np.zeros((2, 3)), ["a", "b"]), {}, "shape"),
    (([[0, np.nan]], ["a"]), {}, "no numbers"), ((np.empty((0, 2)), []), {}, "shape"),
    (([[0, 0]], ["a"]), {"arrows": [("a", "b")]}, "'b', which is 0 times"),
    (([[0, 0]] * 3, ["a", "a", "b"]), {"arrows": [("a", "b")]}, "'a', which is 2 times"),
    (([[0, 0]], ["a"]), {"arrows": [("a", "a")]}, "An arrow joins"),
    (([[0, 0]], ["a"]), {"arrows": ["ab"]}, "An arrow joins"),
    (([[0, 0]], ["a"]), {"arrows": [3]}, "An arrow joins"),
    (([[0, 0]], ["a"]), {"arrows": [("a", "b", "c")]}, "An arrow joins"),
])
def test_what_makes_no_map_is_refused(arguments, options, message):
    with pytest.raises(DataError, match=message) as error:
        plots.word_map(*arguments, alt=ALT, **options)
    assert error.value.hint


@pytest.mark.parametrize("alt", ["", "short"])
def test_a_figure_needs_its_sentence(alt):
    with pytest.raises(DataError):
        plots.tag_strip(WORDS, TAGS, SHARES, alt=alt)
    with pytest.raises(DataError):
        plots.word_map([[0, 0]], ["a"], alt=alt)
