"""Answers leave the student's kernel as plain values: nothing else passes, and hostile text runs nothing."""

import base64
import json

import numpy as np
import pytest

from course_utils.errors import DataError
from course_utils.homework import Named, _wire

EIGHT_BYTES = base64.b64encode(bytes(8)).decode()


class Tensor:
    """What a tensor of TensorFlow looks like to numpy."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype)


class Yes(float):
    """Equals everything."""

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    __hash__ = None


class LongList(list):
    """Says that it holds three numbers."""

    def __len__(self):
        return 3


class Text(str):
    """A text that shows another one."""

    def __str__(self):
        return "the right answer"

    __repr__ = __str__


def there_and_back(value):
    """Return what the examiner gets."""
    return _wire.decode(_wire.encode(value))


def the_answer(expression, namespace, **values):
    """Return the reply of the student's kernel."""
    return json.loads(_wire.answer(expression, _wire.encode(values), namespace))


@pytest.mark.parametrize("value", [
    0, -3, 2**70, 1.5, -0.0, True, False, None, "", "Ünïcödé 🐟", 'quotes " and \\ and\nlines', [], [[]], {}, set(),
    [1, [2.5, ["three", None, [True]]]], {"a": 1, "b": {"c": [1, 2]}}, {1: "one", (2, 3): [4], None: False, 0.5: {}},
    {1, 2, 3}, {"a", (1, (2, 3))}, [{"pairs": [[1, 2]]}, {"array": ["<f8", [], ""]}, {"named": "x"}],
])
def test_a_plain_value_comes_back_as_it_was(value):
    back = there_and_back(value)
    assert back == value and type(back) is type(value)


def test_infinity_and_not_a_number_come_back():
    back = there_and_back([float("inf"), -float("inf"), float("nan")])
    assert back[:2] == [float("inf"), -float("inf")] and back[2] != back[2]


@pytest.mark.parametrize(("value", "want"), [
    ((1, (2, 3)), [1, [2, 3]]), (range(3), [0, 1, 2]), (frozenset([1]), {1}), (b"bytes", "bytes"), (b"\xff", "\ufffd"),
    (np.int8(-3), -3), (np.uint64(2**63), 2**63), (np.float32(.5), .5), (np.bool_(True), True), (np.str_("a"), "a"),
    (np.array([1, "a", [2]], dtype=object), [1, "a", [2]]), (np.array([[None, "a"]], dtype=object), [[None, "a"]]),
])
def test_what_has_a_plain_counterpart_comes_back_as_that(value, want):
    back = there_and_back(value)
    assert back == want and type(back) is type(want)


@pytest.mark.parametrize("kind", ["?", "i1", "u2", ">i4", "i8", "f2", "f4", "f8", ">f8", "g", "U3", ">U2"])
@pytest.mark.parametrize("shape", [(), (3,), (0,), (2, 3), (2, 0, 3), (1, 1, 1, 2)])
def test_arrays_of_every_kind_and_shape_come_back(kind, shape):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(kind)
    back = there_and_back(array)
    assert type(back) is np.ndarray and back.dtype == array.dtype and back.shape == array.shape
    assert (back == array).all()
    assert back.flags.writeable


def test_an_array_comes_back_in_the_right_order_however_it_lies_in_memory():
    array = np.arange(24.).reshape(4, 6)
    for view in (array.T, array[::2, ::-1], np.asfortranarray(array), np.broadcast_to(array[0], (3, 6))):
        assert np.array_equal(there_and_back(view), view)


def test_tensors_and_subclasses_of_arrays_become_arrays():
    class Mine(np.ndarray):
        pass

    for value in (Tensor([[1., 2.]]), np.array([[1., 2.]]).view(Mine)):
        back = there_and_back(value)
        assert type(back) is np.ndarray and back.tolist() == [[1., 2.]]
    assert there_and_back({"weights": [Tensor(3.)]})["weights"][0] == 3


def test_an_object_that_equals_everything_is_plain_once_it_has_passed():
    assert Yes(3) == 4
    back = there_and_back([Yes(3), {"a": Yes(3)}])
    assert back[0] != 4 and back[1]["a"] != 4 and type(back[0]) is float
    assert there_and_back(LongList([1])) == [1]
    assert there_and_back(Text("wrong")) == "wrong" and type(there_and_back(Text("wrong"))) is str


class Refuses:
    """Stops whoever wants an array of it."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no")


@pytest.mark.parametrize(("value", "kind"), [
    (print, "builtin_function_or_method"), (lambda: 1, "function"), ((n for n in range(3)), "generator"),
    (object(), "object"),
    (1j, "complex"), (np.array([1j]), "ndarray"), (np.datetime64("2026-01-01"), "datetime64"), (Refuses(), "Refuses"),
    (np.array([b"bytes"]), "ndarray"), (np.zeros(2, "i4,f8"), "ndarray"), (Tensor(print), "Tensor"),
    (DataError, "type"),
    (np.array([1, print], dtype=object), "builtin_function_or_method"),
    ({"a": [1, print]}, "builtin_function_or_method"),
    ({print: 1}, "builtin_function_or_method"), ({print}, "builtin_function_or_method"),
])
def test_what_is_not_plain_is_refused_with_its_type(value, kind):
    with pytest.raises(DataError, match=f"of type {kind}, which cannot be checked") as error:
        _wire.encode(value)
    assert error.value.hint


def nested(times, make=lambda inner: [inner]):
    """Return a list in a list in a list."""
    value = 1
    for _ in range(times):
        value = make(value)
    return value


def test_a_list_may_be_twelve_deep_and_no_deeper():
    assert there_and_back(nested(12)) == nested(12)
    itself = []
    itself.append(itself)
    for value in (nested(13), nested(500), itself, nested(13, lambda inner: {"a": inner}), {"a": itself}):
        with pytest.raises(DataError, match="more than twelve deep"):
            _wire.encode(value)


def test_an_answer_may_not_be_larger_than_the_limit(monkeypatch):
    monkeypatch.setattr(_wire, "MAX_BYTES", 2**10)
    assert len(there_and_back("x" * 1000)) == 1000
    for value in ("x" * 1100, np.zeros(200), list(range(1000))):
        with pytest.raises(DataError, match="larger than"):
            _wire.encode(value)
    with pytest.raises(DataError, match="damaged"):
        _wire.decode(json.dumps("x" * 1100))


@pytest.mark.parametrize("text", [
    "", "{", "nothing", "__import__('os').getcwd()", "[1, 2", "{}", '{"a": 1}', '{"pairs": [], "set": []}',
    "1" + "0" * 5000,
    '{"pickle": "gASVAAAA"}', '{"pairs": 3}', '{"pairs": [[1]]}', '{"pairs": [[{"pairs": []}, 1]]}',
    '{"set": [{"set": []}]}',
    '{"set": 1}', '{"named": "x"}', '{"array": 1}', '{"array": "abc"}', '{"array": []}', '{"array": ["<f8", [1]]}',
    "[" * 100_000, "[" * 100_000 + "]" * 100_000, '{"set":[' * 5000 + "]}" * 5000,
])
def test_text_that_encode_did_not_write_is_damaged(text):
    with pytest.raises(DataError, match="damaged") as error:
        _wire.decode(text)
    assert error.value.hint


@pytest.mark.parametrize("array", [
    ["O", [1], EIGHT_BYTES], ["|O", [1], EIGHT_BYTES], ["<M8[s]", [1], EIGHT_BYTES], ["V8", [1], EIGHT_BYTES],
    ["<c8", [1], EIGHT_BYTES], ["|S8", [1], EIGHT_BYTES], ["<f4,f4", [1], EIGHT_BYTES], ["(2,)f4", [1], EIGHT_BYTES],
    [["f8"], [1], EIGHT_BYTES], [None, [1], EIGHT_BYTES], [8, [1], EIGHT_BYTES], ["<f8\n", [1], EIGHT_BYTES],
    ["<f8", [2], EIGHT_BYTES], ["<f8", [0], EIGHT_BYTES], ["<f8", [-1], EIGHT_BYTES], ["<f8", [-1, -1], EIGHT_BYTES],
    ["<f8", [.5, 2], EIGHT_BYTES], ["<f8", ["1"], EIGHT_BYTES], ["<f8", None, EIGHT_BYTES], ["<f8", [[1]], EIGHT_BYTES],
    ["<f8", [1] * 100, EIGHT_BYTES], ["<f8", [1], EIGHT_BYTES[:-4]], ["<f8", [1], "?" + EIGHT_BYTES], ["<f8", [1], "é"],
    ["<f8", [1], None], ["<f8", [1], [0] * 8], ["<U0", [3], ""], ["|U0", [10**12], ""],
    ["<U999999999", [1], EIGHT_BYTES],
    ["<f8", [10**12], EIGHT_BYTES], ["<f8", [10**30], EIGHT_BYTES], ["<f8", [0, 10**30], ""],
    ["<f8", [4 * 10**9, 0], ""], ["<f8", [10**5, 10**5, 0], ""],
    ["<U1", [1], base64.b64encode(b"\xff" * 4).decode()], [">U1", [1], base64.b64encode(b"\x7f\0\0\0").decode()],
])
def test_an_array_that_encode_did_not_write_is_damaged(array):
    with pytest.raises(DataError, match="damaged"):
        _wire.decode(json.dumps({"array": array}))


def test_a_variable_of_the_student_stands_for_itself_among_the_values():
    model = object()
    text = _wire.encode({"model": Named("model"), "x": [1]})
    assert _wire.decode(text, {"model": model}) == {"model": model, "x": [1]}
    variables = {"f": lambda model, x: model * x, "model": 21}
    assert the_answer("f(model, x=2)", variables, model=Named("model")) == {"value": "42"}


def test_a_missing_variable_has_its_name_in_the_reply():
    for reply in (the_answer("largest", {}), the_answer("f(model)", {"f": len}, model=Named("largest"))):
        assert reply["kind"] == "NameError" and reply["missing"] == "largest" and "largest" in reply["error"]


def test_the_examiners_values_do_not_stay_among_the_students_variables():
    variables = {"x": 1, "add": lambda a, b: a + b}
    assert the_answer("add(x, y)", variables, x=10, y=5) == {"value": "15"}
    assert variables["x"] == 1 and "y" not in variables


def raises(error):
    """Return a function that raises."""
    def function():
        raise error
    return function


@pytest.mark.parametrize(("error", "kind"), [
    (NotImplementedError(), "NotImplementedError"), (ValueError("no such fish"), "ValueError"),
    (SystemExit(3), "SystemExit"),
    (KeyboardInterrupt(), "KeyboardInterrupt"), (GeneratorExit(), "GeneratorExit"), (MemoryError(), "MemoryError"),
])
def test_whatever_the_function_raises_is_in_the_reply(error, kind):
    reply = the_answer("f()", {"f": raises(error)})
    assert reply["kind"] == kind and reply["missing"] is None
    assert reply["error"] == f"{kind}: {error}"


class Mute(Exception):
    """Has no message."""

    def __str__(self):
        raise self


class Exits(Mute):
    def __str__(self):
        raise SystemExit(1)


class Unnameable(NameError):
    @property
    def name(self):
        raise ValueError("no")


def odd_name():
    """Return an error whose name is no text."""
    error = NameError("odd")
    error.name = object()
    return error


@pytest.mark.parametrize(("error", "says"), [
    (Mute(), "Mute, whose message cannot be shown"), (Exits(), "Exits, whose message cannot be shown"),
    (Unnameable("what?"), "Unnameable: what?"), (odd_name(), "NameError: odd"),
    (ImportError("gone", name="fish"), "ImportError: gone"),
])
def test_an_exception_that_cannot_be_shown_is_a_reply_all_the_same(error, says):
    reply = the_answer("f()", {"f": raises(error)})
    assert reply["error"] == says and reply["missing"] is None


def test_a_long_message_is_cut():
    assert len(the_answer("f()", {"f": raises(ValueError("x" * 10**6))})["error"]) == _wire.LONGEST_TEXT


def test_the_line_of_the_students_cell_is_in_the_reply():
    variables = {}
    exec(compile("def f(x):\n    y = x\n    return y / 0\n", "<cell>", "exec"), variables)
    assert the_answer("f(1)", variables)["error"] == "ZeroDivisionError: division by zero (line 3 of its cell)"


def test_a_value_that_is_not_plain_is_an_error_in_the_reply():
    reply = the_answer("f", {"f": print})
    assert "cannot be checked" in reply["error"] and reply["kind"] == "DataError" and "value" not in reply
    assert "damaged" in json.loads(_wire.answer("f", "nonsense", {"f": 1}))["error"]


def test_an_object_that_is_longer_than_it_looks_is_refused_at_once():
    class Endless:
        def __len__(self):
            return 2

        def __getitem__(self, place):
            return self

    with pytest.raises(DataError, match="Endless"):
        _wire.encode(Endless())
