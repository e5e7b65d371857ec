"""Rendered sharks, dolphins and three more sea animals: the built-in photographs of the course, made with a seed.

Pose, size in the frame, colour, water, light, surroundings, occlusion and noise are drawn without looking at the
species, so neither colour nor background gives the class away; only the animal's shape and marks do (upright
against level tail, gill slits, beak, outline of the fins, pattern of the skin). Introduced in lesson 02.
"""

from pathlib import Path

from course_utils.data._anatomy import BODY_PLANS
from course_utils.data._class_folders import (
    ATTRIBUTES, RenderedImages, default_parent, rendered_images, written_folders,
)

__all__ = ["ATTRIBUTES", "FIVE_SPECIES", "SPECIES", "RenderedImages", "class_folders", "render_images"]

SPECIES = ("dolphin", "shark")                                   # lesson 02
FIVE_SPECIES = ("dolphin", "jellyfish", "ray", "shark", "turtle")   # lesson 03
FORMAT = 1   # counts up when the same seed gives other pictures, so that folders of an older renderer are not reused


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
    return rendered_images(BODY_PLANS, number, species, image_size, seed, split, scene)


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
    return written_folders(BODY_PLANS, (train, validation, test), species, image_size, seed, scene,
                           default_parent("sea_animals", parent), "_".join(sorted(set(species))), FORMAT, "sea animals")
