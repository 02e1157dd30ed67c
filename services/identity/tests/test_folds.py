"""Aggregate, view and directory each fold the same events: whatever happens, they tell the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from decider.refusal import Refusal
from directory.directory import Directory
from eventlog.partition import partition_of
from eventlog.record import Recorded, prepare, seal
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from grpckit.signing import key_id_of
from hypothesis import given
from hypothesis import strategies as st
from identity_service import agency, system
from identity_service.views.agencies import AGENCIES
from identity_service.views.systems import SYSTEMS
from lienthong.identity.v1 import agency_service_pb2 as agencies_pb
from lienthong.identity.v1 import system_service_pb2 as systems_pb
from lienthong.identity.v1.agency_pb2 import AGENCY_STATE_ACTIVE, AGENCY_STATE_SUCCEEDED, AgencySucceeded
from lienthong.identity.v1.system_pb2 import SYSTEM_ROLE_AGENCY, SYSTEM_STATE_ACTIVE, System
from views.view import Row, View

ENOUGH = agency.Other(active=True, above=frozenset(), holder="H42")
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def recorded(stream: str, events: Sequence[Message]) -> list[Recorded]:
    return [
        seal("identity", partition_of(stream, 4), at, stream, at + 1, at * 1_000_000, prepare(stream, event, b"", b""))
        for at, event in enumerate(events)
    ]


def folded(view: View, records: Sequence[Recorded]) -> Row:
    row: Row | None = None
    for record in records:
        (key,) = view.keys_of(record)
        fresh = view.fold(key, row, record)
        assert fresh is not None
        row = view.complete(key, fresh)
    assert row is not None
    return row


def agency_history(choices: Sequence[tuple[int, int]]) -> list[Message]:
    events: list[Message] = [
        *agency.decide_register(
            agencies_pb.RegisterAgencyRequest(code="H41", display_name="0"), agency.AGENCY.initial, None
        )
    ]
    for kind, value in choices:
        state = agency.AGENCY.fold(events)
        decisions = (
            lambda s, v=value: agency.decide_rename(agencies_pb.RenameAgencyRequest(display_name=str(v)), s),
            lambda s, v=value: agency.decide_move(agencies_pb.MoveAgencyRequest(parent=f"A{v}"), s, ENOUGH),
            lambda s: agency.decide_suspend(agencies_pb.SuspendAgencyRequest(reason="?"), s),
            agency.decide_resume,
            lambda s: [AgencySucceeded(code=s.code, successor="H42")] if s.state != AGENCY_STATE_SUCCEEDED else [],
        )
        try:
            events += decisions[kind](state)
        except Refusal:
            continue
    return events


def system_history(choices: Sequence[tuple[int, int]]) -> list[Message]:
    by = system.By("operator", True)
    first = systems_pb.EnrolSystemRequest(
        system="h41-qlvb", agency="H41", display_name="?", role=SYSTEM_ROLE_AGENCY, scopes=["a.b"], public_key=b"0" * 32
    )
    ids = [key_id_of("h41-qlvb", str(number).encode() * 32) for number in range(6)]
    events = [*system.decide_enrol(first, system.SYSTEM.initial, AGENCY_STATE_ACTIVE, ids[0])]
    for kind, value in choices:
        state = system.SYSTEM.fold(events)
        rotation = systems_pb.RotateSystemKeyRequest(
            system="h41-qlvb", public_key=str(value).encode() * 32, overlap=Duration(seconds=value)
        )
        revocation = systems_pb.RevokeSystemKeyRequest(system="h41-qlvb", key_id=ids[value], reason="?")
        binding = systems_pb.ChangeSystemCertificatesRequest(certificate_names=["a.vn", "b.vn", "c.vn"][: value % 4])
        suspension = systems_pb.SuspendSystemRequest(reason="?")
        now = NOW + timedelta(seconds=3 * kind)
        decisions = (
            lambda s, c=rotation, v=value, n=now: system.decide_rotate(c, s, by, ids[v], n),
            lambda s, c=rotation, v=value: system.decide_rotate(c, s, by, ids[v], NOW),
            lambda s, c=revocation: system.decide_revoke(c, s, by, other_operator=True),
            lambda s, c=suspension: system.decide_suspend(c, s, other_operator=True),
            system.decide_resume,
            lambda s, c=binding: system.decide_certificates(c, s, other_operator=True),
        )
        try:
            events += decisions[kind](state)
        except Refusal:
            continue
    return events


choices = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), max_size=20)
choices_for_systems = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=20)


@given(choices)
def test_agencies_are_told_alike(drawn: list[tuple[int, int]]) -> None:
    records = recorded("agency-H41", agency_history(drawn))
    directory = Directory()
    for record in records:
        directory.take(record)
    state = agency.AGENCY.fold(record.event for record in records)
    entry, row = directory.agency("H41"), folded(AGENCIES, records)
    assert entry is not None
    told = (state.code, state.display_name, state.parent, state.state, state.successor)
    assert told == (entry.code, entry.display_name, entry.parent, entry.state, entry.successor)
    assert told == tuple(row[name] for name in ("code", "display_name", "parent", "state", "successor"))


@given(choices_for_systems)
def test_systems_and_their_keys_are_told_alike(drawn: list[tuple[int, int]]) -> None:
    records = recorded("system-h41-qlvb", system_history(drawn))
    directory = Directory()
    for record in records:
        directory.take(record)
    state = system.SYSTEM.fold(record.event for record in records)
    entry, shown = directory.system("h41-qlvb"), System.FromString(folded(SYSTEMS, records)["message"])
    assert entry is not None
    assert (state.agency, state.role, frozenset(state.scopes)) == (entry.agency, entry.role, entry.scopes)
    assert (state.state == SYSTEM_STATE_ACTIVE) == entry.active
    assert frozenset(state.certificate_names) == entry.certificate_names
    for key, known, row in zip(state.keys, entry.keys, shown.keys, strict=True):
        until = key.valid_until.ToDatetime(UTC) if key.HasField("valid_until") else None
        assert (key.id, until, bool(key.revocation_reason)) == (known.id, known.valid_until, known.revoked)
        assert row.enrolled_at.ToDatetime(UTC) == known.enrolled_at
        row.ClearField("enrolled_at")
    assert shown == state
