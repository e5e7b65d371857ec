"""The rendered animals are honest: only the animal itself tells the species, and a seed fixes every byte."""

import csv
import io
import time

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from course_utils.data import sea_animals
from course_utils.errors import DataError


@pytest.fixture(scope="module")
def many():
    return sea_animals.render_images(900, seed=7)


def accuracy(features, labels, penalty):
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=1 / penalty, max_iter=1000))
    return cross_val_score(classifier, features, labels, cv=5).mean()


def shrunk(images, side=10):
    n, size = images.shape[:2]
    return images.reshape(n, side, size // side, side, size // side, -1).mean((2, 4))


def colour_histograms(images):
    return np.array([np.concatenate([np.histogram(image[..., k], 16, (0, 256))[0] for k in range(3)]) for image in images])


def test_colour_histograms_tell_nothing(many):
    assert accuracy(colour_histograms(many.images), many.labels, 10) <= .58


def test_thumbnails_tell_nothing(many):
    assert accuracy(shrunk(many.images).reshape(len(many.images), -1), many.labels, 1000) <= .58


def test_backgrounds_without_the_animal_tell_nothing(many):
    # The hole that the animal leaves is filled by the picture's mean, at thumbnail size.
    seen = many.images * ~many.masks[..., None]
    weight = shrunk((~many.masks[..., None]).astype(float))
    mean = many.images.mean((1, 2), keepdims=True)
    background = np.where(weight > .5, shrunk(seen.astype(float)) / np.maximum(weight, .5), mean)
    assert accuracy(background.reshape(len(background), -1), many.labels, 1000) <= .58


@pytest.fixture(scope="module")
def five():
    return sea_animals.render_images(900, species=sea_animals.FIVE_SPECIES, image_size=100, seed=7)


def test_colour_and_thumbnails_tell_little_about_five_species(five):
    # Chance is .2. A jellyfish is wide and a shark is slim: a little shows in any summary; the network gets > .9.
    assert accuracy(colour_histograms(five.images), five.labels, 10) <= .34
    assert accuracy(shrunk(five.images).reshape(len(five.images), -1), five.labels, 1000) <= .45


def test_five_species_are_whole_in_the_frame_and_of_like_size(five):
    area = five.masks.mean((1, 2))
    for label, name in enumerate(five.class_names):
        assert .05 < np.median(area[five.labels == label]) < .3, name
    # Scenes do not know the species, so each of the five sees the same pose, water and light on average.
    turbidity = np.array([row["turbidity"] for row in five.attributes])
    means = [turbidity[five.labels == label].mean() for label in range(5)]
    assert np.ptp(means) < .05


def test_more_species_leave_the_two_of_lesson_02_as_they_were(many):
    # Colours of the first pictures of lesson 02, on a coarse grid: a change of the renderer must count up FORMAT. (Not the
    # bytes: another version of NumPy may round a pixel differently.)
    pixels = sea_animals.render_images(6, image_size=64, seed=11).images
    assert many.class_names == ("dolphin", "shark")
    expected = [[36.81, 102.05, 105.05], [62.05, 125.5, 144.5], [40.8, 98.78, 87.48],
                [40.3, 98.45, 105.23], [93.61, 134.52, 181.77], [85.02, 118.33, 157.58]]
    np.testing.assert_allclose(pixels[:, ::9, ::9].mean((1, 2)), expected, atol=.2)


def test_outlines_do_tell_the_species(many):
    # Proof that the tests above can fail: without pose and place, a small picture of the outline says a lot.
    upright = sea_animals.render_images(300, seed=7, scene=dict(
        facing="left", yaw=0., elevation=0., tilt=0., bend=0., length=.8, centre_x=.5, centre_y=.5))
    assert accuracy(shrunk(upright.masks[..., None].astype(float), 30).reshape(300, -1), upright.labels, 10) > .9


def test_the_scene_is_drawn_without_looking_at_the_species():
    pair = [sea_animals.render_images(1, species=[name], seed=3) for name in ("shark", "dolphin")]
    first, second = (dict(images.attributes[0]) for images in pair)
    assert {key for key in first if first[key] != second[key]} <= {"species", "skin"}
    elsewhere = ~(pair[0].masks[0] | pair[1].masks[0])
    elsewhere[1:-1, 1:-1] &= elsewhere[:-2, 1:-1] & elsewhere[2:, 1:-1] & elsewhere[1:-1, :-2] & elsewhere[1:-1, 2:]
    difference = np.abs(pair[0].images[0].astype(int) - pair[1].images[0])[elsewhere]
    # The blur carries an edge by one pixel: nearly all of the surroundings must be the same to the last bit.
    assert (difference == 0).mean() > .98
    assert not np.array_equal(pair[0].images, pair[1].images)


def test_same_seed_same_bytes_and_a_longer_series_begins_with_the_shorter_one():
    short, long = (sea_animals.render_images(n, image_size=64, seed=5) for n in (4, 8))
    assert np.array_equal(short.images, long.images[:4])
    assert short.attributes == long.attributes[:4]


@pytest.mark.parametrize("change", [dict(seed=6), dict(split="test")])
def test_another_seed_or_split_gives_other_images(change):
    usual = sea_animals.render_images(2, image_size=64, seed=5)
    assert not np.array_equal(usual.images, sea_animals.render_images(2, image_size=64, **{"seed": 5, **change}).images)


def test_the_animal_fills_most_of_the_frame(many):
    columns = many.masks.any(1)
    width = columns.shape[1] - columns.argmax(1) - columns[:, ::-1].argmax(1)
    share = width / columns.shape[1]
    assert np.quantile(share, .02) > .45 and np.quantile(share, .98) <= 1
    assert many.masks.mean() > .08


def test_a_fixed_attribute_is_fixed_and_seen():
    clear, turbid = (sea_animals.render_images(20, image_size=64, seed=1, scene={"turbidity": value})
                     for value in (.02, .7))
    assert {row["turbidity"] for row in turbid.attributes} == {.7}

    def standing_out(images):
        return np.mean([abs(image[mask].mean() - image[~mask].mean()) for image, mask in zip(images.images, images.masks)])

    assert standing_out(turbid) < .6 * standing_out(clear)


def test_rendering_a_picture_is_much_faster_than_reading_a_photograph():
    # A ratio, because computers differ and are busy: 0.05 to 0.12 on two quiet cores.
    sea_animals.render_images(5)
    photograph = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((4000, 3000)).save(photograph, "JPEG", quality=90)

    def seconds(work):
        start = time.process_time()
        work()
        return time.process_time() - start

    def read():
        for _ in range(4):
            Image.open(photograph).convert("RGB").resize((150, 150))

    ratios = [seconds(lambda: sea_animals.render_images(20, seed=seed)) / 20 / (seconds(read) / 4) for seed in range(3)]
    assert sorted(ratios)[1] < 0.25, ratios


@pytest.mark.parametrize("wrong", [
    dict(species=["shark", "kraken"]), dict(species=[]), dict(number=1), dict(image_size=8), dict(split="exam"),
    dict(scene={"colour": 3}),
])
def test_wrong_input_gives_one_clear_error(wrong):
    with pytest.raises(DataError, match="Try: "):
        sea_animals.render_images(**{"number": 4, **wrong})


def test_class_folders_are_written_once_and_hold_what_was_rendered(tmp_path, capsys):
    from PIL import Image

    folder = sea_animals.class_folders(6, 2, 2, image_size=32, seed=4, parent=tmp_path)
    assert sorted(path.name for path in folder.glob("*/*")) == ["dolphin"] * 3 + ["shark"] * 3
    with open(folder.parent / "attributes.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 10 and tuple(rows[0]) == ("file", *sea_animals.ATTRIBUTES)
    rendered = sea_animals.render_images(6, image_size=32, seed=4)
    assert np.array_equal(np.asarray(Image.open(folder.parent / rows[3]["file"])), rendered.images[3])
    before = (folder.parent / rows[0]["file"]).stat().st_mtime_ns
    assert sea_animals.class_folders(6, 2, 2, image_size=32, seed=4, parent=tmp_path) == folder
    assert (folder.parent / rows[0]["file"]).stat().st_mtime_ns == before
    assert [path.name for path in tmp_path.iterdir()] == [folder.parent.name]


@pytest.mark.parametrize("damage", ["delete", "truncate", "manifest"])
def test_damaged_class_folders_are_rendered_again(tmp_path, capsys, damage):
    folder = sea_animals.class_folders(4, 2, 2, image_size=32, parent=tmp_path)
    victim = next(folder.glob("train/shark/*.png"))
    good = victim.read_bytes()
    if damage == "delete":
        victim.unlink()
    elif damage == "truncate":
        victim.write_bytes(good[:100])
    else:
        (folder.parent / "manifest.json").write_text('{"bytes":')
    sea_animals.class_folders(4, 2, 2, image_size=32, parent=tmp_path)
    assert victim.read_bytes() == good
    assert "rendered again" in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_gives_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="COURSE_CACHE"):
        sea_animals.class_folders(4, 2, 2, image_size=32, parent=tmp_path / "file")


def test_many_pictures_are_the_same_as_few_though_several_processes_render_them(monkeypatch):
    from course_utils.data import _class_folders

    asked, original = [], _class_folders._in_processes
    monkeypatch.setattr(_class_folders, "_in_processes",
                        lambda render, tasks: asked.append(len(tasks)) or original(render, tasks))
    alone = sea_animals.render_images(60, image_size=32, seed=5)
    assert asked == []
    monkeypatch.setattr(_class_folders, "WORTH_PROCESSES", 60 * 32**2)
    together = sea_animals.render_images(60, image_size=32, seed=5)
    assert asked == [60]
    assert np.array_equal(alone.images, together.images) and np.array_equal(alone.masks, together.masks)
    assert alone.attributes == together.attributes and np.array_equal(alone.labels, together.labels)
