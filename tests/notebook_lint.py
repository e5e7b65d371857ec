"""The rules that every lesson keeps, each a function ``rule(notebook, path) -> list of problems``.

``python tests/notebook_lint.py notebooks/02*.ipynb`` prints the problems of a lesson while you write it.
"""

import ast
import json
import re
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from markdown_it import MarkdownIt
from pyflakes import checker, messages

LEAD_INS = ("Question", "You will learn to", "You should know", "Minutes")
CLOSING = ("We saw", "Measured results", "Exercises", "References")
SLIDE_TYPES = {"slide", "subslide", "fragment", "skip", "notes", "-"}
# nbval passes a cell with one of these whatever it does: an expected error may not come, or nothing may run.
# To teach an error, catch it and print it.
FORBIDDEN_TAGS = {"raises-exception", "nbval-raises-exception", "nbval-skip"}
FORBIDDEN_MARKS = ("NBVAL_RAISES_EXCEPTION", "NBVAL_SKIP")
ABSOLUTE_PATH = re.compile(
    r"(?<![\w./~$}*)\]<-])/(?:home|root|tmp|work|Users|mnt|opt|private|usr|var)\b|file://"
    r"|(?<![A-Za-z])(?:C:\\|[A-Z]:\\{1,2}[A-Z])"
)
PROGRESS_BAR = re.compile(r"\d+%\|.*\||\d+\w*it \[")
LARGEST_FILE = 3 * 1024 * 1024
CELLS = (20, 70)  # more short cells read better than fewer long ones, and make better slides
CODE_LINES = {"median": 5, "most": 20}
MARKDOWN_WORDS = {"median": 60, "most": 150}
SHORTEST_ALT = 20
# What a lecturer sees in the speaker view; the reading site leaves it out, and JupyterLab folds it.
NOTES = {"fewest": 6, "fewest words": 15, "most words": 100, "least minutes": 25, "most minutes": 100}
NOTES_TAGS = {"remove-cell", "speaker-notes"}
NOTES_LABEL = "<!-- Speaker notes -->"  # all that JupyterLab shows of a folded cell: no answer to a Predict
NOTES_LEAD_INS = ("Minutes", "Ask", "Misconception", "Point at", "If asked", "Live", "Plan")

_markdown = MarkdownIt("commonmark").enable("table")


def valid_format(notebook, path: Path) -> list[str]:
    """The notebook is valid nbformat 4.5."""
    version = (notebook.get("nbformat"), notebook.get("nbformat_minor"))
    if version != (4, 5):
        return [f"format {version[0]}.{version[1]} instead of 4.5"]
    errors = nbformat.validator.iter_validate(notebook, version=4, version_minor=5, relax_add_props=True)
    return [f"not valid nbformat 4.5: {str(error).splitlines()[0]}" for error in errors]


def unique_ids(notebook, path: Path) -> list[str]:
    """Every cell has an id of its own."""
    problems, seen = [], {}
    for name, cell in _cells(notebook):
        identity = cell.get("id")
        if not identity:
            problems.append(f"{name} has no id")
        elif identity in seen:
            problems.append(f"{name} has the id of {seen[identity]}")
        seen.setdefault(identity, name)
    return problems


def executed_in_order(notebook, path: Path) -> list[str]:
    """Every code cell was run, once, from top to bottom. nbval passes a cell that was never run."""
    problems = []
    for number, (name, cell) in enumerate(_cells(notebook, "code"), start=1):
        count = cell.get("execution_count")
        if not cell.source.strip():
            problems.append(f"{name} is empty")
        if count is None:
            problems.append(f"{name} was never run")
        elif count != number:
            problems.append(f"{name} has execution count {count} instead of {number}: restart and run all")
    return problems


def no_errors(notebook, path: Path) -> list[str]:
    """No cell ends in an error, or asks nbval to look away."""
    problems = []
    for name, cell in _cells(notebook):
        tags = FORBIDDEN_TAGS & set(cell.metadata.get("tags", []))
        problems += [f"{name} has the tag {tag!r}: catch the error and print it" for tag in sorted(tags)]
        if cell.cell_type != "code":
            continue
        problems += [f"{name} has the comment {mark}" for mark in FORBIDDEN_MARKS if mark in cell.source]
        for output in cell.outputs:
            if output.output_type == "error":
                problems.append(f"{name} ends in {output.ename}: {output.evalue}")
    return problems


def no_absolute_paths(notebook, path: Path) -> list[str]:
    """Neither sources nor outputs name a folder of one machine."""
    problems = []
    for name, cell in _cells(notebook):
        texts = [("source", cell.source)]
        texts += [("output", text) for output in cell.get("outputs", []) for text in _texts(output)]
        for where, text in texts:
            for found in ABSOLUTE_PATH.finditer(text):
                problems.append(f"{name} has an absolute path in its {where}: {text[found.start():][:30]!r}")
    return problems


def formulas_stand_alone(notebook, path: Path) -> list[str]:
    """A displayed formula is a paragraph of its own. Otherwise JupyterLab shows it and the site shows dollar signs."""
    problems = []
    for name, cell in _cells(notebook, "markdown"):
        for part in re.split(r"\n\s*\n", cell.source):
            if "$$" in part and not re.fullmatch(r"\s*\$\$[^$]+\$\$[.,]?\s*", part):
                problems.append(f"{name} has a formula in $$ without an empty line before and after it")
    return problems


def names_defined(notebook, path: Path) -> list[str]:
    """Every name is imported or defined before it is used, and no import is left over."""
    lines, origins = [], []
    for name, cell in _cells(notebook, "code"):
        source = _without_magics(cell.source)
        try:
            compile(source, name, "exec", dont_inherit=True)
        except SyntaxError as error:
            return [f"{name} is no valid Python: {error.msg}"]
        new = source.splitlines()
        lines += new
        origins += [name] * len(new)
    tree = ast.parse("\n".join(lines) + "\n")
    # One tree of all cells: at its top level pyflakes reads in order, as a top-to-bottom run does.
    report = checker.Checker(tree, builtins={"display", "get_ipython"})
    serious = (messages.UndefinedName, messages.UndefinedLocal, messages.UnusedImport)
    found = [message for message in report.messages if isinstance(message, serious)]
    return [
        f"{origins[message.lineno - 1]}: {message.message % message.message_args}"
        for message in sorted(found, key=lambda message: message.lineno)
    ]


def links_resolve(notebook, path: Path) -> list[str]:
    """Every relative link and picture in the text exists, inside the project."""
    problems = []
    folder = Path(path).resolve().parent
    project = next((up for up in (folder, *folder.parents) if (up / "pyproject.toml").is_file()), None)
    anchors = {text.replace(" ", "-").lower() for _, _, text in _headings(notebook)}
    for name, cell in _cells(notebook, "markdown"):
        for target in _links(cell.source):
            if re.match(r"(https?|mailto|data):", target):
                continue
            file, _, anchor = unquote(target).partition("#")
            if target.startswith("attachment:"):
                if file.removeprefix("attachment:") not in cell.get("attachments", {}):
                    problems.append(f"{name} shows an attachment that it does not have: {target}")
            elif not file:
                if anchor.lower() not in anchors:
                    problems.append(f"{name} links to a heading that is not there: {target}")
            elif file.startswith("/") or not (folder / file).exists():
                problems.append(f"{name} links to a file that is not there: {target}")
            elif project and not (folder / file).resolve().is_relative_to(project):
                problems.append(f"{name} links out of the project: {target}")
    return problems


def headings_in_order(notebook, path: Path) -> list[str]:
    """One H1, first, with the lesson's number; below it no level is left out."""
    headings = list(_headings(notebook))
    if not headings:
        return ["there are no headings"]
    problems = []
    first_cell = notebook.cells[0]
    title = headings[0][2]
    if not first_cell.source.lstrip().startswith("# "):
        problems.append("cell 1 does not begin with the title, '# NN — Title'")
    elif not re.match(r"\d\d — \S", title):
        problems.append(f"the title is {title!r}, not of the form 'NN — Title'")
    elif title[:2] != Path(path).name[:2]:
        problems.append(f"the title has the number {title[:2]}, the file {Path(path).name[:2]}")
    previous = 1
    for name, level, text in headings[1:]:
        if level == 1:
            problems.append(f"{name} has a second title: {text!r}")
        elif level > previous + 1:
            problems.append(f"{name} goes from heading level {previous} to {level}: {text!r}")
        previous = level
    return problems


def opening_complete(notebook, path: Path) -> list[str]:
    """The first two cells hold the question, 3-5 objectives, what to know before, and the minutes."""
    opening = [cell for cell in notebook.cells if not _is_notes(cell)][:2]
    texts = [cell.source for cell in opening if cell.cell_type == "markdown"]
    tokens = [token for text in texts for token in _markdown.parse(text)]
    bold = {}
    for place, token in enumerate(tokens):
        for index, child in enumerate(token.children or []):
            if child.type == "strong_open":
                rest = "".join(part.content for part in token.children[index + 1:])
                bold[token.children[index + 1].content.rstrip(".: ")] = (place, rest)
    problems = [f"the first two cells lack **{words}**" for words in LEAD_INS if words not in bold]
    if "You will learn to" in bold:
        place = bold["You will learn to"][0]
        following = next((i for i in range(place + 1, len(tokens)) if tokens[i].type in _LISTS), None)
        objectives = 0
        for token in tokens[following + 1:] if following is not None else []:
            if token.type.endswith("_list_close") and token.level == tokens[following].level:
                break
            objectives += token.type == "list_item_open" and token.level == tokens[following].level + 1
        if not 3 <= objectives <= 5:
            problems.append(f"**You will learn to** has a list of {objectives} objectives, not 3 to 5")
    if "Minutes" in bold and not re.search(r"\d", bold["Minutes"][1]):
        problems.append("**Minutes** has no number")
    return problems


def closing_complete(notebook, path: Path) -> list[str]:
    """The last four sections are We saw, Measured results (with a table), Exercises and References."""
    sections = []
    for cell in notebook.cells:
        tokens = _markdown.parse(cell.source) if cell.cell_type == "markdown" and not _is_notes(cell) else []
        for place, token in enumerate(tokens):
            if token.type == "heading_open" and token.tag == "h2":
                sections.append([_plain(tokens[place + 1]), 0, False])
            elif sections and token.type == "inline" and tokens[place - 1].tag != "h2":
                sections[-1][1] += 1
            elif sections and token.type == "table_open":
                sections[-1][2] = True
        if sections and cell.cell_type == "code":
            sections[-1][1] += 1
            data = [output.get("data", {}) for output in cell.outputs]
            html = "".join(_joined(bundle.get("text/html", "")) for bundle in data)
            markdown = "\n".join(_joined(bundle.get("text/markdown", "")) for bundle in data)
            tokens = _markdown.parse(markdown)
            sections[-1][2] |= "<table" in html or any(token.type == "table_open" for token in tokens)
    last = sections[-len(CLOSING):]
    if [title for title, _, _ in last] != list(CLOSING):
        found = ", ".join(title for title, _, _ in last) or "none"
        return [f"the last four sections are {found}, not {', '.join(CLOSING)}"]
    problems = [f"the section {title!r} is empty" for title, parts, table in last if not (parts or table)]
    if not last[CLOSING.index("Measured results")][2]:
        problems.append("the section 'Measured results' has no table")
    return problems


def short_code(notebook, path: Path) -> list[str]:
    """Code cells are short: the median at most 5 lines that are not blank, none above 20."""
    lengths = {name: sum(bool(line.strip()) for line in cell.source.splitlines())
               for name, cell in _cells(notebook, "code")}
    return _too_long(lengths, CODE_LINES, "lines of code")


def short_markdown(notebook, path: Path) -> list[str]:
    """Text cells are short: the median at most 60 words, none above 150; code and tables do not count."""
    lengths = {name: _words(cell.source) for name, cell in _cells(notebook, "markdown") if not _is_notes(cell)}
    return _too_long(lengths, MARKDOWN_WORDS, "words")


def number_of_cells(notebook, path: Path) -> list[str]:
    """A lesson has 20 to 70 cells beside the speaker notes."""
    count = sum(not _is_notes(cell) for cell in notebook.cells)
    return [] if CELLS[0] <= count <= CELLS[1] else [f"{count} cells instead of {CELLS[0]} to {CELLS[1]}"]


def images_have_alt(notebook, path: Path) -> list[str]:
    """Every picture has a sentence for readers who cannot see it."""
    problems = []
    for name, cell in _cells(notebook):
        for output in cell.get("outputs", []):
            for kind in output.get("data", {}):
                if kind.startswith("image/"):
                    details = output.get("metadata", {}).get(kind, {})
                    alt = details.get("alt", "") if isinstance(details, dict) else ""
                    if len(str(alt).strip()) < SHORTEST_ALT:
                        problems.append(f"{name} shows a picture with alt text {alt!r}: use plots.show")
        if cell.cell_type == "markdown":
            for token in _inline(cell.source):
                if token.type == "image" and len(token.content.strip()) < SHORTEST_ALT:
                    problems.append(f"{name} has a picture with the alt text {token.content!r}")
                elif token.type.startswith("html") and "<img" in token.content:
                    alt = re.search(r"""alt=["']([^"']{%d,})["']""" % SHORTEST_ALT, token.content)
                    problems += [] if alt else [f"{name} has an <img> without a sentence in alt"]
    return problems


def slides_marked(notebook, path: Path) -> list[str]:
    """Every cell says where it stands in the slides, and the first one begins a slide."""
    problems = []
    for name, cell in _cells(notebook):
        kind = cell.metadata.get("slideshow", {}).get("slide_type")
        if kind not in SLIDE_TYPES:
            problems.append(f"{name} has the slide type {kind!r}")
        elif name.startswith("cell 1 ") and kind != "slide":
            problems.append(f"{name} must begin a slide, not {kind!r}")
    return problems


def notes_for_the_lecturer(notebook, path: Path) -> list[str]:
    """Speaker notes are short, begin with what they are for, add up to a lecture, and hide from the reader."""
    problems, minutes = [], 0
    notes = [(name, cell) for name, cell in _cells(notebook) if _is_notes(cell)]
    if len(notes) < NOTES["fewest"]:
        problems.append(f"{len(notes)} cells of speaker notes instead of at least {NOTES['fewest']}")
    for name, cell in notes:
        if cell.cell_type != "markdown":
            problems.append(f"{name} holds speaker notes and is no Markdown")
        if not NOTES_TAGS <= set(cell.metadata.get("tags", [])):
            problems.append(f"{name} lacks the tags {', '.join(sorted(NOTES_TAGS))}, so readers see it")
        if not cell.metadata.get("jupyter", {}).get("source_hidden"):
            problems.append(f"{name} is not folded in JupyterLab: metadata jupyter.source_hidden")
        label, _, text = cell.source.partition("\n")
        if label != NOTES_LABEL:
            problems.append(f"{name} does not begin with the line {NOTES_LABEL}")
        if not re.match(rf"\*\*(?:{'|'.join(NOTES_LEAD_INS)})", text):
            problems.append(f"{name} has none of **{'**, **'.join(NOTES_LEAD_INS)}** first")
        words = len(text.split())
        if not NOTES["fewest words"] <= words <= NOTES["most words"]:
            problems.append(f"{name} has {words} words instead of {NOTES['fewest words']} to {NOTES['most words']}")
        minutes += sum(int(number) for number in re.findall(r"\*\*Minutes\.?\*\*\.?:? *(\d+)", cell.source))
    if notes and not NOTES["least minutes"] <= minutes <= NOTES["most minutes"]:
        problems.append(f"the minutes of the speaker notes add up to {minutes}, "
                        f"not to a lecture of {NOTES['least minutes']} to {NOTES['most minutes']}")
    return problems


def first_output_names_run(notebook, path: Path) -> list[str]:
    """The first output says which profile and which data the lesson ran with."""
    for name, cell in _cells(notebook, "code"):
        text = " ".join(text for output in cell.outputs for text in _texts(output)).lower()
        if cell.outputs:
            return [f"the first output, of {name}, does not name the {word}"
                    for word in ("profile", "data") if word not in text]
    return ["no code cell has an output"]


def kernel_is_python3(notebook, path: Path) -> list[str]:
    """The lesson runs in the kernel that every installation has."""
    kernel = notebook.metadata.get("kernelspec", {}).get("name")
    language = notebook.metadata.get("language_info", {}).get("name", "python")
    problems = [] if kernel == "python3" else [f"the kernel is {kernel!r} instead of 'python3'"]
    return problems + ([] if language == "python" else [f"the language is {language!r} instead of 'python'"])


def small_file(notebook, path: Path) -> list[str]:
    """The file has at most 3 MB."""
    size = Path(path).stat().st_size
    return [] if size <= LARGEST_FILE else [f"the file has {size / 2**20:.1f} MB instead of at most 3"]


def no_widget_state(notebook, path: Path) -> list[str]:
    """No saved widget state, and no progress bar in its place."""
    problems = ["the notebook holds saved widget state"] if "widgets" in notebook.metadata else []
    for name, cell in _cells(notebook, "code"):
        for output in cell.outputs:
            view = "application/vnd.jupyter.widget-view+json" in output.get("data", {})
            if view and re.search(r"%\||Progress", " ".join(_texts(output))):
                problems.append(f"{name} shows a progress bar as a widget: use tqdm.tqdm")
    return problems


def quiet_outputs(notebook, path: Path) -> list[str]:
    """No warnings, no log lines, no control characters of a terminal in the outputs."""
    problems = []
    for name, cell in _cells(notebook, "code"):
        for output in cell.outputs:
            text = "\n".join(_texts(output))
            if output.output_type == "stream" and output.name == "stderr":
                lines = [line.strip() for line in re.split(r"[\r\n]", text)]
                noise = [line for line in lines if line and not PROGRESS_BAR.search(line)]
                problems += [f"{name} writes to stderr: {noise[0][:60]!r}"] if noise else []
            if "\x08" in text or "\x1b" in text:
                problems.append(f"{name} prints control characters of a terminal: use verbose=0 or 2")
    return problems


RULES = (
    valid_format, unique_ids, executed_in_order, no_errors, no_absolute_paths, formulas_stand_alone, names_defined, links_resolve,
    headings_in_order, opening_complete, closing_complete, short_code, short_markdown, number_of_cells,
    images_have_alt, slides_marked, notes_for_the_lecturer, first_output_names_run, kernel_is_python3, small_file, no_widget_state,
    quiet_outputs,
)


def read(path: Path):
    """Return the notebook as it is on disk: nothing upgraded, no missing id filled in."""
    return nbformat.v4.reads(Path(path).read_text(encoding="utf-8"))  # joins the lines that a file keeps apart


def lint(path: Path) -> list[str]:
    """Return the problems of a notebook under all rules, each with the rule's name."""
    try:
        raw = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:  # no JSON, or no UTF-8
        return [f"valid_format: no notebook: {error}"]
    broken = valid_format(raw, path) if isinstance(raw, dict) else ["no notebook: not a JSON object"]
    if broken:  # the other rules rely on the format
        return [f"valid_format: {problem}" for problem in broken]
    notebook = read(path)
    return [f"{rule.__name__}: {problem}" for rule in RULES for problem in rule(notebook, path)]


_LISTS = ("bullet_list_open", "ordered_list_open")


def _cells(notebook, kind: str = "") -> Iterator[tuple[str, dict]]:
    """Each cell with a name for messages: its place, its id and its first words."""
    for number, cell in enumerate(notebook.cells, start=1):
        if kind in ("", cell.cell_type):
            start = next((line.strip() for line in cell.source.splitlines() if line.strip()), "")
            yield f"cell {number} ({cell.cell_type}, {cell.get('id')}, {start[:32]!r})", cell


def _is_notes(cell) -> bool:
    return cell.metadata.get("slideshow", {}).get("slide_type") == "notes"


def _joined(text) -> str:
    return "".join(text) if isinstance(text, list) else str(text)


def _texts(output) -> list[str]:
    """All that an output says in words."""
    if output.output_type == "stream":
        return [_joined(output.text)]
    if output.output_type == "error":
        return [output.evalue, *output.traceback]
    return [_joined(text) for kind, text in output.data.items() if kind.startswith("text/") or "svg" in kind]


def _without_magics(source: str) -> str:
    if source.lstrip().startswith("%%"):
        first, _, rest = source.lstrip().partition("\n")
        source = rest if first.split()[0] in ("%%time", "%%timeit", "%%capture") else ""
    return TransformerManager().transform_cell(source)


def _inline(text: str) -> Iterator:
    for token in _markdown.parse(text):
        yield token
        yield from token.children or []


def _links(text: str) -> Iterator[str]:
    for token in _inline(text):
        target = token.attrGet("href") if token.type == "link_open" else token.attrGet("src")
        if target:
            yield str(target)
        elif token.type in ("html_inline", "html_block"):
            yield from re.findall(r"""(?:src|href)=["']([^"']+)["']""", token.content)
    # A reference that is not defined is left as text: [words][name].
    yield from (f"[{name}] (not defined)" for name in re.findall(r"\]\[([\w -]+)\]", _prose(text)))


def _plain(token) -> str:
    return "".join(child.content for child in token.children or []).strip()


def _headings(notebook) -> Iterator[tuple[str, int, str]]:
    for name, cell in _cells(notebook, "markdown"):
        tokens = _markdown.parse(cell.source)
        for place, token in enumerate(tokens):
            if token.type == "heading_open":
                yield name, int(token.tag[1]), _plain(tokens[place + 1])


def _prose(text: str) -> str:
    """The words of a text: no code, no tables, no addresses."""
    depth, words = 0, []
    for token in _markdown.parse(text):
        depth += (token.type == "table_open") - (token.type == "table_close")
        if token.type == "inline" and depth == 0:
            parts = [child for child in token.children if child.type in ("text", "softbreak", "hardbreak")]
            words += [part.content or " " for part in parts]
            words.append(" ")
    return "".join(words)


def _words(text: str) -> int:
    formulas_as_one_word = re.sub(r"\$\$.+?\$\$|\$[^$\n]+\$", " formula ", _prose(text), flags=re.DOTALL)
    return len(re.findall(r"\w[\w'’.-]*", formulas_as_one_word))


def _too_long(lengths: dict[str, int], limits: dict[str, int], unit: str) -> list[str]:
    problems = [f"{name} has {length} {unit} instead of at most {limits['most']}"
                for name, length in lengths.items() if length > limits["most"]]
    median = statistics.median(lengths.values()) if lengths else 0
    if median > limits["median"]:
        problems.append(f"the median cell has {median:g} {unit} instead of at most {limits['median']}")
    return problems


if __name__ == "__main__":
    found = [f"{name}: {problem}" for name in sys.argv[1:] for problem in lint(Path(name))]
    print("\n".join(found) or "no problems")
    sys.exit(bool(found))
