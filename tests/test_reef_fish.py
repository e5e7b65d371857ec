"""The rendered reef fish are fine-grained and honest: marks tell the species, colours tell nothing."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from course_utils.data import _markings, photos, reef_fish, sea_animals
from course_utils.data._rendering import draw_scene
from course_utils.data._reef_anatomy import MARKS, REEF_FISH
from course_utils.errors import DataError

STILL = {**reef_fish.PORTRAIT, "noise": .004, "blur": .2}


@pytest.fixture(scope="module")
def many():
    return reef_fish.render_images(480, image_size=64, seed=7)


def accuracy(features, labels, penalty=1.):
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=1 / penalty, max_iter=500))
    return cross_val_score(classifier, features, labels, cv=4).mean()


def test_there_are_24_species_in_six_families_of_four():
    assert len(reef_fish.SPECIES) == 24 and list(reef_fish.SPECIES) == sorted(reef_fish.SPECIES)
    families = [reef_fish.family(name) for name in reef_fish.SPECIES]
    assert {name: families.count(name) for name in families} == dict.fromkeys(reef_fish.FAMILIES, 4)


def test_the_species_of_a_family_differ_in_marks_and_in_nothing_else():
    for name in reef_fish.SPECIES:
        plan, sister = REEF_FISH[name], next(REEF_FISH[other] for other in reef_fish.SPECIES
                                             if other != name and reef_fish.family(other) == reef_fish.family(name))
        assert (plan.back, plan.belly, plan.fins, plan.width, plan.reach) == (
            sister.back, sister.belly, sister.fins, sister.width, sister.reach)
    own = [marks for marks in MARKS.values()]
    assert len(set(own)) == len(own) and all(len(marks) <= 2 for marks in own)


def test_mean_colour_and_colour_histograms_tell_nothing_of_the_species(many):
    # Chance is .042. The standard error of a share of 480 is .009.
    assert accuracy(many.images.mean((1, 2)), many.labels) <= .09
    histograms = [np.concatenate([np.histogram(image[..., k], 8, (0, 256))[0] for k in range(3)]) for image in many.images]
    assert accuracy(np.array(histograms), many.labels, 10) <= .10


def test_the_colours_of_the_fish_alone_tell_nothing_but_how_much_of_it_is_marked(many):
    # Mean colour of the fish's own pixels, and the background's: still no species.
    fish = np.array([image[mask].mean(0) for image, mask in zip(many.images, many.masks)])
    water = np.array([image[~mask].mean(0) for image, mask in zip(many.images, many.masks)])
    assert accuracy(np.hstack([fish, water]), many.labels) <= .12


def test_marks_do_tell_the_species_when_pose_and_colours_stand_still():
    # Proof that the tests above can fail: with one pose a small grey picture says nearly all.
    still = reef_fish.render_images(480, image_size=64, seed=3, scene=STILL)
    grey = still.images.mean(-1).reshape(480, 32, 2, 32, 2).mean((2, 4)).reshape(480, -1)
    assert cross_val_score(KNeighborsClassifier(1, metric="correlation"), grey, still.labels, cv=4).mean() > .5


def test_a_species_looks_like_its_sister_apart_from_the_mark():
    pair = [reef_fish.render_images(1, [name], 120, 5, scene=STILL) for name in ("eyebar_butterflyfish", "eyespot_butterflyfish")]
    assert np.array_equal(pair[0].masks, pair[1].masks)
    changed = np.abs(pair[0].images[0].astype(int) - pair[1].images[0]).max(-1) > 12
    rows, columns = np.nonzero(changed)
    assert 20 < changed.sum() < .1 * pair[0].masks.sum()
    assert columns.min() > 60 and rows.max() < 65              # on the rear half of the back, where the eyespot is


def test_colours_and_scenes_are_drawn_without_the_species():
    scene = draw_scene(np.random.default_rng(1))
    one, two = (_markings.draw_paint(scene, np.random.default_rng([scene.seed, 2])) for _ in range(2))
    assert all(np.array_equal(one.tones[name], two.tones[name]) for name in one.tones)
    first, second = (reef_fish.render_images(1, [name], 64, 3).attributes[0] for name in ("dotted_hind", "lined_surgeonfish"))
    assert {key for key in first if first[key] != second[key]} == {"species"}


def test_a_dark_mark_is_darker_and_a_pale_one_paler_than_the_ground():
    x, v = np.meshgrid(np.linspace(.05, .95, 91), np.linspace(-.6, .2, 41))
    places = dict(x=x.ravel(), angle=np.arcsin(v.ravel()), height=np.full(x.size, .2), cloud=np.zeros(x.size))
    paint = _markings.draw_paint(draw_scene(np.random.default_rng(4)), np.random.default_rng(0))
    bare = _markings.painted(paint, (), **places).mean(1).reshape(x.shape)
    for tone, sign in (("dark", -1), ("pale", 1)):
        barred = _markings.painted(paint, (_markings.Bars((.5,), .1, tone),), **places).mean(1).reshape(x.shape)
        step = sign * (barred - bare)
        assert (step[:, 42:49] > .05).all() and np.allclose(barred[:, :35], bare[:, :35]) and np.allclose(barred[:, 65:], bare[:, 65:])


@pytest.mark.parametrize(("mark", "inside", "outside"), [
    (_markings.Spot(.5, .5, .05), (.5, .5), (.5, 0)),
    (_markings.Stripes((.5,), .04), (.7, .5), (.7, 0)),
    (_markings.Bars((.3, .6), .08), (.6, -.3), (.45, -.3)),
    (_markings.Bars((.5,), .05, bow=.2), (.3, 0), (.5, 0)),       # bent forward in the middle
    (_markings.Patch("pale", end=.2), (.1, 0), (.4, 0)),
])
def test_a_mark_covers_its_place_and_no_other(mark, inside, outside):
    for (x, v), expected in ((inside, 1), (outside, 0)):
        place = _markings._Place(np.float32([x]), np.float32([v]), np.float32([.2]), 1., 0.)
        assert mark.cover(place)[0] == pytest.approx(expected, abs=.01)


def test_dots_cover_about_the_share_that_their_size_and_spacing_say():
    x, v = np.random.default_rng(0).uniform(-1, 1, (2, 20000)).astype(np.float32)
    place = _markings._Place(.5 + .4 * x, v, np.full(20000, .2, np.float32), 1., 0.)
    share = _markings.Dots(.06, .015).cover(place).mean()
    assert share == pytest.approx(np.pi * .015**2 / .06**2, rel=.25)


def test_same_seed_same_bytes_another_seed_or_split_other_ones():
    usual = reef_fish.render_images(24, image_size=32, seed=5)
    assert np.array_equal(usual.images, reef_fish.render_images(24, image_size=32, seed=5).images)
    for change in (dict(seed=6), dict(split="test")):
        assert not np.array_equal(usual.images, reef_fish.render_images(24, image_size=32, **{"seed": 5, **change}).images)


def test_the_pictures_come_back_through_the_readers_door(tmp_path):
    folder = reef_fish.class_folders(24, 24, 24, image_size=32, seed=4, parent=tmp_path)
    data = photos.load_photos(folder, 32)
    assert data.train.class_names == reef_fish.SPECIES and len(data.test) == 24 and folder.name == "reef_fish"
    rendered = reef_fish.render_images(24, image_size=32, seed=4)
    label = data.train.labels[0]
    assert np.array_equal(data.train.images[0], rendered.images[label])


@pytest.mark.parametrize("wrong", [dict(species=["kraken"]), dict(number=3), dict(image_size=8), dict(scene={"colour": 1})])
def test_wrong_input_gives_one_clear_error(wrong):
    with pytest.raises(DataError, match="Try: "):
        reef_fish.render_images(**{"number": 24, **wrong})


def test_sharks_are_as_they_were_before_fish_had_marks():
    # A coarse fingerprint; test_sea_animals holds the colours of lesson 02.
    images = sea_animals.render_images(5, sea_animals.FIVE_SPECIES, 48, 2).images
    np.testing.assert_allclose(images.mean((1, 2, 3)), [109.43, 114.74, 113.04, 80.85, 135.58], atol=.3)
