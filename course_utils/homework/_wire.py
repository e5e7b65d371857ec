"""How an answer travels from the student's kernel to the examiner: as plain numbers, text and arrays, never as objects.

An object that says it equals everything, or a list whose length lies, is a plain list once it has passed. Nothing
here unpickles.
"""

import base64
import json
import math
import re
import traceback
from collections.abc import Mapping

import numpy as np

from course_utils.errors import DataError

__all__ = ["MAX_BYTES", "MIME", "Named", "answer", "decode", "encode", "reply", "said"]

MIME = "application/vnd.transfer-learning-course.answer+json"
MAX_BYTES = 8 * 2**20
MOST_KEYS = 10_000        # of a dictionary or a set, that are not text
ARRAY, PAIRS, SET, NAMED = "array", "pairs", "set", "named"
KINDS = "biufU"         # truth values, whole numbers, decimals, text: what has no pointers in it
LONGEST_TEXT = 2000
PLAIN_TYPE = re.compile(r"[<>|][%s]\d{1,9}" % KINDS)     # numpy reads no other description from a stranger
LARGEST_LETTER = 0x10FFFF


class Named:
    """Stands for a variable of the student's notebook among the arguments of a call.

    Parameters
    ----------
    name : str
        The variable's name.
    """

    def __init__(self, name: str):
        self.name = name


def _plain(value, depth: int = 0):
    if depth > 12:
        raise DataError("The answer is a list in a list in a list … more than twelve deep.",
                        "return numbers, text, arrays, lists or dictionaries.")
    if isinstance(value, Named):
        return {NAMED: value.name}
    if value is None or isinstance(value, (bool, np.bool_)):
        return None if value is None else bool(value)
    if isinstance(value, (str, bytes)):
        return str(value, "utf-8", "replace") if isinstance(value, bytes) else str.__str__(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value)
    if isinstance(value, Mapping):
        return {PAIRS: [[_plain(key, depth + 1), _plain(item, depth + 1)] for key, item in value.items()]}
    if isinstance(value, (set, frozenset)):
        return {SET: [_plain(item, depth + 1) for item in value]}
    if isinstance(value, (list, tuple, range)):
        return [_plain(item, depth + 1) for item in value]
    # Only what says that it is an array: NumPy would try to walk through anything that has a length, however long.
    is_array = any(hasattr(type(value), name) for name in ("__array__", "__array_interface__", "__array_struct__"))
    try:
        array = np.asarray(value if is_array or isinstance(value, (bytearray, memoryview)) else None)
    except Exception:
        array = np.asarray(None)
    if array.dtype.kind == "O" and array.ndim:
        return [_plain(item, depth + 1) for item in array.tolist()]
    if array.dtype.kind not in KINDS:
        raise DataError(f"The answer is of type {type(value).__name__}, which cannot be checked.",
                        "return numbers, text, arrays, lists or dictionaries.")
    array = np.ascontiguousarray(array).reshape(array.shape)
    return {ARRAY: [array.dtype.str, list(array.shape), base64.b64encode(array.tobytes()).decode()]}


def encode(value) -> str:
    """Return a value as JSON text: numbers, text, truth values, None, arrays, tensors, lists, sets, dictionaries.

    Raises
    ------
    DataError
        If something else is in it, or it is larger than :data:`MAX_BYTES`.
    """
    text = json.dumps(_plain(value))
    if len(text) > MAX_BYTES:
        raise DataError(f"The answer is larger than {MAX_BYTES // 2**20} MiB.", "return only what the task asks for.")
    return text


def _restored(value, names: Mapping | None):
    if isinstance(value, list):
        return [_restored(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    (kind, content), = value.items()
    if kind in (PAIRS, SET) and len(content) > MOST_KEYS:
        keys = content if kind == SET else [key for key, _ in content]
        if not all(isinstance(key, str) for key in keys):       # numbers can be chosen so that a dictionary takes hours
            raise ValueError(len(content))
    if kind == PAIRS:
        return {_hashable(_restored(key, names)): _restored(item, names) for key, item in content}
    if kind == SET:
        return {_hashable(_restored(item, names)) for item in content}
    if kind == NAMED and names is not None:
        if content not in names:
            raise NameError(f"name {content!r} is not defined", name=content)
        return names[content]
    if kind != ARRAY:
        raise ValueError(kind)
    code, shape, data = content
    if not PLAIN_TYPE.fullmatch(code) or any(n < 0 for n in shape):
        raise ValueError(code)
    dtype, data = np.dtype(code), base64.b64decode(data, validate=True)
    # An array of four billion empty rows holds nothing, and is four billion lists for who asks for a list.
    if math.prod(shape) * dtype.itemsize != len(data) or math.prod(n or 1 for n in shape) > MAX_BYTES:
        raise ValueError(shape)
    letters = np.frombuffer(data, f"{dtype.byteorder}u4") if dtype.kind == "U" else np.zeros(0)
    if letters.size and letters.max() > LARGEST_LETTER:
        raise ValueError(code)
    return np.frombuffer(data, dtype).reshape(shape).copy()


def _hashable(value):
    return tuple(_hashable(item) for item in value) if isinstance(value, list) else value


def decode(text: str, names: Mapping | None = None):
    """Return the value that :func:`encode` wrote; tuples come back as lists.

    Raises
    ------
    DataError
        If the text was not written by :func:`encode`. Nothing of it is run.
    NameError
        If a :class:`Named` variable is not among ``names``.
    """
    try:
        if len(text) > MAX_BYTES:
            raise ValueError(len(text))
        return _restored(json.loads(text), names)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, MemoryError) as error:
        raise DataError("The answer came back damaged.", "restart the kernel, run all cells and look again.") from error


def answer(expression: str, values: str, namespace: dict) -> str:
    """Evaluate an expression among the student's variables and return its value, or what went wrong, as JSON text.

    Parameters
    ----------
    expression : str
        Python; the values of the examiner are in it by their names.
    values : str
        A dictionary of these values, encoded.
    namespace : dict
        The student's variables.
    """
    try:
        scope = dict(namespace)
        scope.update(decode(values, namespace))
        return json.dumps({"value": encode(eval(expression, scope))})
    except BaseException as error:  # whatever the student's function raises is theirs to read
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if "ipykernel" in frame.filename
                 or frame.filename.startswith("<")]
        where = f" (line {lines[-1]} of its cell)" if lines[1:] else ""
        return json.dumps({"error": said(error) + where, "kind": type(error).__name__, "missing": _missing(error)})


def said(error: BaseException) -> str:
    """Return the type and the message of an exception, also of one whose message cannot be asked for."""
    try:
        return f"{type(error).__name__}: {error}"[:LONGEST_TEXT]
    except BaseException:
        return f"{type(error).__name__}, whose message cannot be shown"


def _missing(error: BaseException) -> str | None:
    try:
        name = error.name if isinstance(error, NameError) else None
    except BaseException:
        return None
    return str.__str__(name) if isinstance(name, str) else None


def reply(expression: str, values: str, namespace: dict, ticket: str) -> None:
    """Send :func:`answer` from a kernel to the examiner, as a message of our own type."""
    from IPython.display import publish_display_data

    publish_display_data({MIME: {"ticket": ticket, "answer": answer(expression, values, namespace)}})
