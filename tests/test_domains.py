"""Pairs of a source and a target: the difference between the two is the one that the docstring names, and no other."""

import re

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from course_utils.data import domains
from course_utils.errors import DataError

PARTS = ("source", "target", "test")


@pytest.fixture(autouse=True)
def one_thread():
    """Many tiny fits: threads that wait for each other would take most of the time."""
    with threadpool_limits(1):
        yield


def arrays(pair):
    return [getattr(pair, f"{part}_{letter}") for part in PARTS for letter in "Xy"]


@pytest.mark.parametrize("make", [
    *(lambda seed, name=name: domains.digit_domains(name, seed=seed) for name in domains.DIGIT_DOMAINS),
    lambda seed: domains.make_reviews(number=40, seed=seed), lambda seed: domains.make_radio_map(number=40, seed=seed)])
def test_a_seed_gives_the_same_examples_again_and_another_gives_others(make):
    first, again, other = map(arrays, map(make, (3, 3, 4)))
    assert all(map(np.array_equal, first, again))
    assert not any(map(np.array_equal, first, other))


# ---------------------------------------------------------------------- digits


def undone(**options):
    """All rows of a pair with their classes, in the order of their pixels; inverted images are inverted again."""
    pair = domains.digit_domains("inverted", **options)
    rows = np.concatenate([pair.source_X, 1 - pair.target_X, 1 - pair.test_X])
    return np.column_stack([np.round(16 * rows), np.concatenate([pair.source_y, pair.target_y, pair.test_y])])


def plain(name, seed=0):
    """The target's images before anything happened to them, and after, both (n, 8, 8)."""
    before, after = domains.digit_domains("inverted", seed=seed), domains.digit_domains(name, seed=seed)
    return tuple(np.concatenate([one.target_X, one.test_X]).reshape(-1, 8, 8) * sign + offset
                 for one, sign, offset in ((before, -1, 1), (after, 1, 0)))


def test_every_digit_is_in_exactly_one_part_with_its_own_class():
    images, labels = load_digits(return_X_y=True)
    rows, wanted = undone(source=700, target=300), np.column_stack([images, labels])
    np.testing.assert_array_equal(rows[np.lexsort(rows.T)], wanted[np.lexsort(wanted.T)])


@pytest.mark.parametrize("name", domains.DIGIT_DOMAINS)
def test_sizes_are_as_asked_and_the_source_is_the_same_plain_one_in_every_domain(name):
    pair, inverted = domains.digit_domains(name, 300, 200, seed=2), domains.digit_domains("inverted", 300, 200, seed=2)
    assert [len(values) for values in arrays(pair)] == [300, 300, 200, 200, 1297, 1297]
    assert all(values.shape[1] == 64 for values in arrays(pair)[::2])
    np.testing.assert_array_equal(pair.source_X, inverted.source_X)
    assert set(np.unique(16 * pair.source_X)) == set(range(17))  # ink 1, paper 0
    np.testing.assert_array_equal(pair.test_y, inverted.test_y)


def test_inverted_contrast_and_rotated_are_what_they_say():
    inks = np.random.default_rng(0).random((3, 8, 8))
    np.testing.assert_array_equal(domains.DIGIT_DOMAINS["inverted"](inks, None), 1 - inks)
    before, after = plain("contrast")
    np.testing.assert_allclose(after, 0.3 * before + 0.4375)
    assert np.ptp(after) == pytest.approx(0.3 * np.ptp(before))


def test_a_rotated_bar_leans_by_30_degrees_about_the_middle():
    bar = np.zeros((1, 8, 8))
    bar[0, 1:7, 3:5] = 1
    (turned,) = domains.DIGIT_DOMAINS["rotated"](bar, None)
    rows, columns = np.mgrid[:8, :8] - 3.5
    moments = [np.sum(turned * one * other) for one, other in ((rows, rows), (columns, columns), (rows, columns))]
    lean = np.rad2deg(np.arctan2(2 * moments[2], moments[0] - moments[1]) / 2)
    assert abs(lean) == pytest.approx(30, abs=2) and turned.sum() == pytest.approx(12, rel=0.03)
    assert abs(np.sum(turned * rows)) < 1e-6 and abs(np.sum(turned * columns)) < 1e-6


def test_noise_has_its_spread_and_differs_from_pixel_to_pixel():
    before, after = plain("noise")
    added = (after - before).reshape(-1, 64)
    assert added.std() == pytest.approx(0.25, rel=0.02) and abs(added.mean()) < 0.005
    assert np.abs(np.corrcoef(added[:, :10].T) - np.eye(10)).max() < 0.15


def test_a_background_gets_evenly_lighter_and_ink_stays_where_it_is_darker():
    before, after = plain("background")
    assert (after >= before - 1e-12).all()
    slopes = []
    grid = np.column_stack([np.mgrid[-1:1:8j, -1:1:8j].reshape(2, 64).T, np.ones(64)])
    for ink, image in zip(before[:100].reshape(-1, 64), after[:100].reshape(-1, 64), strict=True):
        shown = image > ink + 1e-9
        coefficients, _, rank, _ = np.linalg.lstsq(grid[shown], image[shown], rcond=None)
        assert rank == 3
        plane = grid @ coefficients
        np.testing.assert_allclose(image, np.maximum(ink, plane), atol=1e-9)
        assert coefficients[2] == pytest.approx(0.4375) and np.hypot(*coefficients[:2]) == pytest.approx(0.5)
        slopes.append(np.arctan2(*coefficients[:2]))
    assert np.abs(np.mean(np.exp(1j * np.array(slopes)))) < 0.3  # each image has its own direction


def test_a_sensors_pixel_has_one_gain_and_one_offset_for_all_images():
    before, after = (images.reshape(-1, 64) for images in plain("sensor"))
    found = []
    for ink, seen in zip(before.T, after.T, strict=True):
        if np.ptp(ink):
            gain, offset = np.polyfit(ink, seen, 1)
            np.testing.assert_allclose(gain * ink + offset, seen, atol=1e-9)
            found.append((np.log(gain), offset))
        else:
            assert np.ptp(seen) < 1e-12
    spread = np.std(found, axis=0)
    assert len(found) > 55 and spread == pytest.approx([0.4, 3 / 16], rel=0.3)


@pytest.mark.parametrize(("name", "least"), [
    ("rotated", 0.9), ("contrast", 0.9), ("background", 0.85), ("sensor", 0.9), ("inverted", 0.9)])
def test_target_labels_reach_what_labels_of_the_source_alone_do_not(name, least):
    pair = domains.digit_domains(name)
    model = LogisticRegression(C=1, max_iter=300)
    ceiling = model.fit(pair.target_X, pair.target_y).score(pair.test_X, pair.test_y)
    assert ceiling > least
    assert model.fit(pair.source_X, pair.source_y).score(pair.source_X, pair.source_y) > 0.95
    assert model.score(pair.test_X, pair.test_y) < ceiling - 0.02


def test_under_noise_the_larger_clean_source_teaches_no_less_than_labels_of_the_target():
    """Noise alone moves no class: what 500 noisy labels reach is no ceiling for 800 clean ones."""
    pair, model = domains.digit_domains("noise"), LogisticRegression(C=1, max_iter=300)
    ceiling = model.fit(pair.target_X, pair.target_y).score(pair.test_X, pair.test_y)
    assert 0.8 < ceiling < model.fit(pair.source_X, pair.source_y).score(pair.test_X, pair.test_y) < 0.95


@pytest.mark.parametrize(("asked", "words"), [
    (("blurred",), "'blurred' is no domain.*Try: choose from rotated, contrast, noise"),
    (("noise", 0), "size of the source is 0"), (("noise", 800, 2.5), "size of the target is 2.5"),
    (("noise", 1297, 500), "1297 [+] 500 of 1797 digits leave none for the test"),
])
def test_digits_that_cannot_be_split_are_refused(asked, words):
    with pytest.raises(DataError, match=f"(?s){words}"):
        domains.digit_domains(*asked)
    assert len(domains.digit_domains("noise", 1296, 500).test_X) == 1


# ---------------------------------------------------------------------- reviews


def judging(texts):
    """The words that judge, four of each review: shape (n, 4)."""
    assert all(re.fullmatch(r"the \w+ is \w+(, the \w+ is \w+){3}", text) for text in texts)
    return np.array([re.findall(r"is (\w+)", text) for text in texts])


def nouns(texts):
    return np.array([re.findall(r"the (\w+)", text) for text in texts])


def vocabulary(topic, verdict):
    return set(domains.TOPICS[topic][verdict]) | set(domains.PRAISE if verdict == "praise" else domains.BLAME)


@pytest.mark.parametrize(("source", "target"), [("books", "kitchen"), ("kitchen", "books"), ("books", "books")])
def test_without_slips_a_verdict_uses_only_words_of_its_own_side_and_topic(source, target):
    pair = domains.make_reviews(source, target, slips=0)
    for texts, verdicts, topic in ((pair.source_X, pair.source_y, source), (pair.target_X, pair.target_y, target),
                                   (pair.test_X, pair.test_y, target)):
        words = judging(texts)
        assert set(words[verdicts == 1].ravel()) == vocabulary(topic, "praise")
        assert set(words[verdicts == 0].ravel()) == vocabulary(topic, "blame")
        assert set(nouns(texts).ravel()) == set(domains.TOPICS[topic]["nouns"])
        assert all(len(set(row)) == 4 for row in nouns(texts))


def test_verdicts_are_even_and_slips_and_common_words_have_their_share():
    pair = domains.make_reviews(number=3000, common=0.3, slips=0.15)
    for part, topic in zip(PARTS, ("books", "kitchen", "kitchen"), strict=True):
        words, verdicts = judging(getattr(pair, f"{part}_X")), getattr(pair, f"{part}_y")
        assert verdicts.mean() == pytest.approx(0.5, abs=0.035) and set(verdicts) == {0, 1}
        praise = np.isin(words, list(vocabulary(topic, "praise")))
        slips = praise != (verdicts == 1)[:, None]
        assert slips.mean() == pytest.approx(0.15, abs=0.015)
        assert slips.mean(axis=0) == pytest.approx(np.full(4, 0.15), abs=0.03)
        assert np.isin(words, domains.PRAISE + domains.BLAME).mean() == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize(("common", "slips"), [(0, 0), (1, 0), (0.5, 1)])
def test_shares_of_0_and_1_are_kept_exactly(common, slips):
    pair = domains.make_reviews(number=100, common=common, slips=slips)
    words = judging(pair.target_X)
    shared = np.isin(words, domains.PRAISE + domains.BLAME)
    assert shared.mean() == common if common in (0, 1) else 0.4 < shared.mean() < 0.6
    praise = np.isin(words, list(vocabulary("kitchen", "praise")))
    assert (praise == (pair.target_y == (1 - slips))[:, None]).all()


def test_the_topics_share_the_common_words_and_two_words_that_change_sides():
    books, kitchen = (set(domains.TOPICS[topic]["praise"] + domains.TOPICS[topic]["blame"])
                      for topic in ("books", "kitchen"))
    assert books & kitchen == {"predictable", "simple"}
    assert {"predictable", "simple"} <= set(domains.TOPICS["books"]["blame"]) & set(domains.TOPICS["kitchen"]["praise"])
    assert not (books | kitchen) & set(domains.PRAISE + domains.BLAME)
    for lists in domains.TOPICS.values():
        assert not set(lists["praise"]) & set(lists["blame"])
        assert all(len(set(words)) == len(words) for words in lists.values())
    assert not set(domains.TOPICS["books"]["nouns"]) & set(domains.TOPICS["kitchen"]["nouns"])


def test_words_of_the_source_alone_are_not_in_the_target():
    pair = domains.make_reviews()
    source, target = (set(judging(texts).ravel()) for texts in (pair.source_X, pair.target_X))
    only = set(domains.TOPICS["books"]["praise"] + domains.TOPICS["books"]["blame"]) - {"predictable", "simple"}
    assert only <= source and not only & target
    assert source & target == set(domains.PRAISE + domains.BLAME) | {"predictable", "simple"}


def test_a_bag_of_words_knows_a_topic_from_its_labels_but_less_from_the_other_topics():
    pair = domains.make_reviews()
    model = make_pipeline(CountVectorizer(), LogisticRegression())
    ceiling = model.fit(pair.target_X, pair.target_y).score(pair.test_X, pair.test_y)
    assert 0.85 < ceiling < 1
    assert 0.5 < model.fit(pair.source_X, pair.source_y).score(pair.test_X, pair.test_y) < ceiling - 0.1


@pytest.mark.parametrize(("settings", "words"), [
    ({"source": "films"}, "'films' is no topic.*Try: choose from books, kitchen"),
    ({"target": "films"}, "'films' is no topic"),
    ({"common": 1.1}, "shares 1.1 and 0.15 are not from 0 to 1"), ({"slips": -0.1}, "shares 0.3 and -0.1"),
    ({"slips": np.nan}, "shares 0.3 and nan"), ({"number": 1}, "number of reviews is 1"),
    ({"number": "9"}, "number of reviews is '9'"),
])
def test_reviews_that_cannot_be_written_are_refused(settings, words):
    with pytest.raises(DataError, match=f"(?s){words}"):
        domains.make_reviews(**settings)


# ---------------------------------------------------------------------- radio map


@pytest.mark.parametrize("drift", [0.0, 6.0, 30.0])
def test_nothing_is_weaker_than_what_a_phone_hears_and_rooms_go_from_0_to_11(drift):
    pair = domains.make_radio_map(drift=drift)
    for part in PARTS:
        strength, rooms = getattr(pair, f"{part}_X"), getattr(pair, f"{part}_y")
        assert strength.shape == (600, 10) and strength.min() >= -95
        assert sorted(set(rooms)) == list(range(12)) and np.bincount(rooms).min() > 25
    if drift == 30:  # some station is so soft that phones hear nothing
        assert pair.test_X.min() == -95


def by_room(strength, rooms):
    return np.array([strength[rooms == room].mean(axis=0) for room in range(12)])


def changes(**options):
    """How much louder each station is in each room a year later, (12, stations), and which are heard everywhere."""
    pair = domains.make_radio_map(number=12_000, stations=8, seed=0, **options)
    heard = (pair.source_X > -95).mean(axis=0) > 0.99
    heard &= (pair.target_X > -95).mean(axis=0) > 0.99
    return by_room(pair.target_X, pair.target_y) - by_room(pair.source_X, pair.source_y), heard


def test_without_moves_and_drift_only_the_other_phones_5_decibel_are_between_the_years():
    change, heard = changes(moved=0, drift=0)
    assert heard.sum() >= 5
    np.testing.assert_allclose(change[:, heard], -5, atol=1.5)
    np.testing.assert_allclose(change[:, heard].mean(axis=0), -5, atol=0.3)


def test_the_first_stations_move_and_no_others():
    for moved in (1, 3, 8):
        change, _ = changes(moved=moved, drift=0)
        spread = change.std(axis=0)
        assert (spread[:moved] > 5).all() and (spread[moved:] < 0.8).all()


def test_drift_makes_a_station_louder_or_softer_in_all_rooms_alike():
    change, heard = changes(moved=0, drift=4.0)
    assert (change[:, heard].std(axis=0) < 0.8).all() and heard.sum() >= 3
    offsets = np.concatenate([drifts(seed) for seed in range(12)])
    assert offsets.mean() == pytest.approx(-5, abs=1) and offsets.std() == pytest.approx(4, rel=0.25)


def drifts(seed):
    """How much louder each station is a year later where it is loud, one number for each."""
    pair = domains.make_radio_map(number=2000, moved=0, drift=4.0, seed=seed)
    # The loudest tenth of the places lies far from silence.
    return np.quantile(pair.target_X, 0.9, axis=0) - np.quantile(pair.source_X, 0.9, axis=0)


def test_the_old_map_does_not_know_of_the_change_and_target_and_test_are_alike():
    old, same = domains.make_radio_map(seed=1), domains.make_radio_map(moved=7, drift=20.0, seed=1)
    np.testing.assert_array_equal(old.source_X, same.source_X)
    np.testing.assert_array_equal(old.source_y, same.source_y)
    gap = by_room(old.target_X, old.target_y) - by_room(old.test_X, old.test_y)
    assert np.abs(gap.mean(axis=0)).max() < 1 and not np.array_equal(old.target_X, old.test_X)


def test_the_strength_falls_by_9_decibel_when_the_distance_doubles():
    """Four by three rooms on 40 m by 24 m: a station's place is the one that explains its mean in each room best."""
    pair = domains.make_radio_map(number=12_000, seed=2)
    room = np.arange(12)
    centres = np.column_stack([room % 4 * 10 + 5, room // 4 * 8 + 4])
    means = by_room(pair.source_X, pair.source_y)
    best = []
    for station in range(10):
        places = np.random.default_rng(0).random((4000, 2)) * [40, 24]
        decades = np.log10(np.maximum(np.linalg.norm(centres - places[:, None], axis=2), 4))
        centred = decades - decades.mean(axis=1, keepdims=True)
        slopes = centred @ means[:, station] / (centred**2).sum(axis=1)
        errors = ((means[:, station] - means[:, station].mean() - slopes[:, None] * centred) ** 2).sum(axis=1)
        best.append(slopes[errors.argmin()])
    assert np.median(best) == pytest.approx(-30, rel=0.15)


def test_a_classifier_finds_the_room_this_year_from_this_years_labels_and_less_from_the_old_ones():
    pair = domains.make_radio_map()
    model = make_pipeline(StandardScaler(), KNeighborsClassifier(10))
    ceiling = model.fit(pair.target_X, pair.target_y).score(pair.test_X, pair.test_y)
    assert ceiling > 0.6
    assert 1 / 12 < model.fit(pair.source_X, pair.source_y).score(pair.test_X, pair.test_y) < ceiling - 0.15


@pytest.mark.parametrize(("settings", "words"), [
    ({"moved": 11}, "11 of 10 stations move.*Try: use moved=2"), ({"moved": -1}, "-1 of 10 stations"),
    ({"drift": -1.0}, "drift by -1.0 dB"), ({"drift": np.nan}, "drift by nan dB"),
    ({"number": 23}, "number of measurements is 23"),
    ({"stations": 0, "moved": 0}, "number of stations is 0"),
])
def test_a_map_that_cannot_be_measured_is_refused(settings, words):
    with pytest.raises(DataError, match=f"(?s){words}"):
        domains.make_radio_map(**settings)


# ---------------------------------------------------------------------- firms


def teams_of(firm):
    """For each head, whom they write to: nearly the team."""
    return [np.flatnonzero(firm.links[head]) for head in np.flatnonzero(firm.roles == 1)]


def test_links_go_both_ways_and_nobody_writes_to_themselves():
    for seed in range(5):
        firm = domains.make_firm(seed=seed)
        assert firm.links.dtype == bool and firm.links.shape == (len(firm.roles),) * 2
        np.testing.assert_array_equal(firm.links, firm.links.T)
        assert not firm.links.diagonal().any()
        assert np.bincount(firm.roles)[1:].tolist() == [12, 12]
        assert 12 * 4 <= len(firm.roles) <= 12 * 16


def test_a_firm_comes_again_from_its_seed_and_nobodys_number_tells_the_role():
    first, again, other = (domains.make_firm(teams=20, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.links, again.links)
    np.testing.assert_array_equal(first.roles, again.roles)
    assert first.links.shape != other.links.shape or (first.links != other.links).any()
    # Heads lie all over the firm, and are not followed by a contact.
    many = [domains.make_firm(seed=seed) for seed in range(30)]
    followed = np.concatenate([firm.roles[1:][firm.roles[:-1] == 1] == 2 for firm in many])
    assert followed.mean() < 0.25
    places = np.concatenate([np.flatnonzero(firm.roles == 1) / len(firm.roles) for firm in many])
    assert np.mean(places) == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.9])
def test_members_write_to_their_team_as_often_as_asked_and_heads_to_nearly_all_of_it(chance):
    inside, heads, degrees = [], [], []
    for seed in range(10):
        firm = domains.make_firm(teams=10, size=10, chance=chance, seed=seed)
        members = np.flatnonzero(firm.roles == 0)
        # A pair of members under one head: of one team, but for the rare link to a stranger.
        under = firm.links[np.ix_(members, np.flatnonzero(firm.roles == 1))]
        one = under.sum(axis=1) == 1
        mates = (under.astype(int) @ under.T.astype(int) > 0) & one[:, None] & one
        np.fill_diagonal(mates, False)
        inside.append(firm.links[np.ix_(members, members)][mates].mean())
        heads.append((under.sum(axis=1) > 0).mean())
        degrees.append(firm.links[firm.roles == 1].sum() / 10)
    assert np.mean(inside) == pytest.approx(chance, abs=0.15)
    # 95 percent of their team and 1 in a hundred of ninety others: nearly nobody is without the head.
    assert 0.93 < np.mean(heads) < 0.995 and np.mean(degrees) == pytest.approx(0.95 * 9 + 0.9, abs=0.8)


def test_half_of_the_contacts_write_to_each_other_and_hardly_anybody_else_to_another_team():
    among, between = [], []
    for seed in range(10):
        firm = domains.make_firm(teams=15, seed=seed)
        contacts, heads = np.flatnonzero(firm.roles == 2), np.flatnonzero(firm.roles == 1)
        among.append(firm.links[np.ix_(contacts, contacts)].sum() / (15 * 14))
        between.append(firm.links[np.ix_(heads, heads)].sum() / (15 * 14))
    assert np.mean(among) == pytest.approx(0.5, abs=0.05)
    assert np.mean(between) == pytest.approx(0.01, abs=0.008)


@pytest.mark.parametrize("size", [4, 5, 12])
def test_no_team_is_smaller_than_half_or_larger_than_twice(size):
    for seed in range(10):
        firm = domains.make_firm(teams=4, size=size, seed=seed)
        assert 4 * max(4, size // 2) <= len(firm.roles) <= 4 * 2 * size


@pytest.mark.parametrize(("settings", "words"), [
    ({"teams": 2}, "number of teams is 2"), ({"size": 3}, "size of a team is 3"),
    ({"size": 8.0}, "size of a team is 8.0"),
    ({"chance": 1.5}, "chance is 1.5"), ({"chance": np.nan}, "chance is nan"),
])
def test_a_firm_that_cannot_be_drawn_is_refused(settings, words):
    with pytest.raises(DataError, match=words):
        domains.make_firm(**settings)


def test_fewer_columns_are_the_same_examples():
    pair = domains.make_radio_map(number=30)
    fewer = pair.with_columns(range(2, 10))
    for name in ("source", "target", "test"):
        assert np.array_equal(getattr(fewer, f"{name}_X"), getattr(pair, f"{name}_X")[:, 2:])
        assert np.array_equal(getattr(fewer, f"{name}_y"), getattr(pair, f"{name}_y"))
