"""Dates as people write them, with their ISO form and a long form (lesson 05).

A free text such as ``sun, may 3rd, 1987`` has two translations: the ISO form ``1987-05-03`` (ISO 8601) and the long
form ``sunday, 3 may 1987``. Half of the texts name the weekday, and the long form keeps it, while ISO has no place for
it: a decoder that reads nothing but the ISO form cannot tell whether the text had named it.

All numeric styles have one reading: with dots the day comes first (``03.05.1987``), with slashes and hyphens the year.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from course_utils.data._checks import checked_whole
from course_utils.errors import DataError

__all__ = ["WrittenDates", "make_dates"]

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
          "december")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
STYLES = (  # before and after are places for the weekday
    "{before}{day} {month} {year}{after}",
    "{before}{day} {month}, {year}{after}",
    "{before}{day}. {month} {year}{after}",
    "{before}{day}-{month}-{year}{after}",
    "on {before}{day} {month} {year}{after}",
    "{before}{ordinal} {month} {year}{after}",
    "{before}the {ordinal} of {month} {year}{after}",
    "{before}{month} {day}, {year}{after}",
    "{before}{month} {day} {year}{after}",
    "{before}{month} {ordinal}, {year}{after}",
    "{before}{year}, {month} {day}{after}",
    "{before}{day}.{number}.{year}{after}",
    "{before}{year}/{number}/{day}{after}",
    "{before}{year}-{number}-{day}{after}",
)
NAMED_SHARE = 0.5  # of the texts name the weekday
SHORT_SHARE = 0.5  # of the months and weekdays are abbreviated to three letters
ZERO_SHARE = 0.3  # of the texts write days and months of one digit with a zero before it
COMMA_SHARE = 0.7  # of the weekdays have a comma beside them
DOUBLE_SHARE = 0.1  # of the texts with blanks have one too many, if there is room
LONGEST = 32  # characters of a text; a long one abbreviates the weekday
FOUR_DIGITS = (1000, 9999)


@dataclass(frozen=True)
class WrittenDates:
    """Dates, each in three forms (introduced in lesson 05).

    Attributes
    ----------
    written : tuple of str
        As people write them: of the letters a to z, digits, blanks and ``,.-/``, at most 32 characters.
    iso : tuple of str
        ISO 8601, such as ``"1987-05-03"``.
    long : tuple of str
        All that the text says: ``"sunday, 3 may 1987"``, or ``"3 may 1987"`` if it does not name the weekday.

    Raises
    ------
    DataError
        If there is no date, or the numbers of texts differ.
    """

    written: tuple[str, ...]
    iso: tuple[str, ...]
    long: tuple[str, ...]

    def __post_init__(self):
        for name in ("written", "iso", "long"):
            texts = getattr(self, name)
            if isinstance(texts, str) or not isinstance(texts, Sequence) or not texts:
                raise DataError(f"The texts of `{name}` are {texts!r:.40}.", "give a list with one text or more.")
            object.__setattr__(self, name, tuple(texts))
        if not len(self.written) == len(self.iso) == len(self.long):
            raise DataError(f"There are {len(self.written)} texts, {len(self.iso)} ISO dates and {len(self.long)} long "
                            "forms.", "give each date its three forms.")

    def __len__(self) -> int:
        return len(self.written)

    def subset(self, n: int) -> "WrittenDates":
        """Return the first `n` dates; they were drawn in random order.

        Raises
        ------
        DataError
            If `n` is smaller than 1 or larger than this set.
        """
        if checked_whole(n, "The number of dates") > len(self):
            raise DataError(f"The first {n:,} dates were asked for; there are {len(self):,}.",
                            f"ask for 1 to {len(self)} dates.")
        return WrittenDates(self.written[:n], self.iso[:n], self.long[:n])


def make_dates(train: int, validation: int, test: int, *, seed: int = 0, first_year: int = 1950,
               last_year: int = 2049) -> tuple[WrittenDates, WrittenDates, WrittenDates]:
    """Make dates for training, validation and test, and write them in many styles. Introduced in lesson 05.

    The days of the calendar are drawn without replacement and only then written: no day occurs twice, in whichever
    style, and the test asks for days that training never had. With one seed, fewer training dates are the beginning of
    more of them, and validation and test stay as they are.

    Parameters
    ----------
    train, validation, test : int
        Numbers of dates.
    seed : int
        The same seed gives the same texts.
    first_year, last_year : int
        The calendar to draw from, both years included, written with four digits.

    Returns
    -------
    train, validation, test : WrittenDates

    Raises
    ------
    DataError
        If a number cannot be used, or the calendar has too few days.
    """
    sizes = [checked_whole(number, f"The number of {part} dates")
             for number, part in ((train, "training"), (validation, "validation"), (test, "test"))]
    seed = checked_whole(seed, "The seed", 0)
    for year, name in ((first_year, "first"), (last_year, "last")):
        if not FOUR_DIGITS[0] <= checked_whole(year, f"The {name} year") <= FOUR_DIGITS[1]:
            raise DataError(f"The {name} year is {year}.", "give a year with four digits.")
    if first_year > last_year:
        raise DataError(f"The first year is {first_year} and the last one {last_year}.", "exchange the two.")
    start, end = date(first_year, 1, 1).toordinal(), date(last_year, 12, 31).toordinal()
    days = end - start + 1
    if sum(sizes) > days:
        raise DataError(f"{sum(sizes):,} dates were asked for; the years {first_year} to {last_year} have {days:,}.",
                        "ask for fewer dates, or for more years.")
    drawn = np.random.default_rng(seed).permutation(np.arange(start, end + 1))
    train, validation, test = sizes
    places = (drawn[validation + test:][:train], drawn[:validation], drawn[validation:][:test])
    return tuple(_written(place, np.random.default_rng([seed, part])) for part, place in enumerate(places))


def _written(days: np.ndarray, generator: np.random.Generator) -> WrittenDates:
    """Write days of the calendar, each in a style of its own."""
    forms = []
    # One row of random numbers for each day, so that more days change nothing about the first ones.
    for number, chances in zip(days.tolist(), generator.random((len(days), 9)).tolist(), strict=True):
        day, named = date.fromordinal(number), chances[0] < NAMED_SHARE
        text = f"{day.day} {MONTHS[day.month - 1]} {day.year}"
        long = f"{WEEKDAYS[day.weekday()]}, {text}" if named else text
        forms.append((_free_text(day, named, *chances[1:]), day.isoformat(), long))
    return WrittenDates(*zip(*forms))


def _free_text(day: date, named: bool, style: float, short_month: float, short_weekday: float, zeros: float,
               after: float, comma: float, double: float, blank: float) -> str:
    """Write a day as people do; the chances, from 0 to 1, decide how."""
    width = 2 if zeros < ZERO_SHARE else 1
    parts = {
        "day": f"{day.day:0{width}}", "number": f"{day.month:0{width}}", "year": day.year, "ordinal": _ordinal(day.day),
        "month": MONTHS[day.month - 1][:3 if short_month < SHORT_SHARE else None],
    }
    style = STYLES[int(style * len(STYLES))]
    text = style.format(before="", after="", **parts)
    if named:
        mark, weekday = ", " if comma < COMMA_SHARE else " ", WEEKDAYS[day.weekday()]
        if short_weekday < SHORT_SHARE or len(text) + len(mark) + len(weekday) > LONGEST:
            weekday = weekday[:3]
        before, after = ("", mark + weekday) if after < 0.5 else (weekday + mark, "")
        text = style.format(before=before, after=after, **parts)
    blanks = [place for place, character in enumerate(text) if character == " "]
    if double < DOUBLE_SHARE and blanks and len(text) < LONGEST:
        place = blanks[int(blank * len(blanks))]
        text = f"{text[:place]} {text[place:]}"
    return text


def _ordinal(number: int) -> str:
    """Return 1st, 2nd, 3rd, 4th and so on."""
    ending = "th" if number in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
