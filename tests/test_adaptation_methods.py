"""One interface for all ways from a source to a target: who sees which labels, and what each answers on a known case."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from course_utils.adaptation import methods
from course_utils.data.domains import Domains
from course_utils.errors import DataError

MODEL = LogisticRegression(max_iter=500)
WITHOUT = ["nothing", "columns", "CORAL", "mSDA"]
WITH = ["pool", "augment", "tune", "columns + pool", "CORAL + pool", "prototypes", "alone"]


def blobs(generator, centres, number=60):
    y = np.arange(number) % len(centres)
    return generator.normal(0, 0.4, (number, 2)) + np.asarray(centres, float)[y], y


@pytest.fixture(scope="module")
def moved():
    """A target that is the source times 3 plus 10."""
    generator = np.random.default_rng(0)
    source, target, test = (blobs(generator, [(0, 0), (4, 0), (0, 4)]) for _ in range(3))
    return Domains(*source, 3 * target[0] + 10, target[1], 3 * test[0] + 10, test[1])


@pytest.fixture(scope="module")
def swapped():
    """A target in which the classes have changed places."""
    generator = np.random.default_rng(1)
    source = blobs(generator, [(0, 0), (4, 0), (0, 4)])
    return Domains(*source, *(part for _ in range(2) for part in blobs(generator, [(4, 0), (0, 4), (0, 0)])))


def test_aligning_repairs_what_moved_and_doing_nothing_does_not(moved):
    nothing, columns, coral, ceiling = methods.compare(MODEL, moved, ["nothing", "columns", "CORAL", "ceiling"])
    assert nothing < 0.7 and columns == coral == ceiling == 1.0


def test_where_classes_change_places_the_source_hurts_and_labels_alone_do_not(swapped):
    scores = dict(zip(WITH, methods.compare(MODEL, swapped, WITH, labels=12)))
    assert scores["pool"] < 0.2 and scores["CORAL + pool"] < 0.3
    assert scores["alone"] == scores["prototypes"] == 1.0
    assert scores["pool"] < scores["augment"] <= 1.0
    assert scores["pool"] < scores["tune"]


@pytest.mark.parametrize("name", WITHOUT)
def test_a_method_without_labels_sees_none(swapped, name):
    other = Domains(swapped.source_X, swapped.source_y, swapped.target_X, swapped.target_y[::-1], swapped.test_X, swapped.test_y)
    assert np.array_equal(methods.predictions(MODEL, swapped, [name], labels=12)[name],
                          methods.predictions(MODEL, other, [name])[name])


@pytest.mark.parametrize("name", WITH)
def test_a_method_with_labels_sees_no_more_than_those_it_was_given(swapped, name):
    hidden = swapped.target_y.copy()
    hidden[12:] = (hidden[12:] + 1) % 3                    # classes come in turn: the first twelve are the chosen ones
    other = Domains(swapped.source_X, swapped.source_y, swapped.target_X, hidden, swapped.test_X, swapped.test_y)
    assert np.array_equal(methods.predictions(MODEL, swapped, [name], labels=12)[name],
                          methods.predictions(MODEL, other, [name], labels=12)[name])


@pytest.mark.parametrize("name", ["prototypes", "alone"])
def test_labels_alone_need_no_source(moved, name):
    other = Domains(moved.source_X * 0, moved.source_y, moved.target_X, moved.target_y, moved.test_X, moved.test_y)
    assert np.array_equal(methods.predictions(MODEL, moved, [name], 12)[name], methods.predictions(MODEL, other, [name], 12)[name])


def test_compare_counts_right_predictions_and_leaves_the_model_alone(moved):
    model = KNeighborsClassifier(3)
    found = methods.predictions(model, moved, ["nothing", "columns"])
    assert methods.compare(model, moved, ["nothing", "columns"]) == [np.mean(one == moved.test_y) for one in found.values()]
    assert not hasattr(model, "classes_")


def test_a_balanced_choice_takes_the_first_of_each_class():
    assert methods.balanced_choice([1, 0, 0, 1, 0, 1, 1], 4).tolist() == [1, 2, 0, 3]


@pytest.mark.parametrize("number", [1, 8])
def test_a_choice_that_cannot_be_balanced_is_refused(number):
    with pytest.raises(DataError, match="of each"):
        methods.balanced_choice([1, 0, 0, 1, 0, 1, 1], number)


@pytest.mark.parametrize(("names", "labels", "words"), [
    (["magic"], 0, "no method"), (["pool"], 0, "needs target labels"), (["alone"], 0, "labels=50"),
])
def test_a_method_that_is_not_known_or_lacks_labels_is_refused(moved, names, labels, words):
    with pytest.raises(DataError, match=words):
        methods.predictions(MODEL, moved, names, labels)


def test_tuning_needs_a_model_that_can_start_warm(moved):
    with pytest.raises(DataError, match="warm"):
        methods.predictions(KNeighborsClassifier(3), moved, ["tune"], 12)


@pytest.mark.parametrize("name", ["nothing", "mSDA", "pool", "tune"])
def test_domains_of_different_widths_are_refused(moved, name):
    other = Domains(moved.source_X, moved.source_y, moved.target_X[:, :1], moved.target_y, moved.test_X[:, :1], moved.test_y)
    with pytest.raises(DataError, match="columns"):
        methods.predictions(MODEL, other, [name], 12)


def test_one_method_may_be_named_without_a_list_and_labels_are_whole_numbers(moved):
    assert list(methods.predictions(MODEL, moved, "columns")) == ["columns"]
    with pytest.raises(DataError, match="number of labels"):
        methods.predictions(MODEL, moved, ["pool"], 4.5)
