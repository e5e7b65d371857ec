"""Tests of the written dates; a parser of its own, by regular expressions, reads what was written."""

import calendar
import re
from datetime import date

import numpy as np
import pytest

from course_utils.data import dates
from course_utils.data.dates import WrittenDates, make_dates
from course_utils.errors import DataError

DAY, ORDINAL, YEAR, NAME = r"(?P<day>\d\d?)", r"(?P<day>\d\d?)(?P<ending>st|nd|rd|th)", r"(?P<year>\d{4})", \
    r"(?P<name>[a-z]+)"
NUMBER = r"(?P<number>\d\d?)"
STYLES = [
    rf"{DAY} +{NAME} +{YEAR}", rf"{DAY} +{NAME}, +{YEAR}", rf"{DAY}\. +{NAME} +{YEAR}", rf"{DAY}-{NAME}-{YEAR}",
    rf"on +{DAY} +{NAME} +{YEAR}", rf"{ORDINAL} +{NAME} +{YEAR}", rf"the +{ORDINAL} +of +{NAME} +{YEAR}",
    rf"{NAME} +{DAY}, +{YEAR}", rf"{NAME} +{DAY} +{YEAR}", rf"{NAME} +{ORDINAL}, +{YEAR}", rf"{YEAR}, +{NAME} +{DAY}",
    rf"{DAY}\.{NUMBER}\.{YEAR}", rf"{YEAR}/{NUMBER}/{DAY}", rf"{YEAR}-{NUMBER}-{DAY}",
]
MONTHS = {name.lower(): number for names in (calendar.month_name, calendar.month_abbr)
          for number, name in enumerate(names) if name}
WEEKDAYS = {name.lower(): number for names in (calendar.day_name, calendar.day_abbr)
            for number, name in enumerate(names)}
WEEKDAY = rf"\b({'|'.join(WEEKDAYS)})\b"


def parsed(text):
    """Return the day, the weekday's number or None, and the style of a free text."""
    named = re.findall(WEEKDAY, text)
    assert len(named) <= 1
    bare = re.sub(rf"^(on +)?{WEEKDAY},? +", r"\1", text)
    bare = re.sub(rf",? +{WEEKDAY}$", "", bare)
    found = [(style, match) for style, match in ((style, re.fullmatch(style, bare)) for style in STYLES) if match]
    ((style, match),) = found  # each text has one reading
    parts = match.groupdict()
    month = int(parts["number"]) if "number" in parts else MONTHS[parts["name"]]
    day = date(int(parts["year"]), month, int(parts["day"]))
    if "ending" in parts:
        assert parts["ending"] == {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}.get(day.day, "th")
    return day, WEEKDAYS[named[0]] if named else None, style


@pytest.fixture(scope="module")
def parts():
    return make_dates(6000, 500, 1500)


@pytest.fixture(scope="module")
def readings(parts):
    return [parsed(text) for part in parts for text in part.written]


def joined(parts, form):
    return [text for part in parts for text in getattr(part, form)]


# ---------------------------------------------------------------------- what is written


def test_an_independent_parser_reads_in_the_text_what_iso_says(parts, readings):
    iso = joined(parts, "iso")
    assert [day for day, _, _ in readings] == [date.fromisoformat(text) for text in iso]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", text) for text in iso)


def test_a_named_weekday_is_the_right_one(readings):
    assert all(weekday in (None, day.weekday()) for day, weekday, _ in readings)


def test_the_long_form_says_all_that_the_text_said(parts, readings):
    for (day, weekday, _), long in zip(readings, joined(parts, "long"), strict=True):
        said = f"{day.day} {calendar.month_name[day.month].lower()} {day.year}"
        assert long == (said if weekday is None else f"{calendar.day_name[weekday].lower()}, {said}")


def test_half_of_the_texts_name_the_weekday_in_every_style(readings):
    for style in [None, *STYLES]:
        named = [weekday is not None for _, weekday, other in readings if style in (None, other)]
        assert abs(np.mean(named) - 0.5) < 4 * np.sqrt(0.25 / len(named))


def test_all_styles_months_and_variations_occur_in_each_part(parts):
    for part in parts:
        read = [parsed(text) for text in part.written]
        assert {style for _, _, style in read} == {*STYLES}
        assert {day.month for day, _, _ in read} == {*range(1, 13)}
        assert {weekday for _, weekday, _ in read} == {None, *range(7)}
        text = "\n".join(part.written)
        assert {*re.findall("[a-z]+", text)} >= MONTHS.keys() | WEEKDAYS.keys()
        for variation in (r"\b0\d\b", r"\b[1-9] ", "  ", r"\b0\d\.0\d\.", r"\b\d\.\d\.", r"/\d/\d\b", rf"^{WEEKDAY}",
                          rf"{WEEKDAY}$", rf"^on +{WEEKDAY}", rf", +{WEEKDAY}$", rf"\d +{WEEKDAY}$", rf"{WEEKDAY} +\d"):
            assert re.search(variation, text, re.MULTILINE), variation


def test_the_styles_are_about_equally_frequent(readings):
    counts = [sum(style == other for _, _, other in readings) for style in STYLES]
    assert len(STYLES) == len(dates.STYLES) >= 12
    expected = len(readings) / len(STYLES)
    assert max(abs(count - expected) for count in counts) < 4 * np.sqrt(expected)


def test_the_texts_are_short_and_of_few_characters(parts):
    longest = {form: max(map(len, joined(parts, form))) for form in ("written", "iso", "long")}
    assert longest == {"written": 32, "iso": 10, "long": len("wednesday, 30 september 1987")}
    for form in longest:
        assert {*"".join(joined(parts, form))} <= {*"abcdefghijklmnopqrstuvwxyz0123456789 ,.-/"}
    assert not any(text != text.strip() or "   " in text for text in joined(parts, "written"))


def test_the_29th_of_february_occurs_in_leap_years_only():
    days = [date.fromisoformat(text) for text in joined(make_dates(36_000, 500, 25), "iso")]  # the whole calendar
    leap = {day.year for day in days if (day.month, day.day) == (2, 29)}
    assert leap == {year for year in range(1950, 2050) if calendar.isleap(year)}
    assert len({*days}) == 36_525 and (min(days), max(days)) == (date(1950, 1, 1), date(2049, 12, 31))


def test_numeric_styles_have_one_reading_day_first_with_dots_else_year_first():
    assert [parsed(text)[0] for text in ("03.05.1987", "1987/05/03", "1987-5-3, sun")] == [date(1987, 5, 3)] * 3
    assert not any(re.search(r"\d[/-]\d+[/-]\d{4}", text) for text in make_dates(3000, 1, 1)[0].written)


@pytest.mark.parametrize(("number", "text"), [
    (1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (20, "20th"),
    (21, "21st"), (22, "22nd"), (23, "23rd"), (30, "30th"), (31, "31st"),
])
def test_ordinals_have_the_right_ending(number, text):
    assert dates._ordinal(number) == text


# ---------------------------------------------------------------------- parts and seeds


def test_no_day_is_in_two_parts_or_twice_in_one(parts):
    assert [len(part) for part in parts] == [6000, 500, 1500]
    assert len({*joined(parts, "iso")}) == 8000


def test_the_seed_decides_days_and_texts(parts):
    assert make_dates(6000, 500, 1500) == parts
    others = make_dates(6000, 500, 1500, seed=1)
    assert all(part.iso != other.iso and part.written != other.written for part, other in zip(parts, others))
    assert {*parts[0].iso} != {*others[0].iso}


def test_fewer_training_dates_are_the_beginning_of_more_and_the_other_parts_stay(parts):
    few = make_dates(100, 500, 1500)
    assert few == (parts[0].subset(100), parts[1], parts[2])


def test_the_years_are_those_that_were_asked_for():
    years = {text[:4] for part in make_dates(500, 100, 130, first_year=2023, last_year=2024) for text in part.iso}
    assert years == {"2023", "2024"}
    assert len(make_dates(363, 1, 1, first_year=2023, last_year=2023)[0]) == 363


def test_a_subset_is_the_beginning_of_all_three_forms(parts):
    part = parts[1].subset(np.int64(7))
    assert (part.written, part.iso, part.long) == (parts[1].written[:7], parts[1].iso[:7], parts[1].long[:7])
    assert parts[1].subset(500) == parts[1]


# ---------------------------------------------------------------------- what cannot be used


@pytest.mark.parametrize(("arguments", "options", "message"), [
    ((0, 1, 1), {}, "number of training dates is 0"),
    ((1, 1.5, 1), {}, "number of validation dates is 1.5"),
    ((1, 1, "2"), {}, "number of test dates is '2'"),
    ((1, 1, True), {}, "number of test dates is True"),
    ((1, 1, 1), {"seed": -1}, "seed is -1"),
    ((1, 1, 1), {"first_year": 999}, "first year is 999"),
    ((1, 1, 1), {"last_year": 10_000}, "last year is 10000"),
    ((1, 1, 1), {"last_year": None}, "last year is None"),
    ((1, 1, 1), {"first_year": 2001, "last_year": 2000}, "first year is 2001 and the last one 2000"),
    ((364, 1, 1), {"first_year": 2023, "last_year": 2023}, "366 dates were asked for; the years 2023 to 2023 have 365"),
    ((36_000, 525, 1), {}, "36,526 dates were asked for.*have 36,525"),
])
def test_what_cannot_be_made_is_refused_with_what_to_do(arguments, options, message):
    with pytest.raises(DataError, match=message) as caught:
        make_dates(*arguments, **options)
    assert caught.value.hint


@pytest.mark.parametrize("n", [0, 501, 2.0, None])
def test_a_subset_that_is_not_there_is_refused(parts, n):
    with pytest.raises(DataError, match="dates") as caught:
        parts[1].subset(n)
    assert caught.value.hint


def test_forms_that_do_not_fit_are_refused():
    assert WrittenDates(["3 may 1987"], ["1987-05-03"], ["3 may 1987"]).iso == ("1987-05-03",)
    with pytest.raises(DataError, match="2 texts, 1 ISO dates and 1 long"):
        WrittenDates(["a", "b"], ["c"], ["d"])
    for wrong in ("3 may 1987", [], None):
        with pytest.raises(DataError, match="texts of `written`"):
            WrittenDates(wrong, ["1987-05-03"], ["3 may 1987"])
