"""The working calendar (lịch làm việc): working days, working hours and the cut-off of the day.

Public holidays and swapped working Saturdays come from `holidays` (Labour Code 45/2019/QH14, article 112).
Tết and the swaps are set by a decision each year, so both can be overridden. Hours, weekend and cut-off are
rules with a date from which they hold. What is received after the cut-off (15:00, giờ chốt nhận hồ sơ) counts
from the next working day.

Times are those of Vietnam, UTC+7; a time without a zone is refused.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

import holidays

from .errors import CalendarError, violation
from .reasons import Reason
from .time_zone import VIETNAM_TIME

FIRST_YEAR: Final = 1995
LAST_YEAR: Final = 2098
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WorkingRules:
    """Rules that hold from a date on.

    `sessions` are the hours of a working day in order; `weekend` holds weekday numbers (Monday is 0);
    `cut_off` is the last moment that counts for the same day, None for none.
    """

    effective_from: date
    sessions: tuple[tuple[time, time], ...] = ((time(8), time(12)), (time(13), time(17)))
    weekend: frozenset[int] = frozenset({5, 6})
    cut_off: time | None = time(15)


DEFAULT_RULES: Final = (WorkingRules(date(FIRST_YEAR, 1, 1)),)


@lru_cache(maxsize=256)
def _national(year: int) -> tuple[frozenset[date], frozenset[date]]:
    """Return the days off of a year and its working weekend days."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CalendarError(violation("", Reason.YEAR_OUT_OF_RANGE, limit=f"{FIRST_YEAR}-{LAST_YEAR}"))
    known = holidays.country_holidays("VN", years=[year, year + 1])  # a swap may reach into the year before
    return frozenset(known), frozenset(known.weekend_workdays)


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """A calendar with overrides: `days_off` wins over `holidays`, `working_days` over both."""

    rules: Sequence[WorkingRules] = DEFAULT_RULES
    days_off: frozenset[date] = frozenset()
    working_days: frozenset[date] = frozenset()

    def rules_at(self, day: date) -> WorkingRules:
        """Return the rules in force on a day. Raises `CalendarError` NO_RULES_FOR_DATE."""
        in_force = [rules for rules in self.rules if rules.effective_from <= day]
        if not in_force:
            raise CalendarError(violation("", Reason.NO_RULES_FOR_DATE))
        return max(in_force, key=lambda rules: rules.effective_from)

    def is_working_day(self, day: date) -> bool:
        """Tell whether offices work on that day. Raises `CalendarError` YEAR_OUT_OF_RANGE."""
        if day in self.working_days:
            return True
        if day in self.days_off:
            return False
        off, swapped = _national(day.year)
        if day in swapped:
            return True
        return day not in off and day.weekday() not in self.rules_at(day).weekend

    def next_working_day(self, day: date) -> date:
        """Return the first working day after `day`."""
        day += _DAY
        while not self.is_working_day(day):
            day += _DAY
        return day

    def add_working_days(self, day: date, count: int) -> date:
        """Return the `count`-th working day after `day`; 0 gives `day` itself.

        Raises `CalendarError` AMOUNT_NEGATIVE.
        """
        if count < 0:
            raise CalendarError(violation("", Reason.AMOUNT_NEGATIVE))
        for _ in range(count):
            day = self.next_working_day(day)
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """Count the working days after `start` up to and including `end`; 0 where `end` is not later."""
        days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
        return sum(map(self.is_working_day, days))

    def day_of_receipt(self, received: datetime) -> date:
        """Return the day that counts as the day of receipt: after the cut-off, the next working day."""
        local = _local(received)
        day, cut_off = local.date(), self.rules_at(local.date()).cut_off
        if not self.is_working_day(day) or (cut_off is not None and local.time() > cut_off):
            return self.next_working_day(day)
        return day

    def due_date(self, received: datetime, working_days: int) -> date:
        """Return the last day for what was received then and takes that many working days."""
        return self.add_working_days(self.day_of_receipt(received), working_days)

    def sessions(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """Yield the working hours of a day, nothing on a day off."""
        if self.is_working_day(day):
            for start, end in self.rules_at(day).sessions:
                yield (
                    datetime.combine(day, start, VIETNAM_TIME),
                    datetime.combine(day, end, VIETNAM_TIME),
                )

    def working_time(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time between two moments; zero where `end` is not after `start`."""
        start, end = _local(start), _local(end)
        total, day = timedelta(), start.date()
        while day <= end.date():
            for opens, closes in self.sessions(day):
                total += max(min(closes, end) - max(opens, start), timedelta())
            day += _DAY
        return total

    def add_working_time(self, start: datetime, amount: timedelta) -> datetime:
        """Return when that much working time has passed. Raises `CalendarError` AMOUNT_NEGATIVE."""
        if amount < timedelta():
            raise CalendarError(violation("", Reason.AMOUNT_NEGATIVE))
        moment, left = _local(start), amount
        day = moment.date()
        while left:
            for opens, closes in self.sessions(day):
                begin = max(opens, moment)
                worked = min(max(closes - begin, timedelta()), left)
                if worked:
                    moment, left = begin + worked, left - worked
            day += _DAY
        return moment


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise CalendarError(violation("", Reason.TIME_WITHOUT_ZONE))
    return moment.astimezone(VIETNAM_TIME)
