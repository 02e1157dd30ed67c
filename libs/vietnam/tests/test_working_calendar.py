"""The working calendar: days, hours, swaps, overrides and the cut-off of the day."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vietnam.errors import CalendarError
from vietnam.reasons import Reason
from vietnam.time_zone import VIETNAM_TIME
from vietnam.working_calendar import WorkingCalendar, WorkingRules

CALENDAR = WorkingCalendar()
DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1), timezones=st.just(VIETNAM_TIME))  # noqa: DTZ001


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), VIETNAM_TIME)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 3, 2), True),
        (date(2026, 3, 7), False),
        (date(2026, 2, 17), False),  # Tết
        (date(2026, 4, 27), False),  # in lieu of Giỗ Tổ on a Sunday
        (date(2026, 11, 24), False),  # Ngày Văn hóa Việt Nam, from 2026
        (date(2025, 11, 24), True),
        (date(2025, 4, 26), True),  # swapped Saturdays
        (date(2025, 5, 2), False),
        (date(2026, 8, 22), True),
        (date(2026, 8, 31), False),
        (date(2014, 12, 27), True),  # swapped for a day of the next year
    ],
)
def test_holidays_and_swapped_saturdays_are_known(day: date, works: bool) -> None:  # noqa: FBT001
    assert CALENDAR.is_working_day(day) is works


def test_configuration_overrides_both_ways() -> None:
    saturday, monday = date(2026, 3, 7), date(2026, 3, 9)
    calendar = WorkingCalendar(days_off=frozenset({monday}), working_days=frozenset({saturday}))
    assert calendar.is_working_day(saturday)
    assert not calendar.is_working_day(monday)


def test_rules_hold_from_their_date() -> None:
    six_days = WorkingRules(date(2026, 7, 1), weekend=frozenset({6}), cut_off=None)
    calendar = WorkingCalendar(rules=(six_days, WorkingRules(date(2020, 1, 1))))
    assert not calendar.is_working_day(date(2026, 6, 27))
    assert calendar.is_working_day(date(2026, 7, 4))
    with pytest.raises(CalendarError) as refusal:
        calendar.is_working_day(date(2019, 6, 3))
    assert refusal.value.reason is Reason.NO_RULES_FOR_DATE


def test_what_comes_after_three_counts_from_the_next_working_day() -> None:
    friday, monday = date(2026, 3, 6), date(2026, 3, 9)
    assert CALENDAR.day_of_receipt(_at(friday, 15)) == friday
    assert CALENDAR.day_of_receipt(_at(friday, 15, 1)) == monday
    assert CALENDAR.day_of_receipt(_at(date(2026, 3, 7), 9)) == monday
    assert CALENDAR.due_date(_at(friday, 16), 3) == date(2026, 3, 12)
    assert CALENDAR.day_of_receipt(datetime(2026, 3, 6, 8, 1, tzinfo=UTC)) == monday


@settings(deadline=None)
@given(DAYS, st.integers(0, 30))
def test_adding_and_counting_working_days_agree(day: date, count: int) -> None:
    end = CALENDAR.add_working_days(day, count)
    assert CALENDAR.working_days_between(day, end) == count
    assert count == 0 or CALENDAR.is_working_day(end)


@settings(deadline=None)
@given(DAYS)
def test_between_a_day_and_the_next_working_day_nobody_works(day: date) -> None:
    following = CALENDAR.next_working_day(day)
    between = [day + timedelta(days=n) for n in range(1, (following - day).days)]
    assert CALENDAR.is_working_day(following)
    assert not any(map(CALENDAR.is_working_day, between))


@settings(deadline=None)
@given(MOMENTS, st.timedeltas(timedelta(), timedelta(days=5)))
def test_adding_and_measuring_working_time_agree(start: datetime, amount: timedelta) -> None:
    assert CALENDAR.working_time(start, CALENDAR.add_working_time(start, amount)) == amount


def test_working_time_leaves_out_lunch_nights_and_weekends() -> None:
    friday, monday = date(2026, 3, 6), date(2026, 3, 9)
    assert CALENDAR.working_time(_at(friday, 16), _at(monday, 14)) == timedelta(hours=6)
    assert CALENDAR.add_working_time(_at(friday, 16), timedelta(hours=6)) == _at(monday, 14)
    assert CALENDAR.working_time(_at(monday, 9), _at(friday, 9)) == timedelta()


@pytest.mark.parametrize("year", [1990, 2099])
def test_a_year_without_a_calendar_is_refused(year: int) -> None:
    with pytest.raises(CalendarError) as refusal:
        CALENDAR.is_working_day(date(year, 6, 1))
    assert refusal.value.reason is Reason.YEAR_OUT_OF_RANGE


def test_times_without_a_zone_and_negative_amounts_are_refused() -> None:
    with pytest.raises(CalendarError) as refusal:
        CALENDAR.day_of_receipt(datetime(2026, 3, 6, 8))  # noqa: DTZ001
    assert refusal.value.reason is Reason.TIME_WITHOUT_ZONE
    with pytest.raises(CalendarError) as refusal:
        CALENDAR.add_working_days(date(2026, 3, 6), -1)
    assert refusal.value.reason is Reason.AMOUNT_NEGATIVE
    with pytest.raises(CalendarError):
        CALENDAR.add_working_time(_at(date(2026, 3, 6), 8), timedelta(seconds=-1))
