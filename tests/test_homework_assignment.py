"""Seeds belong to a cohort, hidden ones to the lecturer; every check passes what is right and says what is not."""

import re

import numpy as np
import pytest

from course_utils.errors import CourseError, DataError, SettingsError
from course_utils.homework import Homework, Named, NotYet, _wire
from course_utils.homework.assignment import PRACTICE, examining, lesson_address


def a_check(answers=None, **more):
    """Return a check of task 2 that asks for these variables."""
    answers = {} if answers is None else answers
    return Homework("hw98", PRACTICE, answers | more).check(2, "01", "We saw")


def sentence(call, *arguments, **named):
    """Return what a check that fails says, without its hint."""
    with pytest.raises(NotYet) as error:
        call(*arguments, **named)
    return error.value.problem


# --- seeds

def test_a_seed_is_the_same_on_every_machine():
    assert Homework("hw01", "2027S", {}).seed("task 2") == 1892695326


def test_seeds_differ_between_homeworks_cohorts_and_labels():
    seeds = [Homework(name, cohort, {}).seed(label)
             for name in ("hw01", "hw02") for cohort in (PRACTICE, "2027S", "2027W")
             for label in ("", "task 1", "task 2", "task 11")]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_names_cannot_be_cut_in_two_ways():
    assert Homework("hw01", "ab", {}).seed("c") != Homework("hw01", "a", {}).seed("bc")


def test_random_starts_from_the_seed():
    homework = Homework("hw01", PRACTICE, {})
    want = np.random.default_rng(homework.seed("task 2")).normal(size=5)
    assert (homework.random("task 2").normal(size=5) == want).all()
    assert (homework.random("task 2").normal(size=5) == want).all()
    assert not (homework.random("task 3").normal(size=5) == want).any()


def hidden_seed(secret, label="", task=2, cohort=PRACTICE, name="hw98"):
    """Return a seed of the hidden tests."""
    with examining(lambda expression, values: "", secret):
        return Homework(name, cohort, {}).check(task, "01", "We saw").unseen_seed(label)


def test_hidden_seeds_differ_by_everything_and_are_stable():
    seeds = [hidden_seed("one"), hidden_seed("two"), hidden_seed("one", "again"), hidden_seed("one", task=3),
             hidden_seed("one", cohort="2027S"), hidden_seed("one", name="hw97"),
             Homework("hw98", PRACTICE, {}).seed("task 2")]
    assert len(set(seeds)) == len(seeds)
    assert hidden_seed("one") == seeds[0] and all(0 <= seed < 2**31 for seed in seeds)


def test_hidden_data_start_from_the_hidden_seed():
    with examining(lambda expression, values: "", "one"):
        check = a_check()
    assert check.unseen("b").random() == np.random.default_rng(hidden_seed("one", "b")).random()


def test_hidden_seeds_are_only_for_who_grades():
    for ask in (a_check().unseen, a_check().unseen_seed):
        with pytest.raises(SettingsError, match="only when a homework is graded"):
            ask("a")
    with pytest.raises(ZeroDivisionError), examining(lambda expression, values: "", "one"):
        raise ZeroDivisionError
    with pytest.raises(SettingsError):
        a_check().unseen()


def test_the_examiner_asks_another_process_and_not_the_own_variables():
    asked = []

    def ask(expression, values):
        asked.append((expression, _wire.decode(values)))
        return '{"value": "7"}'

    with examining(ask, "one"):
        check = a_check(largest=3)
    assert check.value("largest") == 7 and check.call("f", [1], k=2) == 7
    assert asked == [("largest", {}), ("f(argument_1, k=k)", {"argument_1": [1], "k": 2})]


def test_a_homework_shows_its_name_and_cohort():
    assert repr(Homework("hw01", "2027S", {})) == "Homework hw01, cohort 2027S"


# --- answers

def test_values_expressions_and_calls_give_plain_values():
    check = a_check(x=np.array([1, 2]), pair=(1, "a"), add=lambda a, b=0, *, c=0: a + b + c, model=10)
    assert check.value("x").tolist() == [1, 2] and check.value("pair") == [1, "a"]
    assert check.evaluate("[item * k for item in x]", k=3) == [3, 6]
    assert check.call("add", 1) == 1 and check.call("add", 1, b=2, c=3) == 6
    assert check.call("add", Named("model"), c=Named("model")) == 20
    assert check.call("add", [1], [2], c=[3]) == [1, 2, 3]


def test_a_function_that_changes_its_input_does_not_change_the_examiners():
    def spoil(x, rows, table):
        x *= 0
        rows.append(0)
        table.clear()
        return x

    x, rows, table = np.ones(3), [1], {"a": 1}
    assert a_check(spoil=spoil).call("spoil", x, rows, table).tolist() == [0, 0, 0]
    assert x.tolist() == [1, 1, 1] and rows == [1] and table == {"a": 1}


def test_an_answer_is_a_copy_of_the_students():
    mine = np.ones(3)
    a_check(x=mine).value("x")[:] = 0
    assert mine.tolist() == [1, 1, 1]


def raises(error):
    """Return a function that raises, whatever it is given."""
    def function(*arguments):
        raise error
    return function


class Mute(Exception):
    """Has no message."""

    def __str__(self):
        raise self


@pytest.mark.parametrize(("ask", "says"), [
    (lambda check: check.value("largest"),
     "there is no `largest` yet; the cell of the task defines it, and it must run."),
    (lambda check: check.call("mean", 1), "there is no `mean` yet; the cell of the task defines it, and it must run."),
    (lambda check: check.call("len", Named("model")),
     "there is no `model` yet; the cell of the task defines it, and it must run."),
    (lambda check: check.call("blank", 1), "the cell of the task still waits for your code."),
    (lambda check: check.call("stops", 1), "your function `stops` stopped. ValueError: no such fish"),
    (lambda check: check.call("leaves"), "your function `leaves` stopped. SystemExit: 3"),
    (lambda check: check.call("mute"), "your function `mute` stopped. Mute, whose message cannot be shown"),
    (lambda check: check.evaluate("1 / 0"), "`1 / 0` stopped. ZeroDivisionError: division by zero"),
    (lambda check: check.value("stops"),
     "`stops` stopped. DataError: The answer is of type function, which cannot be checked."),
])
def test_an_answer_that_cannot_be_had_gives_one_sentence(ask, says):
    check = a_check(blank=raises(NotImplementedError()), stops=raises(ValueError("no such fish")),
                    leaves=raises(SystemExit(3)), mute=raises(Mute()))
    assert sentence(ask, check).startswith(f"Task 2: {says}")


def test_a_reply_that_was_forged_is_cut_or_damaged():
    def check(reply):
        with examining(lambda expression, values: reply, "one"):
            return a_check()

    assert len(sentence(check('{"error": "%s"}' % ("x" * 10**6)).value, "x")) < 5000
    missing = '{"error": "", "kind": "NameError", "missing": ["%s"]}' % ("x" * 10**6)
    assert len(sentence(check(missing).value, "x")) < 500
    with pytest.raises(DataError, match="damaged"):
        check('{"value": "[1, 2"}').value("x")
    with pytest.raises(DataError, match="damaged"):     # the examiner has no variables to give
        check('{"value": "{\\"named\\": \\"SECRET\\"}"}').value("x")


# --- checks

def test_the_hint_names_the_lesson_and_the_section():
    with pytest.raises(NotYet) as error:
        a_check().fail("no.")
    assert error.value.problem == "Task 2: no." and isinstance(error.value, CourseError)
    assert error.value.hint == ("look again at lesson 01, “We saw” (notebooks/01_dataset_shift.ipynb#We-saw).")
    assert str(error.value) == f"Task 2: no.\nTry: {error.value.hint}"
    assert (error.value.lesson, error.value.section) == ("01", "We saw")


def test_the_address_of_a_lesson_that_is_not_there_has_its_number():
    assert lesson_address("01", "Every shift against every remedy") == (
        "notebooks/01_dataset_shift.ipynb#Every-shift-against-every-remedy")
    assert lesson_address("77", "We saw") == "notebooks/77#We-saw"


def test_holds():
    check = a_check()
    check.holds(True, "never")
    check.holds(np.bool_(True), "never")
    check.holds([0], "never")
    for condition in (False, np.bool_(False), 0, [], None):
        assert sentence(check.holds, condition, "The list is empty.") == "Task 2: The list is empty."


@pytest.mark.parametrize(("got", "shape"), [
    (3, ()), (3.5, None), (True, ()), (np.float32(2), ()), ([1, 2], (2,)), ([[1, 2], [3, 4]], (2, 2)), ([], (0,)),
    ([2**70, 1], (2,)),
    (np.zeros((2, 0)), (2, 0)), (np.ones(3, "i1"), None), (np.ones(3, bool), [3]),
])
def test_numbers_are_an_array_of_decimals(got, shape):
    array = a_check().numbers(got, shape)
    assert array.dtype == float and array.tolist() == np.asarray(got).astype(float).tolist()


@pytest.mark.parametrize(("got", "shape", "says"), [
    (None, (), "your answer is None; does the function return its result?"),
    ("a fish", (), "your answer should be numbers and is 'a fish'."),
    ("3", (), "your answer should be numbers and is '3'."),
    (["1", "2"], (2,), "your answer should be numbers and is ['1', '2']."),
    ([1, "2"], (2,), "your answer should be numbers and is [1, '2']."),
    (np.array(["a"]), (1,), "your answer should be numbers and is array(['a']"),
    ({"a": 1}, (), "your answer should be numbers and is {'a': 1}."),
    ({1, 2}, None, "your answer should be numbers and is {1, 2}."),
    ([[1, 2], [3]], (2, 2), "your answer should be numbers and is [[1, 2], [3]]."),
    ([[1], {}], None, "your answer should be numbers and is [[1], {}]."),
    (10**400, (), f"your answer should be numbers and is 1{'0' * 76}…."),
    (3, (1,), "your answer should have the shape (1,) and has ()."),
    ([1, 2], (3,), "your answer should have the shape (3,) and has (2,)."),
    (np.zeros((2, 3)), [3, 2], "your answer should have the shape (3, 2) and has (2, 3)."),
    (float("nan"), (), "your answer holds a number that is infinite or not a number (nan)."),
    ([1, float("inf")], (2,), "your answer holds a number that is infinite or not a number (nan)."),
    ([1, None], (2,), "your answer holds a number that is infinite or not a number (nan)."),
])
def test_what_is_no_array_of_numbers_gets_a_sentence(got, shape, says):
    assert sentence(a_check().numbers, got, shape).startswith(f"Task 2: {says}")


def test_a_sentence_begins_with_what_was_asked_for():
    check = a_check()
    assert "Task 2: your mean is None" in sentence(check.numbers, None, (), "your mean")
    assert "Task 2: your mean should have the shape" in sentence(check.close, [1], 1, what="your mean")
    assert "Task 2: your name is 'a'" in sentence(check.equal, "a", "b", what="your name")


def test_close_passes_what_is_near_enough():
    check = a_check()
    check.close(3, 3.0)
    check.close(1 + 1e-7, 1)
    check.close([1.4, 2.5], [1, 3], within=.5)
    check.close(np.zeros((2, 0)), np.zeros((2, 0)))
    check.close(np.float32(.1), .1)


@pytest.mark.parametrize(("got", "want", "hides", "shows"), [
    (2.5, 3.25, "your answer is 2.5, which is not right.", "your answer is 2.5 and should be 3.25."),
    ([1, 2, 9, 5], [1, 2, 3, 4], "your answer is 9 at (2,), which is not right, 2 of 4 differ.",
     "your answer is 9 at (2,) and should be 3, 2 of 4 differ."),
    ([[1, 2], [3, 5]], [[1, 2], [3, 4]], "your answer is 5 at (1, 1), which is not right, 1 of 4 differ.",
     "your answer is 5 at (1, 1) and should be 4, 1 of 4 differ."),
])
def test_close_says_where_and_gives_the_right_number_away_only_if_asked(got, want, hides, shows):
    check = a_check()
    assert sentence(check.close, got, want) == f"Task 2: {hides}"
    assert sentence(check.close, got, want, show=True) == f"Task 2: {shows}"


@pytest.mark.parametrize("got", [None, "3", [3], float("nan"), float("inf"), 3.1, 3 + 2e-6, {}])
def test_close_fails_what_is_not_that_number(got):
    says = sentence(a_check().close, got, 3)
    assert says.startswith("Task 2: your answer ") and "should be 3" not in says


@pytest.mark.parametrize(("got", "want"), [
    ("a", "a"), (1, 1), (1, 1.0), (True, True), (None, None), ([1, "a", None], (1, "a", None)), ((1, 2), [1, 2]),
    (np.array([1, 2]), [1, 2]), ([[1, 2]], np.array([[1, 2]])), (np.array(["a"]), ["a"]), ({1, 2}, {2, 1}),
    ({"a": [1, 2]}, {"a": np.array([1, 2])}), (np.array([True, False]), [True, False]), ([True], [np.bool_(True)]),
    (True, np.bool_(True)), (np.int64(3), 3), (1., np.float32(1)), (1., np.longdouble(1)), ([], []), ({}, {}),
])
def test_equal_takes_lists_tuples_and_arrays_for_the_same(got, want):
    a_check().equal(got, want)


@pytest.mark.parametrize(("got", "want"), [
    ("a", "A"), (True, 1), (1, True), (False, 0), ([True, False], [1, 0]), (np.array([True]), np.array([1])),
    (1, np.bool_(True)),
    ({"a": True}, {"a": 1}), ([1, 2], [2, 1]), ([1], [[1]]), ([], None), ("", None), ("1", 1), ([1, 2], {1, 2}),
    ({1}, {1, 2}),
    ({"a": 1}, {"a": 1, "b": 2}), ({"a": [1, 2]}, {"a": [1, 3]}), ([], {}), ("ab", ["a", "b"]), (0, None),
])
def test_equal_tells_apart_what_is_not_the_same(got, want):
    assert sentence(a_check().equal, got, want) == f"Task 2: your answer is {got!r}, which is not right."
    assert sentence(a_check().equal, got, want, show=True) == f"Task 2: your answer is {got!r} and should be {want!r}."


def test_a_long_answer_is_cut_in_the_sentence():
    says = sentence(a_check().equal, "x" * 10**6, "y")
    assert re.fullmatch("Task 2: your answer is 'x{76}…, which is not right.", says)


def test_an_object_that_equals_everything_is_not_right():
    class Yes(float):
        def __eq__(self, other):
            return True

        def __ne__(self, other):
            return False

        def __sub__(self, other):
            return 0.0

        __rsub__, __hash__ = __sub__, None

    check = a_check(answer=Yes(2))
    assert "is 2.0, which" in sentence(check.equal, check.value("answer"), 3)
    assert "is 2, which" in sentence(check.close, check.value("answer"), 3)
