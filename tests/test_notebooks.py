"""Every lesson keeps every rule; and every rule finds what it is there to find."""

import json
import re
from pathlib import Path

import nbformat
import notebook_lint as lint
import pytest

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
LESSONS = sorted(NOTEBOOKS.glob("*.ipynb"))
ALT = "Accuracy grows with the number of training images."


def test_there_are_lessons():
    assert LESSONS, "no lessons found in notebooks/"


@pytest.mark.parametrize("rule", lint.RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_lesson_keeps_the_rule(path, rule):
    problems = rule(lint.read(path), path)
    assert not problems, f"{rule.__doc__.splitlines()[0]}\n" + "\n".join(problems)


# The rules themselves, on a small lesson that keeps them all and is then broken in one place.


def _stream(text, name="stdout"):
    return nbformat.v4.new_output("stream", name=name, text=text)


def _text_cell(text, slide="fragment"):
    return nbformat.v4.new_markdown_cell(text, metadata={"slideshow": {"slide_type": slide}})


def _code_cell(source, count, *outputs):
    return nbformat.v4.new_code_cell(
        source, execution_count=count, outputs=list(outputs), metadata={"slideshow": {"slide_type": "-"}}
    )


def _notes_cell():
    cell = _text_cell(f"{lint.NOTES_LABEL}\n**Minutes** 6. **Ask** who would trust this result, and wait for the one who asks on which data. It is that one.", "notes")
    cell.metadata.update(tags=["remove-cell", "speaker-notes"], jupyter={"source_hidden": True})
    return cell


def _picture(alt=ALT):
    return nbformat.v4.new_output(
        "display_data", data={"image/png": "iVBORw0KGgo="}, metadata={"image/png": {"alt": alt}}
    )


def _good_lesson():
    cells = [
        _text_cell("# 02 — Shark or dolphin?", "slide"),
        _text_cell(
            "**Question.** Shark or dolphin?\n\n**You will learn to**\n\n- reuse\n- tune\n- measure\n\n"
            "**You should know** what a convolution is.\n\n**Minutes**: 45"
        ),
        _code_cell("import math", 1, _stream("profile quick, built-in data, 400 images\n")),
        _text_cell("## A step\n\nA [link](../data/README.md) and [another](#A-step)."),
        _code_cell("half = math.sqrt(0.25)\nprint(half)", 2, _stream("0.5\n")),
        _code_cell("display(half)", 3, _picture()),
    ]
    cells += [_text_cell(f"Step {number}.") for number in range(12)]
    cells += [
        _text_cell("## We saw\n\nThat features help."),
        _text_cell("## Measured results\n\n| method | accuracy |\n|---|---|\n| head | 0.91 |"),
        _text_cell("## Exercises\n\n1. Try your own photographs."),
        _text_cell("## References\n\nSimonyan & Zisserman (2015)."),
    ]
    cells += [_notes_cell() for _ in range(6)]  # at the end, so that the places of the others stay
    metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    lesson = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    lesson.nbformat_minor = 5
    return lesson


@pytest.fixture
def project(tmp_path):
    (tmp_path / "project" / "notebooks").mkdir(parents=True)
    (tmp_path / "project" / "data").mkdir()
    (tmp_path / "project" / "data" / "README.md").write_text("data")
    (tmp_path / "project" / "pyproject.toml").write_text("")
    (tmp_path / "outside.md").write_text("not part of the project")
    return tmp_path / "project"


@pytest.fixture
def path(project):
    path = project / "notebooks" / "02_shark.ipynb"
    nbformat.write(_good_lesson(), path)
    return path


def _set_source(number, source):
    def change(lesson):
        lesson.cells[number].source = source
    return change


def _append_to(number, text):
    def change(lesson):
        lesson.cells[number].source += text
    return change


def _replace_in(number, old, new):
    def change(lesson):
        assert old in lesson.cells[number].source
        lesson.cells[number].source = lesson.cells[number].source.replace(old, new)
    return change


def _set_outputs(number, *outputs):
    def change(lesson):
        lesson.cells[number].outputs = list(outputs)
    return change


def _set_cell(number, key, value):
    def change(lesson):
        lesson.cells[number][key] = value
    return change


def _set_metadata(key, value):
    def change(lesson):
        lesson.metadata[key] = value
    return change


def _set_cell_metadata(number, key, value):
    def change(lesson):
        lesson.cells[number].metadata[key] = value
    return change


def _delete(*numbers):
    def change(lesson):
        lesson.cells = [cell for number, cell in enumerate(lesson.cells) if number not in numbers]
    return change


def _swap(first, second):
    def change(lesson):
        lesson.cells[first], lesson.cells[second] = lesson.cells[second], lesson.cells[first]
    return change


def _same_id(lesson):
    lesson.cells[4].id = lesson.cells[2].id


def _old_format(lesson):
    lesson.nbformat_minor = 4


def _bad_output(lesson):
    lesson.cells[2].outputs[0]["output_type"] = "nonsense"


def _long_cells(lesson):
    for number in (2, 4, 5):
        lesson.cells[number].source = "\n".join(f"a{line} = {line}" for line in range(6))


def _long_texts(lesson):
    for cell in lesson.cells:
        if cell.cell_type == "markdown":
            cell.source += "\n\n" + "word " * 61


def _data_output(data):
    return nbformat.v4.new_output("display_data", data=data)


_ERROR = nbformat.v4.new_output("error", ename="ValueError", evalue="no", traceback=["ValueError: no"])
_WIDGET = "application/vnd.jupyter.widget-view+json"


# (rule, change, words that the message must hold)
BROKEN = [
    (lint.valid_format, _old_format, "4.4 instead of 4.5"),
    (lint.valid_format, _bad_output, "not valid"),
    (lint.valid_format, _set_cell(2, "execution_count", "one"), "not valid"),
    (lint.unique_ids, _same_id, "has the id of cell 3"),
    (lint.executed_in_order, _set_cell(4, "execution_count", None), "cell 5 .* never run"),
    (lint.executed_in_order, _set_cell(4, "execution_count", 7), "7 instead of 2"),
    (lint.executed_in_order, _delete(4), "3 instead of 2"),
    (lint.executed_in_order, _set_source(4, "  \n"), "is empty"),
    (lint.no_errors, _set_outputs(4, _ERROR), "ends in ValueError"),
    (lint.no_errors, _set_cell_metadata(4, "tags", ["raises-exception"]), "'raises-exception'"),
    (lint.no_errors, _set_cell_metadata(4, "tags", ["nbval-raises-exception"]), "'nbval-raises-exception'"),
    (lint.no_errors, _set_cell_metadata(4, "tags", ["nbval-skip"]), "'nbval-skip'"),
    (lint.no_errors, _append_to(4, "  # NBVAL_SKIP"), "NBVAL_SKIP"),
    (lint.no_errors, _append_to(4, "  # NBVAL_RAISES_EXCEPTION"), "NBVAL_RAISES_EXCEPTION"),
    (lint.formulas_stand_alone, _append_to(3, "\n\nIt is\n$$x = 1.$$"), "without an empty line"),
    (lint.formulas_stand_alone, _append_to(3, "\n\n$$x = 1.$$\nand more"), "without an empty line"),
    (lint.no_absolute_paths, _set_source(4, "open('/home/someone/x')"), "in its source: .*/home/someone"),
    (lint.no_absolute_paths, _set_source(4, "open(r'C:\\data')"), "in its source"),
    (lint.no_absolute_paths, _set_source(4, "open('D:\\\\Photos')"), "in its source"),
    (lint.no_absolute_paths, _append_to(3, " See /Users/me."), "'/Users/me.'"),
    (lint.no_absolute_paths, _append_to(3, " See file:///x."), "'file:///x.'"),
    (lint.no_absolute_paths, _set_outputs(4, _stream("saved to /tmp/a.h5\n")), "in its output: '/tmp/a.h5"),
    (lint.no_absolute_paths, _set_outputs(4, _stream("cache:/root/.keras")), "in its output"),
    (lint.no_absolute_paths, _set_outputs(4, _data_output({"text/html": "<b>/work/x</b>"})), "'/work/x"),
    (lint.no_absolute_paths, _set_outputs(4, _stream("warning"), _stream("/root", "stderr")), "'/root'"),
    (lint.names_defined, _set_source(2, "x = 1"), "cell 5 .*undefined name 'math'"),
    (lint.names_defined, _swap(2, 4), "cell 3 .*undefined name 'math'"),
    (lint.names_defined, _set_source(4, "def f():\n    return nowhere\nf(math)"), "undefined name 'nowhere'"),
    (lint.names_defined, _set_source(4, "del math\nmath"), "undefined name 'math'"),
    (lint.names_defined, _set_source(2, "import math\nimport os"), "'os' imported but unused"),
    (lint.names_defined, _set_source(4, "print(half"), "no valid Python"),
    (lint.links_resolve, _append_to(3, " [x](nowhere.md)"), "not there: nowhere.md"),
    (lint.links_resolve, _append_to(3, " ![a picture](nowhere.png)"), "not there: nowhere.png"),
    (lint.links_resolve, _append_to(3, " <img src='nowhere.png'>"), "not there: nowhere.png"),
    (lint.links_resolve, _append_to(3, " [x](#No-such-part)"), "heading that is not there"),
    (lint.links_resolve, _append_to(3, " [x](/data/README.md)"), "not there: /data"),
    (lint.links_resolve, _append_to(3, " [x](../../outside.md)"), "out of the project"),
    (lint.links_resolve, _append_to(3, " [x](attachment:a.png)"), "attachment"),
    (lint.links_resolve, _append_to(3, " [x][y]"), "not defined"),
    (lint.links_resolve, _append_to(3, " [x][y]\n\n[y]: nowhere.md"), "not there: nowhere.md"),
    (lint.headings_in_order, _set_source(0, "Hello\n\n# 02 — Shark"), "does not begin with the title"),
    (lint.headings_in_order, _set_source(0, "# Shark or dolphin?"), "not of the form"),
    (lint.headings_in_order, _set_source(0, "# 03 — Shark or dolphin?"), "number 03, the file 02"),
    (lint.headings_in_order, _append_to(3, "\n\n# Again"), "second title"),
    (lint.headings_in_order, _append_to(3, "\n\n#### Deep"), "from heading level 2 to 4"),
    (lint.opening_complete, _replace_in(1, "**Question.**", "Question."), r"lack \*\*Question"),
    (lint.opening_complete, _replace_in(1, "**You should know**", ""), r"lack \*\*You should know"),
    (lint.opening_complete, _replace_in(1, "**Minutes**: 45", ""), r"lack \*\*Minutes"),
    (lint.opening_complete, _replace_in(1, "45", "some"), "no number"),
    (lint.opening_complete, _replace_in(1, "- tune\n", ""), "list of 2 objectives"),
    (lint.opening_complete, _replace_in(1, "- tune\n", "- a\n- b\n- c\n- d\n"), "list of 6 objectives"),
    (lint.opening_complete, _replace_in(1, "- reuse\n- tune\n- measure", "reuse"), "list of 0 objectives"),
    (lint.closing_complete, _delete(18), "last four sections are A step, Measured"),
    (lint.closing_complete, _swap(19, 20), "last four sections are We saw, Exercises"),
    (lint.closing_complete, _append_to(21, "\n\n## Epilogue\n\nBye."), "Epilogue"),
    (lint.closing_complete, _set_source(19, "## Measured results\n\nGood."), "has no table"),
    (lint.closing_complete, _set_source(20, "## Exercises"), "'Exercises' is empty"),
    (lint.short_code, _set_source(4, "\n\n".join(f"a{line} = 1" for line in range(21))), "21 lines of code"),
    (lint.short_code, _long_cells, "median cell has 6 lines"),
    (lint.short_markdown, _append_to(3, "\n\n" + "word " * 151), "15. words"),
    (lint.short_markdown, _long_texts, "median cell has 6. words"),
    (lint.number_of_cells, _delete(6, 7, 8), "19 cells"),
    (lint.images_have_alt, _set_outputs(5, _picture("")), "alt text ''"),
    (lint.images_have_alt, _set_outputs(5, _picture("A curve.")), "'A curve.'"),
    (lint.images_have_alt, _set_outputs(5, _data_output({"image/png": "iVBORw0KGgo="})), "alt text ''"),
    (lint.images_have_alt, _set_outputs(5, _data_output({"image/svg+xml": "<svg/>"})), "alt text ''"),
    (lint.images_have_alt, _append_to(3, " ![a shark](../data/README.md)"), "'a shark'"),
    (lint.images_have_alt, _append_to(3, " <img src='../data/README.md'>"), "<img>"),
    (lint.slides_marked, _set_cell(4, "metadata", {}), "cell 5 .* slide type None"),
    (lint.slides_marked, _set_cell_metadata(4, "slideshow", {"slide_type": "page"}), "'page'"),
    (lint.slides_marked, _set_cell_metadata(0, "slideshow", {"slide_type": "skip"}), "must begin a slide"),
    (lint.notes_for_the_lecturer, _delete(22), "5 cells of speaker notes"),
    (lint.notes_for_the_lecturer, _set_cell(22, "cell_type", "raw"), "no Markdown"),
    (lint.notes_for_the_lecturer, _set_cell_metadata(22, "tags", ["speaker-notes"]), "remove-cell"),
    (lint.notes_for_the_lecturer, _set_cell_metadata(22, "jupyter", {}), "not folded"),
    (lint.notes_for_the_lecturer, _replace_in(22, "**Minutes** 6. **Ask**", "Ask"), "none of .* first"),
    (lint.notes_for_the_lecturer, _replace_in(22, lint.NOTES_LABEL, "Notes"), "does not begin with the line"),
    (lint.notes_for_the_lecturer, _append_to(22, " word" * 90), "1.. words instead"),
    (lint.notes_for_the_lecturer, _set_source(22, f"{lint.NOTES_LABEL}\n**Ask** who knows."), "3 words instead"),
    (lint.notes_for_the_lecturer, _replace_in(22, "Minutes** 6", "Minutes** 96"), "add up to 126"),
    (lint.first_output_names_run, _set_outputs(2, _stream("hello, data\n")), "does not name the profile"),
    (lint.first_output_names_run, _set_outputs(2, _stream("profile quick\n")), "does not name the data"),
    (lint.first_output_names_run, _set_outputs(2), "cell 5 .* does not name the profile"),
    (lint.kernel_is_python3, _set_metadata("kernelspec", {"name": "venv", "display_name": "v"}), "'venv'"),
    (lint.kernel_is_python3, _set_metadata("language_info", {"name": "R"}), "'R'"),
    (lint.no_widget_state, _set_metadata("widgets", {"state": {}}), "widget state"),
    (
        lint.no_widget_state,
        _set_outputs(4, _data_output({_WIDGET: {}, "text/plain": "  0%|          | 0/10 [00:00<?, ?it/s]"})),
        "progress bar",
    ),
    (lint.quiet_outputs, _set_outputs(4, _stream("I0000 cuda_executor: no GPU", "stderr")), "I0000 cuda"),
    (lint.quiet_outputs, _set_outputs(4, _stream("x.py:1: UserWarning: no\n", "stderr")), "UserWarning"),
    (lint.quiet_outputs, _set_outputs(4, _stream("1/10 \x08\x08\x08")), "control characters"),
    (lint.quiet_outputs, _set_outputs(4, _stream("\x1b[1mbold")), "control characters"),
]

# What looks like a break of the rule, and is none.
HARMLESS = [
    (lint.no_errors, _set_source(4, "try:\n    half / 0\nexcept ArithmeticError as e:\n    print(e)")),
    (lint.no_absolute_paths, _append_to(3, " See https://example.org/home/x, ../tmp/a, ~/work, mean/var.")),
    (lint.no_absolute_paths, _set_source(4, "path = 'notebooks/home/x'; ratio = (half)/work")),
    (lint.no_absolute_paths, _set_outputs(5, _picture())),
    (lint.formulas_stand_alone, _append_to(3, " With $n$ it is\n\n$$x = \\frac{1}{n},\n\\quad y = 2.$$\n\nAnd more.")),
    (lint.names_defined, _set_source(4, "%matplotlib inline\n!pip list\nhalf = math.pi")),
    (lint.names_defined, _set_source(4, "%%time\nhalf = math.pi")),
    (lint.names_defined, _append_to(5, "\nprint(__name__, len([half]))")),
    (lint.names_defined, _set_source(4, "def later():\n    return after\nafter = half = math.pi\nlater()")),
    (lint.links_resolve, _append_to(3, " [x](https://example.org/a) and `[code](nowhere.md)`")),
    (lint.links_resolve, _append_to(3, "\n\n```python\n# not a heading, [no](link.md)\n```")),
    (lint.headings_in_order, _append_to(3, "\n\n```python\n# a comment, not a title\n```\n\n### A part")),
    (lint.opening_complete, _replace_in(1, "**Minutes**: 45", "**Minutes:** about 45")),
    (lint.opening_complete, _replace_in(1, "- tune\n", "- tune\n  - slowly\n  - block by block\n  - last\n")),
    (lint.closing_complete, _append_to(22, "\n\n## Plan B\n\nLeave out the last part.")),
    (lint.short_markdown, _append_to(22, " word" * 200)),
    (lint.short_markdown, _append_to(3, "\n\n```\n" + "word " * 200 + "\n```")),
    (lint.short_markdown, _append_to(3, "\n\n| a |\n|---|\n| " + "word " * 200 + " |")),
    (lint.short_markdown, _append_to(3, "\n\n$$" + "a + " * 200 + "b$$")),
    (lint.first_output_names_run, _set_outputs(4)),
    (lint.no_widget_state, _set_outputs(4, _data_output({_WIDGET: {}, "text/plain": "interactive()"}))),
    (lint.quiet_outputs, _set_outputs(4, _stream("\r 50%|###   | 5/10\r100%|######| 10/10\n", "stderr"))),
]


def test_the_small_lesson_keeps_every_rule(path):
    assert lint.lint(path) == []


@pytest.mark.parametrize(("rule", "change", "words"), BROKEN)
def test_the_rule_finds_what_is_broken(rule, change, words, path):
    lesson = _good_lesson()
    change(lesson)
    problems = rule(lesson, path)
    assert any(re.search(words, problem) for problem in problems), problems


@pytest.mark.parametrize(("rule", "change"), HARMLESS)
def test_the_rule_lets_pass_what_is_right(rule, change, path):
    lesson = _good_lesson()
    change(lesson)
    assert rule(lesson, path) == []


def test_a_file_above_3_mb_is_found(path):
    assert lint.small_file(_good_lesson(), path) == []
    path.write_text(path.read_text() + " " * 3 * 1024 * 1024)
    assert "3.0 MB instead" in lint.small_file(_good_lesson(), path)[0]


def test_every_rule_is_proved_on_a_broken_lesson():
    proved = {rule for rule, _, _ in BROKEN} | {lint.small_file}
    assert proved == set(lint.RULES)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"cells": 3}', "\x00\x01"])
def test_a_damaged_file_is_a_problem_and_no_crash(path, text):
    path.write_text(text)
    problems = lint.lint(path)
    assert problems and problems[0].startswith("valid_format")


def test_a_notebook_is_read_as_jupyter_writes_it(path):
    assert isinstance(json.loads(path.read_text())["cells"][1]["source"], list)
    assert lint.read(path).cells[1].source == _good_lesson().cells[1].source


def test_a_missing_id_is_not_filled_in_by_the_reader(path):
    lesson = json.loads(path.read_text())
    del lesson["cells"][3]["id"]
    path.write_text(json.dumps(lesson))
    assert "cell 4" in lint.unique_ids(lint.read(path), path)[0]
    assert lint.lint(path)


def test_a_results_table_may_come_from_a_code_cell(path):
    for data in ({"text/html": "<table><tr><td>1</td></table>"}, {"text/markdown": "| a |\n|---|\n| 1 |"}):
        lesson = _good_lesson()
        lesson.cells[19] = _text_cell("## Measured results")
        lesson.cells.insert(20, _code_cell("display(half)", 4, _data_output(data)))
        assert lint.closing_complete(lesson, path) == []
