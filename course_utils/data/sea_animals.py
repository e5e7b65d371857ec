"""Rendered sharks, dolphins and three more sea animals: the built-in photographs of the course, made with a seed.

Pose, size in the frame, colour, water, light, surroundings, occlusion and noise are drawn without looking at the
species, so neither colour nor background gives the class away; only the animal's shape and marks do (upright
against level tail, gill slits, beak, outline of the fins, pattern of the skin). Introduced in lesson 02.
"""

import csv
import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from course_utils import settings
from course_utils.data._anatomy import BODY_PLANS
from course_utils.data._rendering import Scene, draw_scene, render
from course_utils.errors import DataError

__all__ = ["ATTRIBUTES", "FIVE_SPECIES", "SPECIES", "RenderedImages", "class_folders", "render_images"]

SPECIES = ("dolphin", "shark")                                   # lesson 02
FIVE_SPECIES = ("dolphin", "jellyfish", "ray", "shark", "turtle")   # lesson 03
SPLITS = ("train", "validation", "test")
ATTRIBUTES = ("species", "skin", *(field.name for field in fields(Scene)))
FORMAT = 1   # counts up when the same seed gives other pictures, so that folders of an older renderer are not reused


@dataclass(frozen=True)
class RenderedImages:
    """Rendered images with everything that is known about them.

    Attributes
    ----------
    images : numpy.ndarray
        uint8, shape (n, size, size, 3).
    masks : numpy.ndarray
        bool, shape (n, size, size): the animal's pixels, those behind plants or bubbles included.
    labels : numpy.ndarray
        int64, shape (n,): index into `class_names`.
    class_names : tuple of str
        The species, in alphabetical order.
    attributes : tuple of dict
        One dictionary an image, with the keys `ATTRIBUTES`.
    """

    images: np.ndarray
    masks: np.ndarray
    labels: np.ndarray
    class_names: tuple
    attributes: tuple


def _render_one(species: str, split: str, index: int, image_size: int, seed: int, scene: dict):
    """Render image number `index` of a split; the stream depends on nothing but split, index and seed."""
    drawn = asdict(draw_scene(np.random.default_rng([seed, SPLITS.index(split), index])))
    drawn.update(scene)
    image, mask, skin = render(species, Scene(**drawn), image_size)
    return image, mask, {"species": species, "skin": skin, **drawn}


def _checked(number: int, species, image_size: int, scene: dict) -> tuple:
    species = tuple(sorted(set(species)))
    unknown = [name for name in species if name not in BODY_PLANS]
    if unknown or len(species) < 1:
        raise DataError(f"No body plan is known for {', '.join(unknown) or 'an empty list of species'}.",
                        f"choose from {', '.join(BODY_PLANS)}.")
    if number < len(species):
        raise DataError(f"{number} images cannot hold {len(species)} species.", f"ask for at least {len(species)}.")
    if not 32 <= image_size <= 1024:
        raise DataError(f"An image size of {image_size} pixels cannot be rendered.", "choose from 32 to 1024.")
    strange = sorted(set(scene) - {field.name for field in fields(Scene)})
    if strange:
        raise DataError(f"A scene has no attribute {', '.join(strange)}.",
                        f"choose from {', '.join(field.name for field in fields(Scene))}.")
    return species


def render_images(number: int, species=SPECIES, image_size: int = 150, seed: int = 0, split: str = "train",
                  scene: dict | None = None) -> RenderedImages:
    """Render sea animals, the species in turn, so that the classes are balanced.

    Parameters
    ----------
    number : int
        How many images, all species together.
    species : sequence of str
        Which species, from `FIVE_SPECIES`; by default the two of lesson 02.
    image_size : int
        Height and width in pixels, 32 to 1024.
    seed : int
        Same seed, same bytes. Image k is the same however many are asked for.
    split : {"train", "validation", "test"}
        The splits never share a random number.
    scene : dict, optional
        Attributes of `Scene` to hold fixed, such as ``{"turbidity": 0.4}``; the others are drawn.

    Returns
    -------
    RenderedImages

    Raises
    ------
    DataError
        If a species, split, size or attribute is unknown.
    """
    scene = dict(scene or {})
    species = _checked(number, species, image_size, scene)
    if split not in SPLITS:
        raise DataError(f"{split!r} is no split.", f"choose from {', '.join(SPLITS)}.")
    parts = [_render_one(species[k % len(species)], split, k, image_size, seed, scene) for k in range(number)]
    images, masks, attributes = zip(*parts)
    return RenderedImages(np.stack(images), np.stack(masks), np.arange(number) % len(species), species, attributes)


def _write_one(folder: Path, photos: str, species: str, split: str, index: int, image_size: int, seed: int, scene: dict) -> dict:
    from PIL import Image

    image, _, attributes = _render_one(species, split, index, image_size, seed, scene)
    name = Path(photos, split, species, f"{species}_{index:04d}.png")
    Image.fromarray(image).save(folder / name, compress_level=1)
    return {"file": name.as_posix(), **attributes}


def _is_complete(folder: Path, expected: int) -> bool:
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
        sizes = {name: (folder / name).stat().st_size for name in manifest["bytes"]}
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return len(sizes) == expected and sizes == manifest["bytes"]


def class_folders(train: int, validation: int, test: int, species=SPECIES, image_size: int = 150, seed: int = 0,
                  scene: dict | None = None, parent: Path | None = None) -> Path:
    """Write rendered images as class folders, once, and return the folder.

    The folder looks like a reader's own photographs, ``train/shark/shark_0001.png`` and so on;
    `course_utils.data.photos.load_photos` and ``keras.utils.image_dataset_from_directory`` read it. Beside it lies
    ``attributes.csv`` with what is known of each image. A second call finds the folder; a damaged one is rendered
    again.

    Parameters
    ----------
    train, validation, test : int
        Numbers of images in the three splits, all species together.
    species, image_size, seed, scene
        As in `render_images`.
    parent : pathlib.Path, optional
        Where to keep the folders; by default in the course's cache.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    DataError
        As `render_images`, and if the folder cannot be written.
    """
    from joblib import Parallel, cpu_count, delayed
    from tqdm import tqdm

    scene, counts = dict(scene or {}), dict(zip(SPLITS, (train, validation, test)))
    species = _checked(min(counts.values()), species, image_size, scene)
    parent = Path(parent) if parent else settings.cache_folder() / "sea_animals"
    fixed = "".join(f"-{key}={value}" for key, value in sorted(scene.items()))
    photos = "_".join(species)
    folder = parent / f"{photos}-{train}-{validation}-{test}-{image_size}px-seed{seed}{fixed}-v{FORMAT}"
    if _is_complete(folder, sum(counts.values())):
        return folder / photos
    if folder.exists():
        print(f"The rendered images in {folder.name} were incomplete or changed; they are rendered again.")
    try:
        parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix="unfinished-", dir=parent))
        for split in SPLITS:
            for name in species:
                (scratch / photos / split / name).mkdir(parents=True)
        tasks = [(species[k % len(species)], split, k) for split, number in counts.items() for k in range(number)]
        # Processes, not threads: half of the work holds Python's lock.
        rows = Parallel(n_jobs=min(4, cpu_count()), batch_size=25, return_as="generator")(
            delayed(_write_one)(scratch, photos, *task, image_size, seed, scene) for task in tasks)
        rows = list(tqdm(rows, "rendering sea animals", len(tasks), unit="image", leave=False))
        with open(scratch / "attributes.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, ["file", *ATTRIBUTES])
            writer.writeheader()
            writer.writerows(rows)
        sizes = {row["file"]: (scratch / row["file"]).stat().st_size for row in rows}
        (scratch / "manifest.json").write_text(json.dumps({"bytes": sizes}))
        if not _is_complete(folder, len(tasks)):           # another process may have been faster
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(scratch, folder)
    except OSError as error:
        if _is_complete(folder, sum(counts.values())):     # it was, between our look and our move
            return folder / photos
        raise DataError(f"The rendered images could not be written to {parent.name}: {error.strerror}.",
                        "free some disk space, or set COURSE_CACHE to a folder that you may write to.") from error
    finally:
        if "scratch" in locals():
            shutil.rmtree(scratch, ignore_errors=True)
    return folder / photos
