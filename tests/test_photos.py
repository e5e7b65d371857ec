"""Tests of course_utils.data.photos: the layouts, the pictures that are odd, and the splits."""

import io
import itertools
import os
import shutil
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from course_utils.data import photos
from course_utils.data.photos import ImageSet, load_photos
from course_utils.errors import DataError


def picture(seed: int, size: tuple[int, int] = (48, 40)) -> Image.Image:
    """A made picture with large shapes, unlike that of any other seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def make_class(folder: Path, n: int, seed: int, suffix: str = ".png") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(n):
        picture(1000 * seed + i).save(folder / f"{i:03}{suffix}")


def make_splits(root: Path, counts: dict[str, dict[str, int]]) -> Path:
    seeds = itertools.count(1)
    for split, classes in counts.items():
        for name, n in classes.items():
            make_class(root / split / name, n, next(seeds))
    return root


def make_one_folder(root: Path, **counts: int) -> Path:
    for seed, (name, n) in enumerate(counts.items(), 1):
        make_class(root / name, n, seed)
    return root


@pytest.fixture
def split_folder(tmp_path):
    return make_splits(tmp_path / "photos", {
        "train": {"shark": 6, "dolphin": 8},
        "validation": {"shark": 3, "dolphin": 3},
        "test": {"shark": 4, "dolphin": 4},
    })


def path_names(images: ImageSet) -> list[str]:
    return [path.as_posix() for path in images.paths]


def reason_of(splits, name: str) -> str:
    """Why the one skipped file of that name was skipped."""
    (reason,) = [file.reason for file in splits.skipped if file.path.name == name]
    return reason


def only_image(tmp_path, save, size: int = 16, name: str = "odd.png") -> np.ndarray:
    """Write one odd picture into the training sharks, load everything, return it as it was read."""
    root = make_splits(tmp_path / "photos", {split: {"shark": 2, "dolphin": 2} for split in photos.SPLITS})
    save(root / "train" / "shark" / name)
    splits = load_photos(root, image_size=size)
    assert splits.skipped == ()
    return splits.train.images[path_names(splits.train).index(f"train/shark/{name}")]


# Layouts


def test_split_folders_are_read_with_labels_from_the_folder_names(split_folder):
    splits = load_photos(split_folder, image_size=24)
    assert splits.train.counts == {"dolphin": 8, "shark": 6}
    assert splits.validation.counts == {"dolphin": 3, "shark": 3}
    assert splits.test.counts == {"dolphin": 4, "shark": 4}
    for images in (splits.train, splits.validation, splits.test):
        assert images.images.shape == (len(images), 24, 24, 3) and images.images.dtype == np.uint8
        assert images.labels.dtype == np.int64
        assert [path.parts[0] for path in images.paths] == [images.name] * len(images)
        assert [path.parts[1] for path in images.paths] == [images.class_names[i] for i in images.labels]


def test_each_image_is_the_picture_that_its_path_names(split_folder):
    train = load_photos(split_folder, image_size=24).train
    for image, path in zip(train.images, train.paths, strict=True):
        expected = Image.open(split_folder / path).resize((24, 24), Image.Resampling.BILINEAR)
        assert np.array_equal(image, np.asarray(expected))


def test_a_picture_is_squashed_not_cropped(tmp_path):
    wide = Image.new("RGB", (90, 30), "red")
    wide.paste("blue", (60, 0, 90, 30))
    image = only_image(tmp_path, wide.save, size=30)
    assert (image[:, :18] == (255, 0, 0)).all() and (image[:, 22:] == (0, 0, 255)).all()


def test_the_folder_has_the_classes_and_counts_that_keras_sees(split_folder, monkeypatch):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    splits = load_photos(split_folder)
    for images in (splits.train, splits.validation, splits.test):
        dataset = keras.utils.image_dataset_from_directory(
            split_folder / images.name, image_size=(16, 16), verbose=False)
        assert dataset.class_names == list(images.class_names)
        counts = np.bincount(np.concatenate([labels for _, labels in dataset.as_numpy_iterator()]))
        assert counts.tolist() == list(images.counts.values())


@pytest.mark.parametrize(("train", "validation"), [("train", "val"), ("Train", "valid"), ("training", "VAL")])
def test_other_names_of_the_split_folders_are_understood(tmp_path, train, validation):
    root = make_splits(tmp_path, {name: {"a": 2, "b": 2} for name in (train, validation, "test")})
    splits = load_photos(root, image_size=16)
    assert len(splits.validation) == 4 and {path.parts[0] for path in splits.validation.paths} == {validation}


def test_five_classes_and_folders_inside_a_class_are_read(tmp_path):
    root = make_one_folder(tmp_path, a=5, b=5, c=5, d=5, e=4)
    make_class(root / "e" / "more" / "deeper", 3, 99)
    splits = load_photos(root, image_size=16)
    assert splits.train.class_names == ("a", "b", "c", "d", "e")
    total = {name: splits.train.counts[name] + splits.validation.counts[name] + splits.test.counts[name]
             for name in splits.train.class_names}
    assert total == {"a": 5, "b": 5, "c": 5, "d": 5, "e": 7}


def test_a_relative_folder_works(split_folder, monkeypatch):
    monkeypatch.chdir(split_folder)
    assert len(load_photos(".", image_size=16).train) == 14


# Splits made here


def test_one_folder_is_split_by_class_in_the_ratio_of_the_fractions(tmp_path):
    splits = load_photos(make_one_folder(tmp_path, cat=20, dog=40), image_size=16)
    assert splits.train.counts == {"cat": 12, "dog": 24}
    assert splits.validation.counts == splits.test.counts == {"cat": 4, "dog": 8}
    paths = path_names(splits.train) + path_names(splits.validation) + path_names(splits.test)
    assert len(set(paths)) == 60
    other = load_photos(tmp_path, image_size=16, fractions=(0.5, 0.4, 0.1))
    assert [len(other.train), len(other.validation), len(other.test)] == [30, 24, 6]


def test_without_validation_it_is_taken_from_train_and_test_stays(tmp_path):
    root = make_splits(tmp_path, {"train": {"a": 12, "b": 8}, "test": {"a": 3, "b": 3}})
    splits = load_photos(root, image_size=16)
    assert splits.train.counts == {"a": 9, "b": 6} and splits.validation.counts == {"a": 3, "b": 2}
    assert {path.parts[0] for path in splits.train.paths + splits.validation.paths} == {"train"}
    assert {path.parts[0] for path in splits.test.paths} == {"test"} and len(splits.test) == 6
    assert "validation photos were taken from train" in splits.describe()


def test_without_test_it_is_taken_from_train_and_validation_stays(tmp_path):
    root = make_splits(tmp_path, {"train": {"a": 8, "b": 8}, "val": {"a": 2, "b": 2}})
    splits = load_photos(root, image_size=16)
    assert [len(splits.train), len(splits.validation), len(splits.test)] == [12, 4, 4]
    assert {path.parts[0] for path in splits.test.paths} == {"train"}


def near_copies(image: Image.Image) -> dict[str, Image.Image]:
    encoded = io.BytesIO()
    image.convert("RGB").save(encoded, "JPEG", quality=40)
    width, height = image.size
    return {
        "same": image,
        "encoded": Image.open(encoded),
        "half": image.resize((width // 2, height // 2)),
        "brighter": image.point(lambda value: min(255, int(1.1 * value))),
        "cropped": image.crop((width // 50, height // 50, width - width // 50, height - height // 50)),
    }


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_near_duplicates_stay_in_one_split(tmp_path, seed):
    for label, name in enumerate(("cat", "dog")):
        (tmp_path / name).mkdir()
        for i in range(12):
            for kind, copy in near_copies(picture(100 * label + i, (200, 160))).items():
                copy.save(tmp_path / name / f"{kind}{i:02}.png")
    splits = load_photos(tmp_path, image_size=32, seed=seed)
    assert len(splits.train) + len(splits.validation) + len(splits.test) == 120
    scenes = [{(path.parts[0], path.stem[-2:]) for path in images.paths}
              for images in (splits.train, splits.validation, splits.test)]
    assert sum(map(len, scenes)) == 24, "a scene lies in two splits"
    assert min(map(len, scenes)) >= 4, "each split has scenes of both classes"


def test_different_pictures_are_no_near_duplicates():
    images = np.stack([np.asarray(picture(i).resize((32, 32))) for i in range(300)])
    assert len(np.unique(photos._near_duplicate_groups(images))) == 300


def test_plain_surfaces_are_near_duplicates_only_in_the_same_grey():
    images = np.stack([np.full((32, 32, 3), value, np.uint8) for value in (10, 200, 10, 90)])
    groups = photos._near_duplicate_groups(images)
    assert groups[0] == groups[2] and len(np.unique(groups)) == 3


def scenes(fooled: str) -> np.ndarray:
    """Different scenes that at least this one fingerprint takes for the same."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:32, :32]
    if fooled == "shape":  # bright above, dark below: only what swims there differs
        grey = 250 - 7.6 * y + rng.normal(0, 12, (20, 8, 8)).repeat(4, axis=1).repeat(4, axis=2)
    elif fooled == "hash":  # ever brighter to the right; the layers differ
        grey = np.stack([10 + 7.2 * x + 28 * np.sin(np.pi * waves * y / 32) for waves in range(3, 8)])
    else:  # the same white band with the photographer's name under every photo
        grey = np.where(y < 24, 60 + rng.normal(0, 7, (20, 8, 8)).repeat(4, axis=1).repeat(4, axis=2), 250)
    return np.clip(grey[..., None], 0, 255).astype(np.uint8).repeat(3, axis=3)


@pytest.mark.parametrize("fooled", ["shape", "hash", "edges"])
def test_scenes_that_fool_one_fingerprint_are_no_near_duplicates(fooled):
    images = scenes(fooled)
    vectors = photos._fingerprints(images)[fooled]
    assert np.median(vectors @ vectors.T) > photos.MIN_SIMILARITY[fooled]
    assert len(np.unique(photos._near_duplicate_groups(images))) == len(images)


def test_groups_of_any_size_fill_every_split_as_far_as_they_can():
    def sizes(*groups):
        numbers = np.repeat(np.arange(len(groups)), groups)
        part = photos._assign_groups(numbers, np.zeros(len(numbers), np.int64), [0.6, 0.2, 0.2])
        assert all(len(np.unique(part[numbers == group])) == 1 for group in range(len(groups)))
        return np.bincount(part, minlength=3).tolist()

    assert sizes(*[1] * 10) == [6, 2, 2]
    assert sizes(1, 1, 1, 1, 1, 5) == [6, 2, 2]  # the large one comes first, wherever it stands
    assert sizes(4, 4, 2) == [4, 4, 2]  # three groups for three splits: none stays empty
    assert sizes(30, 1, 1) == [30, 1, 1]


def test_a_chain_of_near_duplicates_is_one_group():
    # Each step of a slow fade is a near-duplicate of the next; the two ends are not alike.
    first, last = (np.asarray(picture(i).resize((32, 32)), float) for i in (1, 2))
    images = np.stack([(first * (1 - t) + last * t).astype(np.uint8) for t in np.linspace(0, 1, 60)])
    assert len(np.unique(photos._near_duplicate_groups(images[[0, -1]]))) == 2
    assert len(np.unique(photos._near_duplicate_groups(images))) == 1


def test_a_photo_under_two_labels_stays_in_one_split(tmp_path):
    root = make_one_folder(tmp_path, cat=10, dog=10)
    for i in range(10):
        shutil.copy(root / "cat" / f"{i:03}.png", root / "dog" / f"copy{i}.png")
    splits = load_photos(root, image_size=16)
    where = {}
    for images in (splits.train, splits.validation, splits.test):
        for image, path in zip(images.images, images.paths, strict=True):
            where.setdefault(image.tobytes(), set()).add(images.name)
    assert len(where) == 20 and all(len(names) == 1 for names in where.values())


def test_leaks_between_ready_made_splits_are_reported_not_repaired(split_folder):
    shutil.copy(split_folder / "train" / "shark" / "000.png", split_folder / "test" / "shark" / "copy.png")
    splits = load_photos(split_folder, image_size=32)
    assert len(splits.test) == 9
    assert "1 test photo looks like a training photo" in splits.describe()


def test_ready_made_splits_without_leaks_have_no_notes(split_folder):
    assert load_photos(split_folder, image_size=32).notes == ()


# Order and sampling


def test_the_same_seed_gives_the_same_splits_wherever_the_folder_lies(tmp_path):
    first = make_one_folder(tmp_path / "here", cat=15, dog=15)
    second = tmp_path / "some" / "where" / "else"
    for path in sorted(first.rglob("*.png"), reverse=True):  # written in another order
        (second / path.relative_to(first)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, second / path.relative_to(first))
    one, two = (load_photos(folder, image_size=16, seed=3) for folder in (first, second))
    for split in photos.SPLITS:
        assert getattr(one, split).paths == getattr(two, split).paths
        assert np.array_equal(getattr(one, split).images, getattr(two, split).images)
    other = load_photos(first, image_size=16, seed=4)
    assert set(other.test.paths) != set(one.test.paths)


def test_the_order_of_the_file_system_does_not_matter(split_folder, monkeypatch):
    before = load_photos(split_folder, image_size=16)
    walk = os.walk
    monkeypatch.setattr(os, "walk", lambda *args, **options: (
        (parent, folders[::-1], files[::-1]) for parent, folders, files in walk(*args, **options)))
    assert load_photos(split_folder, image_size=16).train.paths == before.train.paths


def test_at_most_samples_balanced_classes_and_opens_no_other_file(split_folder, monkeypatch):
    opened = []
    read = photos._read_photo
    monkeypatch.setattr(photos, "_read_photo", lambda path, size: opened.append(path) or read(path, size))
    splits = load_photos(split_folder, image_size=16, at_most=(6, 2, 100))
    assert splits.train.counts == {"dolphin": 3, "shark": 3}
    assert splits.validation.counts == {"dolphin": 1, "shark": 1}
    assert splits.test.counts == {"dolphin": 4, "shark": 4}
    assert len(opened) == 16
    other = load_photos(split_folder, image_size=16, at_most=(6, 2, 100), seed=1)
    assert set(other.train.paths) != set(splits.train.paths)


def test_at_most_fills_up_from_the_larger_classes():
    assert photos._balanced_counts([10, 2, 10], 16) == [7, 2, 7]
    assert sum(photos._balanced_counts([10, 10, 10], 10)) == 10
    assert photos._balanced_counts([3, 2], None) == [3, 2]
    assert photos._balanced_counts([3, 2], 9) == [3, 2]


def test_at_most_holds_for_splits_that_are_made_here(tmp_path):
    root = make_one_folder(tmp_path, cat=60, dog=60)
    splits = load_photos(root, image_size=16, at_most=(20, 4, 12))
    assert splits.train.counts == {"cat": 10, "dog": 10}
    assert splits.validation.counts == {"cat": 2, "dog": 2} and splits.test.counts == {"cat": 6, "dog": 6}


def test_with_at_most_another_photo_replaces_a_damaged_one(split_folder):
    for name in ("000.png", "001.png", "002.png"):
        (split_folder / "train" / "shark" / name).write_bytes(b"no picture")
    splits = load_photos(split_folder, image_size=16, at_most=(6, 2, 2))
    assert splits.train.counts == {"dolphin": 3, "shark": 3}


@pytest.mark.parametrize("counts", [{"a": 30, "b": 30}, {"a": 55, "b": 5}, {"a": 20, "b": 7, "c": 13}])
def test_subsets_are_stratified_and_nested(tmp_path, counts):
    labels = np.repeat(np.arange(len(counts)), list(counts.values()))
    images = np.arange(len(labels), dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
    paths = tuple(Path(f"{i}.png") for i in range(len(labels)))
    whole = ImageSet(images, labels, tuple(counts), paths, "train")
    largest = whole.subset(len(whole), seed=5)
    assert sorted(largest.paths) == sorted(paths)
    for n in (len(counts), 10, 21, 33):
        subset = whole.subset(n, seed=5)
        assert len(subset) == n and subset.paths == largest.paths[:n]
        assert (subset.images[:, 0, 0, 0] == [int(path.stem) for path in subset.paths]).all()
        assert (subset.labels == labels[[int(path.stem) for path in subset.paths]]).all()
        assert subset.class_names == whole.class_names and min(subset.counts.values()) >= 1
        for name, count in subset.counts.items():
            assert abs(count - n * counts[name] / len(whole)) < len(counts)
    assert whole.subset(20, seed=6).paths != whole.subset(20, seed=5).paths


@pytest.mark.parametrize("n", [0, 1, 15])
def test_a_subset_that_cannot_be_had_says_so(split_folder, n):
    with pytest.raises(DataError, match="2 to 14"):
        load_photos(split_folder, image_size=16).train.subset(n)


def test_every_beginning_of_a_set_mixes_the_classes(tmp_path):
    root = make_splits(tmp_path, {split: {"a": 10, "b": 10} for split in photos.SPLITS})
    train = load_photos(root, image_size=16).train
    for n in range(2, 21, 2):
        assert train.labels[:n].sum() == n / 2


# Odd pictures that must come out right


def test_a_grey_picture_becomes_rgb(tmp_path):
    image = only_image(tmp_path, Image.new("L", (20, 20), 77).save)
    assert (image == 77).all()


def test_a_cmyk_picture_becomes_rgb(tmp_path):
    image = only_image(tmp_path, Image.new("CMYK", (20, 20), (0, 255, 255, 0)).save, name="odd.jpg")
    assert np.abs(image.astype(int) - (255, 0, 0)).max() < 12


def test_a_palette_picture_becomes_rgb(tmp_path):
    colours = Image.new("RGB", (20, 20), (10, 200, 30)).quantize(4)
    assert colours.mode == "P"
    assert (only_image(tmp_path, colours.save) == (10, 200, 30)).all()


def test_a_black_and_white_picture_becomes_rgb(tmp_path):
    assert (only_image(tmp_path, Image.new("1", (20, 20), 1).save) == 255).all()


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_parts_become_white(tmp_path, mode):
    picture = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    picture.paste((0, 0, 0, 255), (0, 0, 20, 10))
    if mode == "P":
        picture = picture.quantize(4)
        assert picture.mode == "P"
    image = only_image(tmp_path, picture.convert(mode).save, size=20)
    assert (image[:8] == 0).all() and (image[12:] == 255).all()


def test_a_half_transparent_picture_is_mixed_with_white(tmp_path):
    image = only_image(tmp_path, Image.new("RGBA", (20, 20), (200, 0, 0, 128)).save)
    assert np.abs(image.astype(int) - (227, 127, 127)).max() <= 1


def test_a_transparent_colour_of_a_grey_picture_becomes_white(tmp_path):
    picture = Image.new("L", (20, 20), 50)
    picture.paste(120, (0, 0, 20, 10))
    image = only_image(tmp_path, lambda path: picture.save(path, transparency=50), size=20)
    assert (image[:8] == 120).all() and (image[12:] == 255).all()


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bit_grey_is_scaled_and_not_clipped(tmp_path, suffix):
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (64, 1))
    image = only_image(tmp_path, Image.fromarray(ramp).save, size=64, name=f"odd{suffix}")
    assert np.abs(image[0, :, 0].astype(int) - np.linspace(0, 255, 64)).max() <= 1
    assert (image[..., 0] == image[..., 2]).all()


def png(colour_type: int, bits: int, rows: list[bytes], width: int, height: int) -> bytes:
    """A PNG by hand, for what Pillow cannot write."""
    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    packed = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def test_sixteen_bit_colour_is_scaled_and_not_clipped(tmp_path):
    rows = [struct.pack(">3H", 0x1000, 0x8000, 0xFFFF) * 20] * 20
    image = only_image(tmp_path, lambda path: path.write_bytes(png(2, 16, rows, 20, 20)))
    assert (image == (0x10, 0x80, 0xFF)).all()


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_set_upright(tmp_path, orientation, suffix):
    # In the stored picture only the top left quarter is white; EXIF says where that corner belongs.
    stored = Image.new("L", (64, 64), 0)
    stored.paste(255, (0, 0, 32, 32))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = only_image(tmp_path, lambda path: stored.save(path, exif=exif), size=32, name=f"odd{suffix}")
    quarters = [(row, column) for row in (0, 1) for column in (0, 1)]
    bright = [(row, column) for row, column in quarters if image[8 + 16 * row, 8 + 16 * column, 0] > 127]
    corner = {1: (0, 0), 2: (0, 1), 3: (1, 1), 4: (1, 0), 5: (0, 0), 6: (0, 1), 7: (1, 1), 8: (1, 0)}
    assert bright == [corner[orientation]]


@pytest.mark.parametrize("name", ["odd.jpg", "odd.png", "odd.webp"])
@pytest.mark.parametrize("content", [b"garbage", b"MM\0*", b"II*\0\x08\0\0\0\xff\xff\x12\x01"])
def test_broken_exif_does_not_cost_a_sound_photo(tmp_path, name, content):
    sound = Image.new("RGB", (20, 20), "red")
    image = only_image(tmp_path, lambda path: sound.save(path, exif=b"Exif\0\0" + content), name=name)
    assert image[..., 0].min() > 200


@pytest.mark.parametrize("name", ["odd.gif", "odd.webp", "odd.png"])
def test_of_an_animation_the_first_picture_is_used(tmp_path, name):
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "lime", "blue")]

    def save(path):
        frames[0].save(path, save_all=True, append_images=frames[1:])

    image = only_image(tmp_path, save, name=name)
    assert np.abs(image.astype(int) - (255, 0, 0)).max() < 12


@pytest.mark.parametrize("name", ["odd.JPG", "odd.jpeg", "odd.bmp", "odd.tiff", "odd"])
def test_the_usual_picture_types_are_read(tmp_path, name):
    kind = {"odd.bmp": "BMP", "odd.tiff": "TIFF"}.get(name, "JPEG")
    image = only_image(tmp_path, lambda path: Image.new("RGB", (20, 20), "blue").save(path, kind), name=name)
    assert np.abs(image.astype(int) - (0, 0, 255)).max() < 12


@pytest.mark.parametrize("size", [40, 160])
def test_a_jpeg_looks_the_same_as_its_lossless_twin(tmp_path, size):
    photo = picture(7, (320, 640))
    photo.paste("white", (100, 0, 104, 640))  # a thin line, which a JPEG unpacked too small would lose
    from_jpeg = only_image(tmp_path / "jpg", lambda path: photo.save(path, quality=95), size, "odd.jpg")
    from_png = only_image(tmp_path / "png", photo.save, size)
    assert np.abs(from_jpeg.astype(int) - from_png).mean() < 2


# Files that are skipped with a reason


def test_bad_files_are_skipped_and_listed_with_the_reason(split_folder):
    shark = split_folder / "train" / "shark"
    encoded = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)).save(encoded, "JPEG")
    (shark / "cut.jpg").write_bytes(encoded.getvalue()[:20_000])
    (shark / "no_picture.jpg").write_text("I am no picture")
    picture(0).save(shark / "other_type.png", "PPM")
    (shark / "empty.jpg").touch()
    (shark / "notes.txt").write_text("remember the milk")
    (shark / "phone.heic").write_bytes(b"0000ftypheic")
    Image.fromarray(np.ones((8, 8), np.float32)).save(shark / "float.tif")
    damaged = bytearray((shark / "000.png").read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    (shark / "damaged.png").write_bytes(damaged)
    (split_folder / "README.md").write_text("about these photos")
    splits = load_photos(split_folder, image_size=16)
    assert splits.train.counts == {"dolphin": 8, "shark": 6}
    assert "truncated" in reason_of(splits, "cut.jpg")
    assert "not a readable picture" in reason_of(splits, "no_picture.jpg")
    assert "not a readable picture" in reason_of(splits, "other_type.png")
    assert "empty" in reason_of(splits, "empty.jpg")
    assert ".txt" in reason_of(splits, "notes.txt")
    assert ".heic" in reason_of(splits, "phone.heic") and "JPEG" in reason_of(splits, "phone.heic")
    assert "32 bits" in reason_of(splits, "float.tif")
    assert "damaged" in reason_of(splits, "damaged.png")
    assert "outside the class folders" in reason_of(splits, "README.md")
    assert len(splits.skipped) == 9
    lines = splits.describe().splitlines()
    assert "9 files skipped" in lines[0] and len(lines) == 7 and lines[-1] == "  … and 4 more"
    assert str(split_folder) not in splits.describe() + repr(splits) + repr(splits.skipped)


def test_hidden_files_and_folders_are_passed_over_in_silence(split_folder):
    for folder in (split_folder, split_folder / "train", split_folder / "train" / "shark"):
        for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._000.png"):
            (folder / name).write_bytes(b"x")
        for name in (".ipynb_checkpoints", "__MACOSX"):
            (folder / name).mkdir()
            (folder / name / "000.png").write_bytes(b"x")
    splits = load_photos(split_folder, image_size=16)
    assert splits.skipped == () and splits.train.counts == {"dolphin": 8, "shark": 6}


@pytest.mark.parametrize("side", [7_100, 10_000, 20_000])
def test_a_picture_of_fifty_megapixels_or_more_is_never_unpacked(split_folder, side, monkeypatch):
    # 10,000 × 10,000 pixels of one colour: a few kilobytes in the file, 300 MB unpacked.
    bomb = png(2, 8, [bytes(3)], side, side)
    (split_folder / "train" / "shark" / "bomb.png").write_bytes(bomb)
    loaded = []
    load = PngImagePlugin.PngImageFile.load
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load",
                        lambda self: loaded.append(self.size) or load(self))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        splits = load_photos(split_folder, image_size=16, at_most=(100, 2, 2))
    assert reason_of(splits, "bomb.png") == "more than 50 megapixels"
    assert (48, 40) in loaded and (side, side) not in loaded and len(splits.train) == 14


def test_a_file_without_read_permission_is_skipped(split_folder, monkeypatch):
    # Not with chmod: root, as which containers run, may read everything.
    opener = Image.open

    def refuse(path, *args, **options):
        if Path(path).name == "003.png":
            raise PermissionError(13, "Permission denied", str(path))
        return opener(path, *args, **options)

    monkeypatch.setattr(Image, "open", refuse)
    splits = load_photos(split_folder, image_size=16)
    assert {file.path.name for file in splits.skipped} == {"003.png"}
    assert {file.reason for file in splits.skipped} == {"no permission to read it"}


def test_links_that_lead_nowhere_or_round_in_circles_are_skipped(split_folder):
    shark = split_folder / "train" / "shark"
    (shark / "broken.png").symlink_to("nowhere.png")
    (shark / "itself.png").symlink_to("itself.png")
    (shark / "up").symlink_to(split_folder, target_is_directory=True)
    (split_folder / "train" / "round").symlink_to("..", target_is_directory=True)
    (split_folder / "self").symlink_to("self")
    splits = load_photos(split_folder, image_size=16)
    assert len(splits.train) == 14 and splits.train.class_names == ("dolphin", "shark")
    assert reason_of(splits, "broken.png") == reason_of(splits, "itself.png") == "a link that leads nowhere"
    assert "not followed" in reason_of(splits, "up")
    assert "link back" in reason_of(splits, "round")
    assert reason_of(splits, "self") == "a link that leads nowhere"


def test_linked_class_folders_and_files_are_read(split_folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    shutil.move(split_folder / "train" / "shark", elsewhere)
    (split_folder / "train" / "shark").symlink_to(elsewhere, target_is_directory=True)
    picture(77).save(tmp_path / "one.png")
    (split_folder / "train" / "dolphin" / "linked.png").symlink_to(tmp_path / "one.png")
    splits = load_photos(split_folder, image_size=16)
    assert splits.train.counts == {"dolphin": 9, "shark": 6} and splits.skipped == ()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_does_not_block(split_folder):
    os.mkfifo(split_folder / "train" / "shark" / "pipe.png")
    assert reason_of(load_photos(split_folder, image_size=16), "pipe.png") == "not an ordinary file"


# Clear errors


def expect(match: str, folder, **options) -> str:
    with pytest.raises(DataError, match=match) as caught:
        load_photos(folder, image_size=16, **options)
    assert caught.value.hint
    return str(caught.value)


def test_a_missing_folder_says_so(tmp_path):
    expect("There is no folder .*nothing_here", tmp_path / "nothing_here")


def test_a_file_instead_of_a_folder_says_so(tmp_path):
    (tmp_path / "photos.zip").write_bytes(b"x")
    expect("is a file, not a folder", tmp_path / "photos.zip")


def test_a_folder_without_any_photo_says_so(tmp_path):
    expect("There is no photo", tmp_path)
    (tmp_path / "cat").mkdir()
    expect("There is no photo", tmp_path)


def test_photos_outside_class_folders_are_named_in_the_error(tmp_path):
    make_class(tmp_path, 3, 1)
    expect("no photo in the class folders.*000.png: lies outside the class folders", tmp_path)


def test_one_class_only_says_so(tmp_path):
    assert "one level deeper" in expect("one class only: cat", make_one_folder(tmp_path, cat=9))


def test_an_empty_class_folder_says_so(tmp_path):
    root = make_one_folder(tmp_path, cat=9, dog=9)
    (root / "emu").mkdir()
    expect("class folder emu has no usable photo", root)


@pytest.mark.parametrize("layout", ["one folder", "splits"])
def test_a_class_that_is_empty_after_skipping_gives_the_reasons(tmp_path, split_folder, layout):
    root = split_folder if layout == "splits" else make_one_folder(tmp_path / "one", cat=9, dog=9)
    folder = Path("test/shark") if layout == "splits" else Path("dog")
    for path in (root / folder).iterdir():
        path.write_bytes(b"no picture")
    message = expect(f"class folder {folder} has no usable photo", root)
    assert f"{folder}/00" in message and "not a readable picture" in message


def test_splits_that_differ_in_their_classes_list_the_difference(split_folder):
    make_class(split_folder / "test" / "ray", 3, 50)
    shutil.rmtree(split_folder / "validation" / "shark")
    expect("train has no ray; validation has no ray, shark", split_folder)


def test_a_mixture_of_split_and_class_folders_says_so(split_folder):
    make_class(split_folder / "shark", 3, 50)
    expect(r"split folders \(test, train, validation\) and others \(shark\)", split_folder)


def test_two_folders_for_one_split_say_so(split_folder):
    make_class(split_folder / "val" / "shark", 3, 50)
    expect("two folders for one split", split_folder)


def test_a_test_folder_without_train_says_so(split_folder):
    shutil.rmtree(split_folder / "train")
    expect("no train folder", split_folder)


def test_a_folder_one_level_too_high_says_which_one_to_give(split_folder):
    message = expect("split themselves: photos", split_folder.parent)
    assert f"Try: give one of them, such as {split_folder}" in message


@pytest.mark.parametrize("cats", [1, 2])
def test_too_few_photos_to_split_say_so(tmp_path, cats):
    expect(f"'cat' has {cats} usable photos", make_one_folder(tmp_path, cat=cats, dog=9))


def test_three_photos_of_a_class_are_enough(tmp_path):
    splits = load_photos(make_one_folder(tmp_path, cat=3, dog=9), image_size=16)
    assert splits.train.counts["cat"] == splits.validation.counts["cat"] == splits.test.counts["cat"] == 1


def test_copies_of_one_photo_are_too_few_to_split(tmp_path):
    root = make_one_folder(tmp_path, cat=1, dog=9)
    for i in range(1, 9):
        shutil.copy(root / "cat" / "000.png", root / "cat" / f"{i}.png")
    expect("'cat' has too few different photos", root)


@pytest.mark.parametrize("options", [
    {"at_most": (1, 4, 4)}, {"at_most": (4, 4)}, {"at_most": ("a", 4, 4)}, {"at_most": 12},
    {"fractions": (0.5, 0.5)}, {"fractions": (0.8, 0.2, 0.0)}, {"fractions": (0.6, 0.3, 0.3)},
    {"seed": -1}, {"seed": "zero"},
])
def test_arguments_that_make_no_sense_say_so(split_folder, options):
    expect(next(iter(options)), split_folder, **options)


@pytest.mark.parametrize("image_size", [0, -5, 1.5, (150, 150)])
def test_an_image_size_that_is_no_size_says_so(split_folder, image_size):
    with pytest.raises(DataError, match="image_size"):
        load_photos(split_folder, image_size=image_size)


def test_a_set_whose_parts_do_not_fit_together_is_refused():
    images, labels = np.zeros((2, 4, 4, 3), np.uint8), np.zeros(2, np.int64)
    paths = (Path("a"), Path("b"))
    for bad in ((images.astype(np.float32), labels, paths), (images[0], labels, paths),
                (images, labels[:1], paths), (images, labels, paths[:1])):
        with pytest.raises(DataError):
            ImageSet(bad[0], bad[1], ("a", "b"), bad[2], "train")


# What a reader sees


def test_the_description_is_one_line_with_everything_in_it(split_folder):
    description = load_photos(split_folder, image_size=24).describe()
    assert "\n" not in description and str(split_folder.parent) not in description
    for part in ("28 photos in the folder 'photos'", "14 train, 6 validation, 8 test",
                 "2 classes (dolphin, shark)", "24 × 24 pixels", "no file skipped"):
        assert part in description


def test_a_file_name_that_is_no_text_can_be_shown(split_folder):
    name = os.fsencode(split_folder / "train" / "shark") + b"/bad\xff\nname.txt"
    try:
        Path(os.fsdecode(name)).write_text("x")
    except OSError:
        pytest.skip("this file system takes only text as names")
    load_photos(split_folder, image_size=16).describe().encode()


def test_importing_the_module_starts_neither_pillow_nor_tensorflow():
    import subprocess
    import sys

    code = ("import sys, course_utils.data.photos; "
            "print(sorted({'PIL', 'tensorflow', 'keras', 'scipy'} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
