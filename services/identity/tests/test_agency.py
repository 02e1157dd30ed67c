from __future__ import annotations

import pytest
from decider.refusal import Kind
from decider.specification import given
from google.protobuf.message import Message
from google.type.date_pb2 import Date
from identity_service.agency import (
    AGENCY,
    Other,
    decide_merge,
    decide_move,
    decide_register,
    decide_rename,
    decide_resume,
    decide_suspend,
    stream_of,
)
from lienthong.identity.v1.agency_pb2 import (
    AgencyMoved,
    AgencyRegistered,
    AgencyRenamed,
    AgencyResumed,
    AgencySucceeded,
    AgencySuspended,
)
from lienthong.identity.v1.agency_service_pb2 import (
    MergeAgencyRequest,
    MoveAgencyRequest,
    RegisterAgencyRequest,
    RenameAgencyRequest,
    SuspendAgencyRequest,
)

DAY = Date(year=2025, month=7, day=1)
ACT = "Nghị quyết 202/2025/QH15"
REGISTERED = AgencyRegistered(code="H41.1A", display_name="Sở Nội vụ", parent="H41")
SUSPENDED = AgencySuspended(code="H41.1A", reason="thử nghiệm")
SUCCEEDED = AgencySucceeded(code="H41.1A", successor="H42", legal_basis=ACT, effective_date=DAY)
ACTIVE = Other(active=True, above=frozenset(), holder="H42")
INACTIVE = Other(active=False, above=frozenset(), holder="H43")

REGISTER = RegisterAgencyRequest(code="H41.1A", display_name="Sở Nội vụ", parent="H41")
RENAME = RenameAgencyRequest(code="H41.1A", display_name="Sở Nội vụ và Dân tộc")
MOVE = MoveAgencyRequest(code="H41.1A", parent="H42")
MERGE = MergeAgencyRequest(code="H41.1A", successor="H42", legal_basis=ACT, effective_date=DAY)
SUSPEND = SuspendAgencyRequest(code="H41.1A", reason="thử nghiệm")


def test_the_code_is_the_stream() -> None:
    assert stream_of("H41.1A") == "agency-H41.1A"


def test_an_agency_is_registered_under_its_parent() -> None:
    given(AGENCY).when(lambda state: decide_register(REGISTER, state, ACTIVE)).then(REGISTERED)


def test_an_agency_is_registered_at_the_top() -> None:
    top = RegisterAgencyRequest(code="H41", display_name="UBND tỉnh Nghệ An")
    event = AgencyRegistered(code="H41", display_name="UBND tỉnh Nghệ An")
    given(AGENCY).when(lambda state: decide_register(top, state, None)).then(event)


@pytest.mark.parametrize("past", [(REGISTERED,), (REGISTERED, SUSPENDED), (REGISTERED, SUCCEEDED)])
def test_a_code_is_registered_once_for_ever(past: tuple[Message, ...]) -> None:
    refusal = given(AGENCY, *past).when(lambda state: decide_register(REGISTER, state, ACTIVE))
    assert refusal.then_refused("AGENCY_EXISTS").kind is Kind.ALREADY_EXISTS


@pytest.mark.parametrize(
    ("parent", "reason"),
    [
        (None, "PARENT_UNKNOWN"),
        (INACTIVE, "PARENT_NOT_ACTIVE"),
        (Other(active=True, above=frozenset({"H41.1A"}), holder="H41"), "PARENT_CYCLE"),
    ],
)
def test_a_parent_must_be_there_and_take_part_and_not_be_below(parent: Other | None, reason: str) -> None:
    given(AGENCY).when(lambda state: decide_register(REGISTER, state, parent)).then_refused(reason)
    moved = given(AGENCY, REGISTERED).when(lambda state: decide_move(MOVE, state, parent))
    assert moved.then_refused(reason).violations[0].field == "parent"


def test_an_agency_is_not_its_own_parent() -> None:
    own = RegisterAgencyRequest(code="H41", display_name="?", parent="H41")
    given(AGENCY).when(lambda state: decide_register(own, state, None)).then_refused("PARENT_CYCLE")
    under_itself = MoveAgencyRequest(code="H41.1A", parent="H41.1A")
    given(AGENCY, REGISTERED).when(lambda state: decide_move(under_itself, state, ACTIVE)).then_refused("PARENT_CYCLE")


def test_an_agency_is_renamed() -> None:
    renamed = AgencyRenamed(code="H41.1A", display_name="Sở Nội vụ và Dân tộc")
    given(AGENCY, REGISTERED).when(lambda state: decide_rename(RENAME, state)).then(renamed)
    given(AGENCY, REGISTERED, SUSPENDED).when(lambda state: decide_rename(RENAME, state)).then(renamed)


def test_the_name_that_it_has_is_no_news() -> None:
    same = RenameAgencyRequest(code="H41.1A", display_name="Sở Nội vụ")
    given(AGENCY, REGISTERED).when(lambda state: decide_rename(same, state)).then_nothing()


def test_an_agency_is_moved_also_to_the_top() -> None:
    moved = AgencyMoved(code="H41.1A", parent="H42")
    given(AGENCY, REGISTERED).when(lambda state: decide_move(MOVE, state, ACTIVE)).then(moved)
    to_top = MoveAgencyRequest(code="H41.1A")
    given(AGENCY, REGISTERED).when(lambda state: decide_move(to_top, state, None)).then(AgencyMoved(code="H41.1A"))


def test_the_parent_that_it_has_is_no_news_whatever_became_of_that() -> None:
    same = MoveAgencyRequest(code="H41.1A", parent="H41")
    given(AGENCY, REGISTERED).when(lambda state: decide_move(same, state, INACTIVE)).then_nothing()


@pytest.mark.parametrize("past", [(REGISTERED,), (REGISTERED, SUSPENDED)])
def test_an_agency_is_merged_into_one_that_takes_part(past: tuple[Message, ...]) -> None:
    given(AGENCY, *past).when(lambda state: decide_merge(MERGE, state, ACTIVE)).then(SUCCEEDED)


@pytest.mark.parametrize(
    ("successor", "reason"),
    [
        (None, "SUCCESSOR_UNKNOWN"),
        (INACTIVE, "SUCCESSOR_NOT_ACTIVE"),
        (Other(active=False, above=frozenset(), holder="H41.1A"), "SUCCESSION_CYCLE"),
    ],
)
def test_a_successor_must_be_there_and_hold_its_tasks_itself(successor: Other | None, reason: str) -> None:
    outcome = given(AGENCY, REGISTERED).when(lambda state: decide_merge(MERGE, state, successor))
    assert outcome.then_refused(reason).violations[0].field == "successor"


def test_the_refusal_of_a_merged_successor_names_who_holds_its_tasks() -> None:
    refusal = given(AGENCY, REGISTERED).when(lambda state: decide_merge(MERGE, state, INACTIVE))
    told = refusal.then_refused("SUCCESSOR_NOT_ACTIVE")
    assert (told.metadata, "H43" in told.en, "H43" in told.vi) == ({"holder": "H43"}, True, True)


def test_an_agency_is_not_its_own_successor() -> None:
    own = MergeAgencyRequest(code="H41.1A", successor="H41.1A", legal_basis=ACT, effective_date=DAY)
    given(AGENCY, REGISTERED).when(lambda state: decide_merge(own, state, ACTIVE)).then_refused("SUCCESSOR_SELF")


@pytest.mark.parametrize("day", [Date(year=2025, month=2, day=30), Date(year=2025), Date(month=7, day=1)])
def test_a_merger_holds_from_a_day_that_exists(day: Date) -> None:
    merge = MergeAgencyRequest(code="H41.1A", successor="H42", legal_basis=ACT, effective_date=day)
    outcome = given(AGENCY, REGISTERED).when(lambda state: decide_merge(merge, state, ACTIVE))
    outcome.then_refused("EFFECTIVE_DATE_INVALID")


def test_an_agency_is_suspended_and_resumed_once() -> None:
    given(AGENCY, REGISTERED).when(lambda state: decide_suspend(SUSPEND, state)).then(SUSPENDED)
    given(AGENCY, REGISTERED, SUSPENDED).when(lambda state: decide_suspend(SUSPEND, state)).then_nothing()
    given(AGENCY, REGISTERED, SUSPENDED).when(decide_resume).then(AgencyResumed(code="H41.1A"))
    given(AGENCY, REGISTERED).when(decide_resume).then_nothing()
    given(AGENCY, REGISTERED, SUSPENDED, AgencyResumed(code="H41.1A")).when(decide_resume).then_nothing()


@pytest.mark.parametrize(("past", "reason"), [((), "AGENCY_UNKNOWN"), ((REGISTERED, SUCCEEDED), "AGENCY_SUCCEEDED")])
def test_one_that_is_unknown_or_was_merged_does_not_change(past: tuple[Message, ...], reason: str) -> None:
    known = given(AGENCY, *past)
    known.when(lambda state: decide_rename(RENAME, state)).then_refused(reason)
    known.when(lambda state: decide_move(MOVE, state, ACTIVE)).then_refused(reason)
    known.when(lambda state: decide_merge(MERGE, state, ACTIVE)).then_refused(reason)
    known.when(lambda state: decide_suspend(SUSPEND, state)).then_refused(reason)
    known.when(decide_resume).then_refused(reason)


def test_a_state_is_a_value_that_no_event_changes() -> None:
    before = AGENCY.fold([REGISTERED])
    AGENCY.evolve(before, SUCCEEDED)
    assert before == AGENCY.fold([REGISTERED])


def test_an_event_of_another_kind_leaves_it_as_it_is() -> None:
    assert AGENCY.fold([REGISTERED, DAY]) == AGENCY.fold([REGISTERED])
