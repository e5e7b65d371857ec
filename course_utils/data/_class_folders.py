"""What all rendered pictures share: drawing them by split and number, and writing them once as class folders."""

import csv
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from course_utils import settings
from course_utils.data._anatomy import BodyPlan
from course_utils.data._rendering import Scene, draw_scene, render
from course_utils.errors import DataError

__all__ = ["ATTRIBUTES", "RenderedImages", "checked_species", "default_parent", "rendered_images", "written_folders"]

SPLITS = ("train", "validation", "test")
MOST_PROCESSES = 4                    # each has about 100 MiB of its own
WORTH_PROCESSES = 200 * 112**2        # pixels: rendering these takes as long as starting the processes
ATTRIBUTES = ("species", "skin", *(field.name for field in fields(Scene)))


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


def _render_one(plan: BodyPlan, species: str, split: str, index: int, image_size: int, seed: int, scene: dict):
    """Render image number `index` of a split; the stream depends on nothing but split, index and seed."""
    drawn = asdict(draw_scene(np.random.default_rng([seed, SPLITS.index(split), index])))
    drawn.update(scene)
    image, mask, skin = render(plan, Scene(**drawn), image_size)
    return image, mask, {"species": species, "skin": skin, **drawn}


def checked_species(plans: Mapping[str, BodyPlan], number: int, species, image_size: int, scene: dict) -> tuple:
    """Return the species sorted, each once, or say what cannot be rendered."""
    species = tuple(sorted(set(species)))
    unknown = [name for name in species if name not in plans]
    if unknown or len(species) < 1:
        raise DataError(f"No body plan is known for {', '.join(unknown) or 'an empty list of species'}.",
                        f"choose from {', '.join(plans)}.")
    if number < len(species):
        raise DataError(f"{number} images cannot hold {len(species)} species.", f"ask for at least {len(species)}.")
    if not 32 <= image_size <= 1024:
        raise DataError(f"An image size of {image_size} pixels cannot be rendered.", "choose from 32 to 1024.")
    strange = sorted(set(scene) - {field.name for field in fields(Scene)})
    if strange:
        raise DataError(f"A scene has no attribute {', '.join(strange)}.",
                        f"choose from {', '.join(field.name for field in fields(Scene))}.")
    return species


def rendered_images(plans: Mapping[str, BodyPlan], number: int, species, image_size: int, seed: int, split: str,
                    scene: dict | None) -> RenderedImages:
    """Render `number` images, the species in turn; see `course_utils.data.sea_animals.render_images`."""
    scene = dict(scene or {})
    species = checked_species(plans, number, species, image_size, scene)
    if split not in SPLITS:
        raise DataError(f"{split!r} is no split.", f"choose from {', '.join(SPLITS)}.")
    turn = [species[k % len(species)] for k in range(number)]
    tasks = [(plans[name], name, split, k, image_size, seed, scene) for k, name in enumerate(turn)]
    worth_it = number * image_size**2 >= WORTH_PROCESSES
    images, masks, attributes = zip(*(_in_processes(_render_one, tasks) if worth_it else (_render_one(*task) for task in tasks)))
    return RenderedImages(np.stack(images), np.stack(masks), np.arange(number) % len(species), species, attributes)


def _in_processes(render_one: Callable, tasks: Sequence[tuple]):
    """Yield what a function makes of each task, in their order."""
    from joblib import Parallel, cpu_count, delayed

    # Processes, not threads: half of the work holds Python's lock.
    return Parallel(n_jobs=min(MOST_PROCESSES, cpu_count()), batch_size=25, return_as="generator")(
        delayed(render_one)(*task) for task in tasks)


def _write_one(folder: Path, photos: str, plan: BodyPlan, species: str, split: str, index: int, *how) -> dict:
    from PIL import Image

    image, _, attributes = _render_one(plan, species, split, index, *how)
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


def written_folders(plans: Mapping[str, BodyPlan], counts: tuple[int, int, int], species, image_size: int, seed: int,
                    scene: dict | None, parent: Path, photos: str, version: int, what: str) -> Path:
    """Write rendered images as class folders, once, and return the folder; a damaged one is rendered again.

    Parameters
    ----------
    plans : mapping of str to BodyPlan
        The species that can be rendered.
    counts : three ints
        Numbers of training, validation and test images.
    species, image_size, seed, scene
        As for `rendered_images`.
    parent : pathlib.Path
        Where the folders are kept.
    photos : str
        Name of the folder with the splits, and beginning of its parent's name.
    version : int
        Of the renderer: folders of an older one are not reused.
    what : str
        What the progress bar calls the pictures.

    Raises
    ------
    DataError
        If something cannot be rendered, or the folder cannot be written.
    """
    from tqdm import tqdm

    scene, numbers = dict(scene or {}), dict(zip(SPLITS, counts))
    species = checked_species(plans, min(counts), species, image_size, scene)
    fixed = "".join(f"-{key}={value}" for key, value in sorted(scene.items()))
    numbered = "-".join(map(str, counts))
    folder = parent / f"{photos}-{numbered}-{image_size}px-seed{seed}{fixed}-v{version}"
    if _is_complete(folder, sum(counts)):
        return folder / photos
    if folder.exists():
        print(f"The rendered images in {folder.name} were incomplete or changed; they are rendered again.")
    try:
        parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix="unfinished-", dir=parent))
        for split in SPLITS:
            for name in species:
                (scratch / photos / split / name).mkdir(parents=True)
        tasks = [(species[k % len(species)], split, k) for split, number in numbers.items() for k in range(number)]
        rows = _in_processes(
            _write_one, [(scratch, photos, plans[task[0]], *task, image_size, seed, scene) for task in tasks])
        rows = list(tqdm(rows, f"rendering {what}", len(tasks), unit="image", leave=False))
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
        if _is_complete(folder, sum(counts)):              # it was, between our look and our move
            return folder / photos
        raise DataError(f"The rendered images could not be written to {parent.name}: {error.strerror}.",
                        "free some disk space, or set COURSE_CACHE to a folder that you may write to.") from error
    finally:
        if "scratch" in locals():
            shutil.rmtree(scratch, ignore_errors=True)
    return folder / photos


def default_parent(name: str, parent: Path | None) -> Path:
    """Return where the folders of one kind are kept: `parent`, or their place in the course's cache."""
    return Path(parent) if parent else settings.cache_folder() / name
