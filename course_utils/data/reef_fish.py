"""Rendered reef fish of 24 invented species: fine-grained classes, made with a seed (lesson 07).

Six families differ in the outline of body and fins; the four species of a family differ in one or two marks: a bar
through the eye, a spot with a ring, stripes, a saddle, a pale band. Ground colour, colours of marks and fins, pose,
size, water, light, surroundings, occlusion and noise are drawn without looking at the species.
"""

from pathlib import Path

from course_utils.data._class_folders import (
    ATTRIBUTES, RenderedImages, default_parent, rendered_images, written_folders,
)
from course_utils.data._reef_anatomy import FAMILIES, REEF_FISH

__all__ = ["ATTRIBUTES", "FAMILIES", "PORTRAIT", "SPECIES", "class_folders", "family", "render_images"]

SPECIES = tuple(REEF_FISH)
# A scene for portraits: side on, in clear and sunny water, nothing in front.
PORTRAIT = {"facing": "left", "yaw": 0., "elevation": 0., "tilt": 0., "bend": 0., "length": .85, "centre_x": .5, "centre_y": .5,
            "turbidity": .05, "occlusion": 0., "depth": 4., "light": 1.2}
FORMAT = 1   # counts up when the same seed gives other pictures, so that folders of an older renderer are not reused


def family(species: str) -> str:
    """Return the family of a species: the last word of its name, such as ``"wrasse"`` of ``"sixbar_wrasse"``."""
    return species.rpartition("_")[2]


def render_images(number: int, species=SPECIES, image_size: int = 160, seed: int = 0, split: str = "train",
                  scene: dict | None = None) -> RenderedImages:
    """Render reef fish, the species in turn, so that the classes are balanced. Introduced in lesson 07.

    Parameters
    ----------
    number : int
        How many images, all species together.
    species : sequence of str
        Which species, from `SPECIES`; by default all.
    image_size, seed, split, scene
        As in `course_utils.data.sea_animals.render_images`.

    Returns
    -------
    RenderedImages

    Raises
    ------
    DataError
        If a species, split, size or attribute is unknown.
    """
    return rendered_images(REEF_FISH, number, species, image_size, seed, split, scene)


def class_folders(train: int, validation: int, test: int, image_size: int = 160, seed: int = 0,
                  scene: dict | None = None, parent: Path | None = None) -> Path:
    """Write all species as class folders, once, and return the folder. Introduced in lesson 07.

    It is read as a reader's own photographs are, by `course_utils.data.photos.load_photos`.

    Parameters
    ----------
    train, validation, test : int
        Numbers of images in the three splits, all species together.
    image_size, seed, scene
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
    return written_folders(REEF_FISH, (train, validation, test), SPECIES, image_size, seed, scene,
                           default_parent("reef_fish", parent), "reef_fish", FORMAT, "reef fish")
