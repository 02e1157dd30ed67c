from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from decider.refusal import Kind
from decider.specification import given
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from grpckit.signing import Signer
from identity_service.system import (
    SYSTEM,
    By,
    decide_certificates,
    decide_enrol,
    decide_resume,
    decide_revoke,
    decide_rotate,
    decide_suspend,
    stream_of,
)
from lienthong.identity.v1.agency_pb2 import (
    AGENCY_STATE_ACTIVE,
    AGENCY_STATE_SUCCEEDED,
    AGENCY_STATE_SUSPENDED,
    AGENCY_STATE_UNSPECIFIED,
    AgencyState,
)
from lienthong.identity.v1.system_pb2 import (
    SYSTEM_ROLE_AGENCY,
    SYSTEM_ROLE_AUDITOR,
    SYSTEM_ROLE_OPERATOR,
    SystemCertificatesChanged,
    SystemEnrolled,
    SystemKeyRevoked,
    SystemKeyRotated,
    SystemResumed,
    SystemRole,
    SystemSuspended,
)
from lienthong.identity.v1.system_service_pb2 import (
    ChangeSystemCertificatesRequest,
    EnrolSystemRequest,
    RevokeSystemKeyRequest,
    RotateSystemKeyRequest,
    SuspendSystemRequest,
)

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ID = "h41-qlvb"
FIRST, SECOND, THIRD = Signer(ID, b"1" * 32), Signer(ID, b"2" * 32), Signer(ID, b"3" * 32)
OPERATOR, ITSELF, STRANGER = By("operator", True), By(ID, False), By("h42-qlvb", False)


def enrol(role: SystemRole.ValueType = SYSTEM_ROLE_AGENCY, agency: str = "H41") -> EnrolSystemRequest:
    return EnrolSystemRequest(
        system=ID, agency=agency, display_name="QLVB", role=role, scopes=["documents.send"], public_key=FIRST.public_key
    )


def enrolled(role: SystemRole.ValueType = SYSTEM_ROLE_AGENCY, agency: str = "H41") -> SystemEnrolled:
    return SystemEnrolled(
        system=ID,
        agency=agency,
        display_name="QLVB",
        role=role,
        scopes=["documents.send"],
        key_id=FIRST.key_id,
        public_key=FIRST.public_key,
    )


def rotate(to: Signer, overlap: int = 0) -> RotateSystemKeyRequest:
    return RotateSystemKeyRequest(system=ID, public_key=to.public_key, overlap=Duration(seconds=overlap))


def rotated(to: Signer, until: datetime) -> SystemKeyRotated:
    event = SystemKeyRotated(system=ID, key_id=to.key_id, public_key=to.public_key)
    event.earlier_keys_valid_until.FromDatetime(until)
    return event


def revoke(signer: Signer) -> RevokeSystemKeyRequest:
    return RevokeSystemKeyRequest(system=ID, key_id=signer.key_id, reason="lộ khóa")


def revoked(signer: Signer) -> SystemKeyRevoked:
    return SystemKeyRevoked(system=ID, key_id=signer.key_id, reason="lộ khóa")


def bind(*names: str) -> ChangeSystemCertificatesRequest:
    return ChangeSystemCertificatesRequest(system=ID, certificate_names=names)


def bound(*names: str) -> SystemCertificatesChanged:
    return SystemCertificatesChanged(system=ID, certificate_names=names)


SUSPEND = SuspendSystemRequest(system=ID, reason="thử nghiệm")
SUSPENDED = SystemSuspended(system=ID, reason="thử nghiệm")


def test_the_id_is_the_stream() -> None:
    assert stream_of(ID) == "system-h41-qlvb"


def test_a_system_is_enrolled_for_an_agency_that_takes_part() -> None:
    outcome = given(SYSTEM).when(lambda state: decide_enrol(enrol(), state, AGENCY_STATE_ACTIVE, FIRST.key_id))
    outcome.then(enrolled())


@pytest.mark.parametrize("role", [SYSTEM_ROLE_OPERATOR, SYSTEM_ROLE_AUDITOR])
def test_operators_and_auditors_belong_to_no_agency(role: SystemRole.ValueType) -> None:
    free, bound = enrol(role, ""), enrol(role, "H41")
    outcome = given(SYSTEM).when(lambda state: decide_enrol(free, state, AGENCY_STATE_UNSPECIFIED, FIRST.key_id))
    outcome.then(enrolled(role, ""))
    refused = given(SYSTEM).when(lambda state: decide_enrol(bound, state, AGENCY_STATE_ACTIVE, FIRST.key_id))
    refused.then_refused("AGENCY_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("code", "agency", "reason"),
    [
        ("", AGENCY_STATE_UNSPECIFIED, "AGENCY_REQUIRED"),
        ("H41", AGENCY_STATE_UNSPECIFIED, "AGENCY_UNKNOWN"),
        ("H41", AGENCY_STATE_SUSPENDED, "AGENCY_NOT_ACTIVE"),
        ("H41", AGENCY_STATE_SUCCEEDED, "AGENCY_NOT_ACTIVE"),
    ],
)
def test_a_system_needs_an_agency_that_takes_part(code: str, agency: AgencyState.ValueType, reason: str) -> None:
    command = enrol(agency=code)
    outcome = given(SYSTEM).when(lambda state: decide_enrol(command, state, agency, FIRST.key_id))
    assert outcome.then_refused(reason).violations[0].field == "agency"


def test_a_system_is_enrolled_once() -> None:
    again = given(SYSTEM, enrolled()).when(
        lambda state: decide_enrol(enrol(), state, AGENCY_STATE_ACTIVE, FIRST.key_id)
    )
    again.then_refused("SYSTEM_EXISTS")


@pytest.mark.parametrize("by", [OPERATOR, ITSELF])
def test_a_rotation_ends_the_earlier_keys_when_the_overlap_is_over(by: By) -> None:
    outcome = given(SYSTEM, enrolled()).when(
        lambda state: decide_rotate(rotate(SECOND, overlap=3600), state, by, SECOND.key_id, NOW)
    )
    outcome.then(rotated(SECOND, NOW + timedelta(hours=1)))


@pytest.mark.parametrize("old", [FIRST, SECOND])
def test_a_key_is_never_used_again(old: Signer) -> None:
    past = given(SYSTEM, enrolled(), rotated(SECOND, NOW), revoked(FIRST))
    outcome = past.when(lambda state: decide_rotate(rotate(old), state, ITSELF, old.key_id, NOW))
    assert outcome.then_refused("KEY_USED_BEFORE").violations[0].field == "public_key"


def test_a_later_rotation_does_not_put_off_the_end_of_a_key() -> None:
    soon, late = NOW + timedelta(minutes=1), NOW + timedelta(days=1)
    state = SYSTEM.fold([enrolled(), rotated(SECOND, soon), rotated(THIRD, late)])
    assert [key.valid_until.ToDatetime(UTC) for key in state.keys[:2]] == [soon, late]
    assert not state.keys[2].HasField("valid_until")


@pytest.mark.parametrize("past", [(), (enrolled(),)])
def test_a_stranger_learns_nothing_and_changes_nothing(past: tuple[Message, ...]) -> None:
    known = given(SYSTEM, *past)
    refusals = [
        known.when(lambda state: decide_rotate(rotate(SECOND), state, STRANGER, SECOND.key_id, NOW)),
        known.when(lambda state: decide_revoke(revoke(FIRST), state, STRANGER, other_operator=True)),
    ]
    assert {each.then_refused("NOT_OWN_KEY").kind for each in refusals} == {Kind.FORBIDDEN}


def test_a_key_is_revoked_once() -> None:
    first = given(SYSTEM, enrolled()).when(
        lambda state: decide_revoke(revoke(FIRST), state, ITSELF, other_operator=False)
    )
    first.then(revoked(FIRST))
    again = given(SYSTEM, enrolled(), revoked(FIRST)).when(
        lambda state: decide_revoke(revoke(FIRST), state, OPERATOR, other_operator=False)
    )
    again.then_nothing()


def test_a_key_that_the_system_never_had_is_not_revoked() -> None:
    outcome = given(SYSTEM, enrolled()).when(
        lambda state: decide_revoke(revoke(SECOND), state, OPERATOR, other_operator=False)
    )
    outcome.then_refused("KEY_NOT_ENROLLED")


@pytest.mark.parametrize("past", [(), (rotated(SECOND, NOW),)])
def test_the_operator_keeps_a_key_without_an_end(past: tuple[Message, ...]) -> None:
    known = given(SYSTEM, enrolled(SYSTEM_ROLE_OPERATOR, ""), *past)
    last = SECOND if past else FIRST
    alone = known.when(lambda state: decide_revoke(revoke(last), state, OPERATOR, other_operator=False))
    alone.then_refused("LAST_OPERATOR_KEY")
    helped = known.when(lambda state: decide_revoke(revoke(last), state, OPERATOR, other_operator=True))
    helped.then(revoked(last))


def test_the_operator_revokes_a_key_that_is_not_its_last() -> None:
    known = given(SYSTEM, enrolled(SYSTEM_ROLE_OPERATOR, ""), rotated(SECOND, NOW))
    outcome = known.when(lambda state: decide_revoke(revoke(FIRST), state, OPERATOR, other_operator=False))
    outcome.then(revoked(FIRST))


def test_the_last_operator_is_not_suspended() -> None:
    known = given(SYSTEM, enrolled(SYSTEM_ROLE_OPERATOR, ""))
    alone = known.when(lambda state: decide_suspend(SUSPEND, state, other_operator=False))
    alone.then_refused("LAST_OPERATOR_KEY")
    known.when(lambda state: decide_suspend(SUSPEND, state, other_operator=True)).then(SUSPENDED)


def test_a_system_is_suspended_and_resumed_once() -> None:
    active, suspended = given(SYSTEM, enrolled()), given(SYSTEM, enrolled(), SUSPENDED)
    active.when(lambda state: decide_suspend(SUSPEND, state, other_operator=True)).then(SUSPENDED)
    suspended.when(lambda state: decide_suspend(SUSPEND, state, other_operator=True)).then_nothing()
    suspended.when(decide_resume).then(SystemResumed(system=ID))
    active.when(decide_resume).then_nothing()
    given(SYSTEM, enrolled(), SUSPENDED, SystemResumed(system=ID)).when(decide_resume).then_nothing()


def test_what_was_never_enrolled_does_not_change() -> None:
    unknown = given(SYSTEM)
    outcomes = [
        unknown.when(lambda state: decide_rotate(rotate(SECOND), state, OPERATOR, SECOND.key_id, NOW)),
        unknown.when(lambda state: decide_revoke(revoke(FIRST), state, ITSELF, other_operator=True)),
        unknown.when(lambda state: decide_suspend(SUSPEND, state, other_operator=True)),
        unknown.when(decide_resume),
    ]
    assert {outcome.then_refused("SYSTEM_UNKNOWN").kind for outcome in outcomes} == {Kind.NOT_FOUND}


def test_an_event_of_another_kind_leaves_it_as_it_is() -> None:
    assert SYSTEM.fold([enrolled(), Duration()]) == SYSTEM.fold([enrolled()])


def test_a_system_may_be_bound_to_certificates_from_its_enrolment_on() -> None:
    command, event = enrol(), enrolled()
    command.certificate_names.append("h41.example.vn")
    event.certificate_names.append("h41.example.vn")
    given(SYSTEM).when(lambda state: decide_enrol(command, state, AGENCY_STATE_ACTIVE, FIRST.key_id)).then(event)
    assert list(SYSTEM.fold([event]).certificate_names) == ["h41.example.vn"]


def test_the_names_of_its_certificates_are_changed_as_a_whole_and_taken_away() -> None:
    past = given(SYSTEM, enrolled(), bound("a.example.vn", "b.example.vn"))
    past.when(lambda state: decide_certificates(bind("c.example.vn"), state, other_operator=False)).then(
        bound("c.example.vn")
    )
    past.when(lambda state: decide_certificates(bind(), state, other_operator=False)).then(bound())
    state = SYSTEM.fold([enrolled(), bound("a.example.vn"), bound("c.example.vn")])
    assert list(state.certificate_names) == ["c.example.vn"]


def test_nothing_happens_to_a_system_that_is_bound_to_just_these_names() -> None:
    past = given(SYSTEM, enrolled(), bound("a.example.vn"))
    past.when(lambda state: decide_certificates(bind("a.example.vn"), state, other_operator=False)).then_nothing()
    given(SYSTEM, enrolled()).when(
        lambda state: decide_certificates(bind(), state, other_operator=False)
    ).then_nothing()


def test_only_an_enrolled_system_is_bound() -> None:
    outcome = given(SYSTEM).when(lambda state: decide_certificates(bind("a.vn"), state, other_operator=True))
    outcome.then_refused("SYSTEM_UNKNOWN")


def test_the_operator_keeps_a_key_that_needs_no_certificate() -> None:
    operator = given(SYSTEM, enrolled(SYSTEM_ROLE_OPERATOR, ""))
    alone = operator.when(lambda state: decide_certificates(bind("a.vn"), state, other_operator=False))
    assert alone.then_refused("LAST_OPERATOR_KEY").violations[0].field == "certificate_names"
    operator.when(lambda state: decide_certificates(bind("a.vn"), state, other_operator=True)).then(bound("a.vn"))
    two_keys = given(SYSTEM, enrolled(SYSTEM_ROLE_OPERATOR, ""), bound("a.vn"), rotated(SECOND, NOW), revoked(FIRST))
    freed = two_keys.when(lambda state: decide_certificates(bind(), state, other_operator=False))
    freed.then(bound())


def test_a_bound_key_of_the_operator_does_not_stand_in_for_one_that_is_revoked() -> None:
    history = [enrolled(SYSTEM_ROLE_OPERATOR, ""), bound("a.vn"), rotated(SECOND, NOW)]
    outcome = given(SYSTEM, *history).when(
        lambda state: decide_revoke(revoke(FIRST), state, OPERATOR, other_operator=False)
    )
    outcome.then_refused("LAST_OPERATOR_KEY")
