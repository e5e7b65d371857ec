"""Your own photographs: class folders in, three sets of images out (lesson 02).

Two layouts are read. Either the folder is split already::

    my_photos/train/shark/*.jpg   my_photos/validation/shark/*.jpg   my_photos/test/shark/*.jpg
    my_photos/train/dolphin/…     my_photos/validation/dolphin/…     my_photos/test/dolphin/…

or it holds one folder per class (``my_photos/shark``, ``my_photos/dolphin``) and is split here. Labels come
from the names of the folders, never from the position of a file in a list.
"""

import math
import operator
import os
import stat
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from course_utils.errors import DataError

__all__ = ["ImageSet", "ImageSplits", "SkippedFile", "load_image", "load_photos"]

SPLITS = ("train", "validation", "test")
SPLIT_OF_FOLDER = {
    "train": "train", "training": "train",
    "validation": "validation", "valid": "validation", "val": "validation",
    "test": "test", "testing": "test",
}
PICTURE_SUFFIXES = {"", ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff"}
PICTURE_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF")  # Pillow knows more, some start programs
IGNORED_NAMES = {"__macosx", "thumbs.db", "desktop.ini"}  # left by operating systems, like the hidden files
MAX_PIXELS = 50_000_000
READERS = 2  # Pillow releases Python's lock while it decodes

# Two photos count as near-duplicates if three fingerprints agree; one alone is fooled. On 3,800 web photos of
# sharks and dolphins the difference hash took any two animals in plain blue water for one picture, the shape
# any two scenes with a bright top and a dark bottom, the edges any two pictures with the same watermark. The
# three together found 21 pairs in 7.2 million, 17 of them true, and 99 % of copies that were re-encoded,
# halved, made 30 % brighter, or cropped by 2 % on each side (by 5 %: 56 %).
MIN_SIMILARITY = {"hash": 0.75, "shape": 0.9, "edges": 0.7}  # cosines; of the 64 hash bits 8 may differ
THUMBNAIL = 32


@dataclass(frozen=True)
class SkippedFile:
    """A file that was not used: where it lies below the folder that was read, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Labelled images of one size.

    Attributes
    ----------
    images : numpy.ndarray
        RGB, uint8 from 0 to 255, shape (n, height, width, 3).
    labels : numpy.ndarray
        int64, shape (n,): positions in `class_names`.
    class_names : tuple of str
        Sorted, as ``keras.utils.image_dataset_from_directory`` sorts them.
    paths : tuple of pathlib.Path
        Where each image lies below the folder it was read from, shape (n,).
    name : str
        ``"train"``, ``"validation"`` or ``"test"``.

    Raises
    ------
    DataError
        If the shapes or types do not fit together.
    """

    images: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    class_names: tuple[str, ...]
    paths: tuple[Path, ...] = field(repr=False)
    name: str

    def __post_init__(self):
        if self.images.ndim != 4 or self.images.shape[-1] != 3 or self.images.dtype != np.uint8:
            raise DataError(
                f"The {self.name} images are {self.images.dtype} of shape {self.images.shape}.",
                "hand in uint8 images of shape (n, height, width, 3).",
            )
        if self.labels.shape != (len(self.images),) or len(self.paths) != len(self.images):
            raise DataError(
                f"{len(self.images)} {self.name} images have labels of shape {self.labels.shape} "
                f"and {len(self.paths)} paths.",
                "give each image one label and one path.",
            )

    def __len__(self) -> int:
        return len(self.images)

    @property
    def counts(self) -> dict[str, int]:
        """Number of images of each class."""
        counts = np.bincount(self.labels, minlength=len(self.class_names))
        return dict(zip(self.class_names, counts.tolist(), strict=True))

    def subset(self, n: int, seed: int = 0) -> "ImageSet":
        """Return `n` images, the classes in the same proportions, each class at least once.

        With one seed the subsets are nested: the smaller one is the beginning of the larger one, so that a
        learning curve adds images and exchanges none.

        Raises
        ------
        DataError
            If `n` is smaller than the number of classes or larger than this set.
        """
        if not len(self.class_names) <= n <= len(self):
            raise DataError(
                f"A subset of {n} images was asked for; this {self.name} set has {len(self)} images "
                f"in {len(self.class_names)} classes.",
                f"ask for {len(self.class_names)} to {len(self)} images.",
            )
        chosen = _stratified_order(self.labels, np.random.default_rng(seed))[:n]
        return ImageSet(self.images[chosen], self.labels[chosen], self.class_names,
                        tuple(self.paths[i] for i in chosen), self.name)


@dataclass(frozen=True, eq=False)
class ImageSplits:
    """Training, validation and test images, and where they came from.

    Attributes
    ----------
    train, validation, test : ImageSet
        All three with the same `class_names`.
    source : str
        Where the images came from, for instance ``"photos in the folder 'shark_dolphin'"``.
    skipped : tuple of SkippedFile
        What was found and not used.
    notes : tuple of str
        What a reader has to know to judge results on these splits, each a sentence.
    """

    train: ImageSet
    validation: ImageSet
    test: ImageSet
    source: str
    skipped: tuple[SkippedFile, ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = ()

    def describe(self) -> str:
        """Return one line on what was loaded; if files were skipped, up to five more lines with reasons."""
        sets = (self.train, self.validation, self.test)
        names = self.train.class_names
        classes = ", ".join(names) if len(names) <= 10 else f"{names[0]}, {names[1]} … {names[-1]}"
        height, width = self.train.images.shape[1:3]
        lines = [
            " ".join((
                f"{sum(map(len, sets)):,} {self.source}:",
                ", ".join(f"{len(images):,} {images.name}" for images in sets) + ";",
                f"{len(names)} classes ({classes}); {height} × {width} pixels;",
                f"{len(self.skipped) or 'no'} {'files' if len(self.skipped) > 1 else 'file'} skipped.",
                *self.notes,
            ))
        ]
        lines += [f"  skipped {_shown(file.path)}: {file.reason}" for file in self.skipped[:5]]
        if len(self.skipped) > 5:
            lines.append(f"  … and {len(self.skipped) - 5} more")
        # A file name may hold bytes that are no text; a notebook could not print them.
        return "\n".join(lines).encode(errors="replace").decode()


def load_photos(
    folder: str | os.PathLike,
    image_size: int = 150,
    at_most: Sequence[int] | None = None,
    fractions: Sequence[float] = (0.6, 0.2, 0.2),
    seed: int = 0,
) -> ImageSplits:
    """Read class folders of photographs.

    The folder holds ``train``, ``validation`` (or ``val``, ``valid``) and ``test``, each with one folder per
    class, or it holds the class folders themselves. A split that is missing is taken from ``train`` (or from
    the class folders), class by class, by chance and in the ratio of `fractions`.

    Near-duplicates (copies in another size or quality, frames of one burst) then go into one split, because
    a test photo that is almost a training photo measures memory, not learning. They are found by comparing
    small grey thumbnails (a 64-bit difference hash, the shape, the edges); mirrored, turned and strongly
    cropped copies are not found. Splits that you made yourself stay as they are; `ImageSplits.notes` tells
    how many of their photos look like a training photo.

    Every picture becomes a square of `image_size`: the proportions are squashed, as in the source document of
    lesson 02 and as ``keras.utils.image_dataset_from_directory`` does it (bilinear; here also smoothed, which
    Keras leaves out). Turned phone photos are set upright, transparent parts become white, 16 bits per colour
    are scaled to 8, of an animation the first picture is used.

    Folders inside a class folder belong to that class; links to folders are followed only where a split or a
    class folder is expected. Hidden files are passed over; any other file that is no usable picture is listed
    in `ImageSplits.skipped`, pictures of more than 50 megapixels among them.

    Parameters
    ----------
    folder : str or path
        The folder with the photographs.
    image_size : int
        Height and width of the images in pixels.
    at_most : three ints, optional
        Largest numbers of training, validation and test images, all classes together. The classes get equal
        parts of it as far as they reach; which photos are used depends on `seed`. The photos left out are not
        opened, so only the skipped files that were met on the way are listed.
    fractions : three floats
        Shares of train, validation and test where a split has to be made here; they add up to 1.
    seed : int
        Moves every random choice. Neither the order of files on the disk nor the place of the folder matters.

    Returns
    -------
    ImageSplits
        Each set in a random order in which every beginning holds the classes in about their proportions.

    Raises
    ------
    DataError
        If the folder is missing or has no such layout, a class is empty, there is only one class, the splits
        differ in their classes, or a class has too few different photos to be split.
    """
    folder = Path(folder).expanduser()
    limits = _check_arguments(image_size, at_most, fractions, seed)
    skipped: list[SkippedFile] = []
    files = _find_files(folder, skipped)
    class_names = tuple(sorted(files["train"]))
    if limits is not None and min(limits.values()) < len(class_names):
        raise DataError(f"at_most is {tuple(at_most)}, and there are {len(class_names)} classes.",
                        f"allow at least {len(class_names)} images for each split, one of each class.")
    given = [split for split in SPLITS if split in files]
    candidates = {split: _shuffle(files[split], [seed, SPLITS.index(split)]) for split in given}
    reader = _Reader(folder, class_names, seed, skipped)
    try:
        if len(given) < len(SPLITS):
            shares = {split: share for split, share in zip(SPLITS, fractions, strict=True)
                      if split == "train" or split not in given}
            shares = {split: share / sum(shares.values()) for split, share in shares.items()}
            candidates |= _make_splits(reader, candidates["train"], shares, limits)
        sets = {
            split: reader.read(split, candidates[split], limits[split] if limits else None, image_size)
            for split in SPLITS
        }
    finally:
        reader.close()
    return ImageSplits(
        **sets,
        source=f"photos in the folder {folder.resolve().name!r}",
        skipped=tuple(sorted(skipped, key=lambda file: file.path.as_posix())),
        notes=_notes(sets, given),
    )


# What may be asked for, and where the files are ------------------------------------------------------------


def load_image(path: str | os.PathLike, image_size: int = 150) -> np.ndarray:
    """Read one photograph as `load_photos` reads all of them.

    Returns
    -------
    numpy.ndarray
        RGB, uint8, shape (image_size, image_size, 3).

    Raises
    ------
    DataError
        If there is no such file, or it is no picture that can be used.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise DataError(f"There is no file {path.name!r}.", "check the path; it starts from the notebook's folder.")
    photo = _read_photo(path, image_size)
    if isinstance(photo, str):
        raise DataError(f"{path.name!r} cannot be used: {photo}.", "open it in a picture viewer and save it as JPEG.")
    return photo


def _check_arguments(image_size, at_most, fractions, seed) -> dict[str, int] | None:
    """Return the largest number of images of each split, or None for no limit."""
    try:
        if operator.index(image_size) < 1 or operator.index(seed) < 0:
            raise ValueError
    except (TypeError, ValueError):
        raise DataError(f"image_size is {image_size!r} and seed is {seed!r}.",
                        "give whole numbers, image_size from 1 up and seed from 0 up.") from None
    try:
        if len(fractions) != 3 or min(fractions) <= 0 or not math.isclose(sum(fractions), 1, abs_tol=1e-6):
            raise ValueError
    except (TypeError, ValueError):
        raise DataError(f"fractions is {fractions!r}.",
                        "give the shares of train, validation and test, such as (0.6, 0.2, 0.2).") from None
    if at_most is None:
        return None
    try:
        return dict(zip(SPLITS, map(operator.index, at_most), strict=True))
    except (TypeError, ValueError):
        raise DataError(f"at_most is {at_most!r}.",
                        "give three whole numbers, for train, validation and test.") from None


def _find_files(folder: Path, skipped: list[SkippedFile]) -> dict[str, dict[str, list[Path]]]:
    """Return the candidate files as split -> class -> sorted paths below `folder`, the layout checked."""
    if not os.path.exists(folder):
        raise DataError(f"There is no folder {folder}.", "check the spelling, or give the full path.")
    if not folder.is_dir():
        raise DataError(f"{folder} is a file, not a folder.", "give the folder that holds the class folders.")
    names = _folder_names(folder, Path(), skipped)
    split_folders = {name: SPLIT_OF_FOLDER[name.casefold()] for name in names if _is_split_name(name)}
    if not split_folders:
        nested = [name for name in names if _is_split_layout(folder / name)]
        if nested:
            raise DataError(f"{folder} holds folders that are split themselves: {_listed(nested)}.",
                            f"give one of them, such as {folder / nested[0]}.")
        classes_of = {"train": (Path(), names)}
    else:
        others = [name for name in names if name not in split_folders]
        if others:
            raise DataError(
                f"{folder} mixes split folders ({_listed(split_folders)}) and others ({_listed(others)}).",
                "keep either train, validation and test there, or one folder per class.",
            )
        if len(set(split_folders.values())) < len(split_folders):
            raise DataError(f"{folder} has two folders for one split: {_listed(split_folders)}.",
                            "keep one of them.")
        if "train" not in split_folders.values():
            raise DataError(f"{folder} has {_listed(split_folders)} but no train folder.",
                            "add a folder train with one folder per class.")
        classes_of = {split: (Path(name), _folder_names(folder, Path(name), skipped))
                      for name, split in split_folders.items()}
    files = {
        split: {name: _candidate_files(folder, parent / name, skipped) for name in class_names}
        for split, (parent, class_names) in classes_of.items()
    }
    _check_classes(folder, files, skipped)
    for split, (parent, _) in classes_of.items():
        for name, paths in files[split].items():
            if not paths:
                raise _empty_class(parent / name, skipped)
    return files


def _folder_names(folder: Path, parent: Path, skipped: list[SkippedFile]) -> list[str]:
    """Return the names of the visible folders in `folder / parent`; list the loose files as skipped."""
    try:
        entries = sorted(os.scandir(folder / parent), key=lambda entry: entry.name)
    except OSError as error:
        raise DataError(f"The folder {folder / parent} cannot be opened: {error.strerror}.",
                        "check its permissions.") from error
    names = []
    here = (folder / parent).resolve()
    for entry in entries:
        if _is_ignored(entry.name):
            continue
        if not os.path.isdir(entry.path):  # entry.is_dir() raises on a link to itself
            lost = entry.is_symlink() and not os.path.exists(entry.path)
            reason = "a link that leads nowhere" if lost else "lies outside the class folders"
            skipped.append(SkippedFile(parent / entry.name, reason))
        elif entry.is_symlink() and here.is_relative_to(Path(entry.path).resolve()):
            skipped.append(SkippedFile(parent / entry.name, "a link back to a folder that it lies in"))
        else:
            names.append(entry.name)
    return names


def _is_split_name(name: str) -> bool:
    return name.casefold() in SPLIT_OF_FOLDER


def _is_split_layout(folder: Path) -> bool:
    try:
        return any(_is_split_name(name) and (folder / name).is_dir() for name in os.listdir(folder))
    except OSError:
        return False  # the class turns out empty later, with the reason


def _candidate_files(folder: Path, class_folder: Path, skipped: list[SkippedFile]) -> list[Path]:
    """Return the files of a class that may be pictures, as sorted paths below `folder`."""

    def skip(path: str | Path, reason: str) -> None:
        skipped.append(SkippedFile(Path(path).relative_to(folder), reason))

    def skip_folder(error: OSError) -> None:
        skip(error.filename, f"cannot be opened: {error.strerror}")

    candidates = []
    # os.walk does not follow links to folders, so that a loop of links cannot catch it.
    for parent, folder_names, file_names in os.walk(folder / class_folder, onerror=skip_folder):
        folder_names[:] = [name for name in folder_names if not _is_ignored(name)]
        for name in folder_names:
            if os.path.islink(os.path.join(parent, name)):
                skip(os.path.join(parent, name), "a link to a folder, not followed")
        for name in file_names:
            if _is_ignored(name):
                continue
            path = Path(parent, name)
            if reason := _why_no_candidate(path):
                skip(path, reason)
            else:
                candidates.append(path.relative_to(folder))
    return sorted(candidates, key=Path.as_posix)


def _is_ignored(name: str) -> bool:
    return name.startswith(".") or name.casefold() in IGNORED_NAMES


def _why_no_candidate(path: Path) -> str:
    """Return why a file is left out before it is opened, or an empty string."""
    try:
        info = path.stat()
    except OSError:
        return "a link that leads nowhere" if path.is_symlink() else "cannot be read"
    if not stat.S_ISREG(info.st_mode):
        return "not an ordinary file"  # opening a pipe would wait for ever
    if path.suffix.lower() not in PICTURE_SUFFIXES:
        return f"{path.suffix} is not one of the picture types {', '.join(PICTURE_FORMATS)}"
    return "" if info.st_size else "an empty file"


def _check_classes(folder: Path, files: dict[str, dict[str, list[Path]]], skipped: list[SkippedFile]) -> None:
    if not any(paths for classes in files.values() for paths in classes.values()):
        raise DataError(f"There is no photo in the class folders of {folder}.{_reasons(skipped)}",
                        "make one folder for each class and put its photos there.")
    all_names = set().union(*files.values())
    differences = [f"{split} has no {_listed(sorted(all_names - set(classes)))}"
                   for split, classes in files.items() if set(classes) != all_names]
    if differences:
        raise DataError(f"The splits of {folder} differ in their class folders: {'; '.join(differences)}.",
                        "give every split the same class folders, spelled alike.")
    if len(all_names) == 1:
        raise DataError(
            f"{folder} has one class only: {_listed(all_names)}.",
            "add a folder for a second class; if the class folders lie one level deeper, give that folder.",
        )


def _empty_class(class_folder: Path, skipped: list[SkippedFile]) -> DataError:
    reasons = _reasons([file for file in skipped if file.path.is_relative_to(class_folder)])
    return DataError(f"The class folder {class_folder.as_posix()} has no usable photo.{reasons}",
                     "put photos into it, or remove it.")


def _reasons(skipped: list[SkippedFile]) -> str:
    reasons = [f"{_shown(file.path)}: {file.reason}" for file in skipped]
    return f" Skipped: {'; '.join(reasons[:3])}{' …' if len(reasons) > 3 else ''}." if reasons else ""


def _listed(names) -> str:
    names = list(names)
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _shown(path: Path) -> str:
    return path.as_posix().replace("\n", " ")


# Which photos go where -------------------------------------------------------------------------------------


def _shuffle(classes: dict[str, list[Path]], seed: list[int]) -> list[list[Path]]:
    """Return the paths of each class, in the order of the sorted class names, each list shuffled."""
    return [
        [classes[name][i] for i in np.random.default_rng([*seed, label]).permutation(len(classes[name]))]
        for label, name in enumerate(sorted(classes))
    ]


def _stratified_order(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a random order of which every beginning holds the classes in about their proportions."""
    progress = np.empty(len(labels))
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        progress[members] = np.arange(len(members)) / len(members)
    return np.lexsort((rng.random(len(labels)), progress))


def _balanced_counts(available: Sequence[int], total: int | None) -> list[int]:
    """Return how many of each class make `total`: equal numbers, as far as each class reaches."""
    if total is None or total >= sum(available):
        return list(available)
    counts = [0] * len(available)
    for done, label in enumerate(np.argsort(available, kind="stable")):
        counts[label] = min(available[label], total // (len(available) - done))
        total -= counts[label]
    return counts


def _make_splits(
    reader: "_Reader", pool: list[list[Path]], shares: dict[str, float], limits: dict[str, int] | None
) -> dict[str, list[list[Path]]]:
    """Divide the paths of each class by `shares`, near-duplicates in one split."""
    needed = None
    if limits is not None:
        needed = max(math.ceil(limits[split] / share) for split, share in shares.items())
    thumbnails = reader.read("", pool, needed, THUMBNAIL)
    counts = np.bincount(thumbnails.labels, minlength=len(pool))
    if counts.min() < len(shares):
        scarce = int(counts.argmin())
        raise DataError(
            f"The class {thumbnails.class_names[scarce]!r} has {counts[scarce]} usable photos, too few to "
            f"have one in each of {', '.join(shares)}.",
            f"add photos to it: {len(shares)} are the least, some hundred make a lesson.",
        )
    groups = _near_duplicate_groups(thumbnails.images)
    part = _assign_groups(groups, thumbnails.labels, list(shares.values()))
    splits: dict[str, list[list[Path]]] = {split: [[] for _ in pool] for split in shares}
    for path, label, chosen in zip(thumbnails.paths, thumbnails.labels, part, strict=True):
        splits[list(shares)[chosen]][label].append(path)
    for split, classes in splits.items():
        for label, paths in enumerate(classes):
            if not paths:
                raise DataError(
                    f"The class {thumbnails.class_names[label]!r} has too few different photos: "
                    f"near-duplicates must stay in one split, and none was left for {split}.",
                    "add photos of other scenes to it.",
                )
    return splits


def _assign_groups(groups: np.ndarray, labels: np.ndarray, shares: list[float]) -> np.ndarray:
    """Return the split of each photo: whole groups, each class as near to `shares` as the groups allow."""
    n_classes = labels.max() + 1
    room = np.stack([_apportion(count, shares) for count in np.bincount(labels)], axis=1)
    filled = np.zeros_like(room)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    members.sort(key=lambda photos: (-len(photos), photos[0]))  # the large ones while there is room for them
    leading = [np.bincount(labels[photos], minlength=n_classes).argmax() for photos in members]
    waiting = np.bincount(leading, minlength=n_classes)
    part = np.empty(len(labels), np.int64)
    for photos, label in zip(members, leading, strict=True):
        left = room[:, label] - filled[:, label]
        empty = filled[:, label] == 0
        if empty.sum() >= waiting[label]:  # no split of this class may stay empty
            left = np.where(empty, left, np.iinfo(np.int64).min)
        part[photos] = chosen = left.argmax()
        filled[chosen] += np.bincount(labels[photos], minlength=n_classes)
        waiting[label] -= 1
    return part


def _apportion(count: int, shares: list[float]) -> np.ndarray:
    """Return whole numbers that add up to `count`, at least 1 each and otherwise near to `shares`."""
    parts = np.ones(len(shares), np.int64)
    for _ in range(count - len(shares)):
        parts[np.argmax(np.array(shares) * count - parts)] += 1
    return parts


# Near-duplicates -------------------------------------------------------------------------------------------


def _fingerprints(images: np.ndarray) -> dict[str, np.ndarray]:
    """Return three fingerprints of each image, as vectors of length 1: hash bits, grey shape, and edges."""
    from PIL import Image

    rows = {"hash": [], "shape": [], "edges": []}
    for image in images:
        # The same small picture first, so that a thumbnail and the full image give the same fingerprint.
        grey = Image.fromarray(image).resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BILINEAR).convert("L")
        steps = np.diff(np.asarray(grey.resize((9, 8), Image.Resampling.BILINEAR), np.int16), axis=1)
        shape = np.asarray(grey.resize((16, 16), Image.Resampling.BILINEAR), np.float32)
        edges = np.concatenate([np.diff(shape, axis=0).ravel(), np.diff(shape, axis=1).ravel()])
        if shape.std() < 1:  # a plain surface has no shape: only the same grey is alike
            shape, edges = np.eye(256)[int(shape.mean())], np.eye(len(edges))[0]
        else:
            shape, edges = shape.ravel() - shape.mean(), edges - edges.mean()
        for name, vector in zip(rows, (np.where(steps > 0, 1, -1).ravel(), shape, edges), strict=True):
            rows[name].append(vector / np.linalg.norm(vector))
    return {name: np.array(vectors, np.float32) for name, vectors in rows.items()}


def _similar_pairs(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
    """Return the rows of the first and of the second fingerprints that are near-duplicates of each other."""
    pairs = []
    for start in range(0, len(first["hash"]), 256):  # all at once would need n² floats
        rows = slice(start, start + 256)
        alike = np.logical_and.reduce([
            first[name][rows] @ second[name].T > least - 1e-4 for name, least in MIN_SIMILARITY.items()
        ])
        pairs.append(np.stack(np.nonzero(alike)) + [[start], [0]])
    return tuple(np.concatenate(pairs, axis=1))


def _near_duplicate_groups(images: np.ndarray) -> np.ndarray:
    """Return a group number for each image; a chain of near-duplicates is one group."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    fingerprints = _fingerprints(images)
    rows, columns = _similar_pairs(fingerprints, fingerprints)
    graph = coo_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(len(images),) * 2)
    return connected_components(graph, directed=False)[1]


def _notes(sets: dict[str, ImageSet], given: list[str]) -> tuple[str, ...]:
    made = [split for split in SPLITS if split not in given]
    notes = []
    if len(given) == 1:
        notes.append("The splits were made here.")
    elif made:
        notes.append(f"The {made[0]} photos were taken from train.")
    if len(given) > 1:
        train = _fingerprints(sets["train"].images)
        for split in given[1:]:
            rows, _ = _similar_pairs(_fingerprints(sets[split].images), train)
            if n := len(np.unique(rows)):
                notes.append(f"{n} {split} photo{'s look' if n > 1 else ' looks'} like a training photo.")
    return tuple(notes)


# Reading ---------------------------------------------------------------------------------------------------


class _Reader:
    """Reads photos with a few threads and keeps the list of what was skipped."""

    def __init__(self, folder: Path, class_names: tuple[str, ...], seed: int, skipped: list[SkippedFile]):
        self.folder, self.class_names, self.seed, self.skipped = folder, class_names, seed, skipped
        self.threads = ThreadPoolExecutor(READERS)

    def close(self) -> None:
        self.threads.shutdown(cancel_futures=True)

    def read(self, split: str, candidates: list[list[Path]], total: int | None, size: int) -> ImageSet:
        """Read `total` photos, classes balanced (None: all); the class's next one replaces a bad one."""
        from tqdm.auto import tqdm

        counts = _balanced_counts([len(paths) for paths in candidates], total)
        reserve = [iter(paths[count:]) for paths, count in zip(candidates, counts, strict=True)]
        chosen = [(label, path) for label, count in enumerate(counts) for path in candidates[label][:count]]
        rng = np.random.default_rng([self.seed, len(SPLITS)])
        order = _stratified_order(np.array([label for label, _ in chosen]), rng)
        waiting = [chosen[i] for i in order]
        images = np.empty((len(waiting), size, size, 3), np.uint8)
        labels: list[int] = []
        paths: list[Path] = []
        purpose = f"Reading {split or 'and comparing'} photos"
        with warnings.catch_warnings(), tqdm(total=len(waiting), desc=purpose, delay=1, leave=False) as bar:
            warnings.filterwarnings("ignore", module="PIL")  # what matters of it ends up in `skipped`
            while waiting:
                results = self.threads.map(lambda item: _read_photo(self.folder / item[1], size), waiting)
                replacements = []
                for (label, path), result in zip(waiting, results, strict=True):
                    if isinstance(result, str):
                        self.skipped.append(SkippedFile(path, result))
                        if (other := next(reserve[label], None)) is not None:
                            replacements.append((label, other))
                    else:
                        images[len(paths)] = result
                        labels.append(label)
                        paths.append(path)
                        bar.update()
                waiting = replacements
        for label, name in enumerate(self.class_names):
            if label not in labels:
                above = reversed(candidates[label][0].parents)
                raise _empty_class(next(parent for parent in above if parent.name == name), self.skipped)
        images = images[:len(paths)]
        return ImageSet(images, np.array(labels, np.int64), self.class_names, tuple(paths), split)


def _read_photo(path: Path, size: int) -> np.ndarray | str:
    """Return the photo as an array, or the reason why it cannot be used."""
    from PIL import Image, UnidentifiedImageError

    try:
        return _decode(path, size)
    except DataError as error:
        return error.problem
    except Image.DecompressionBombError:
        return f"more than {MAX_PIXELS // 1_000_000} megapixels"
    except UnidentifiedImageError:
        return f"not a readable picture ({', '.join(PICTURE_FORMATS)})"
    except PermissionError:
        return "no permission to read it"
    except Exception as error:  # a damaged file can make a decoder raise anything
        # Not str(error) of a system error: that one names the full path.
        return f"a damaged picture ({getattr(error, 'strerror', None) or str(error) or type(error).__name__})"


def _decode(path: Path, size: int) -> np.ndarray:
    from PIL import Image, ImageOps

    with Image.open(path, formats=PICTURE_FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:  # known from the header, before anything is unpacked
            raise DataError(f"more than {MAX_PIXELS // 1_000_000} megapixels")
        image.draft("RGB", (2 * size, 2 * size))  # a large JPEG is unpacked at 1/2, 1/4 or 1/8 of its size
        if image.mode == "F" or (image.mode == "I" and image.format != "PNG"):
            raise DataError("32 bits per colour; save it with 8 or 16")
        image.load()
        try:
            ImageOps.exif_transpose(image, in_place=True)
        except Exception:  # broken EXIF data in a sound picture: nothing says that it is turned
            pass
        if image.mode.startswith("I"):  # 16-bit grey, which convert() would clip
            upright = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        else:
            upright = image.convert("RGBA" if image.has_transparency_data else "RGB")
    square = upright.resize((size, size), Image.Resampling.BILINEAR)
    if square.mode == "RGBA":
        white = Image.new("RGBA", square.size, "white")
        square = Image.alpha_composite(white, square)
    return np.asarray(square.convert("RGB"))
