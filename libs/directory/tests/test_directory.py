from __future__ import annotations

from datetime import UTC, datetime

import pytest
from directory.errors import StreamIncomplete
from directory.specification import directory_of as directory
from directory.specification import enrolled, merged, registered, rotated
from google.protobuf.message import Message
from grpckit.signing import Signer, key_id_of
from lienthong.identity.v1.agency_pb2 import (
    AGENCY_STATE_SUCCEEDED,
    AgencyMoved,
    AgencyRenamed,
    AgencyResumed,
    AgencySuspended,
)
from lienthong.identity.v1.system_pb2 import (
    SYSTEM_ROLE_AGENCY,
    SystemCertificatesChanged,
    SystemKeyRevoked,
    SystemResumed,
    SystemSuspended,
)
from lienthong.log.v1.log_service_pb2 import Head

KEY, NEXT_KEY = b"k" * 32, b"n" * 32
KEY_ID = key_id_of("h41-qlvb", KEY)


def test_an_agency_is_known_by_its_code() -> None:
    known = directory(registered("H41"), AgencyRenamed(code="H41", display_name="UBND tỉnh Nghệ An"))
    entry = known.agency("H41")
    assert entry is not None
    assert (entry.display_name, entry.active, entry.parent) == ("UBND tỉnh Nghệ An", True, "")
    assert known.agency("H42") is None


def test_a_suspended_agency_is_not_active_until_it_is_resumed() -> None:
    history = [registered("H41"), AgencySuspended(code="H41", reason="thử")]
    suspended, resumed = directory(*history).agency("H41"), directory(*history, AgencyResumed(code="H41")).agency("H41")
    assert suspended is not None
    assert resumed is not None
    assert (suspended.active, resumed.active) == (False, True)


def test_the_tree_follows_an_agency_that_moves() -> None:
    known = directory(
        registered("H41"), registered("H42"), registered("H41.1A", "H41"), AgencyMoved(code="H41.1A", parent="H42")
    )
    assert (known.children("H41"), known.children("H42"), known.children("")) == ((), ("H41.1A",), ("H41", "H42"))
    assert known.ancestors("H41.1A") == ("H42",)


def test_parents_that_run_in_a_circle_are_told_once() -> None:
    known = directory(registered("A01", "A02"), registered("A02", "A03"), registered("A03", "A01"))
    assert known.ancestors("A01") == ("A02", "A03")


def test_a_merged_agency_keeps_its_entry_and_its_children() -> None:
    known = directory(registered("H41"), registered("H42"), registered("H41.1A", "H41"), merged("H41", "H42"))
    entry, holder = known.agency("H41"), known.holder("H41")
    assert entry is not None
    assert holder is not None
    assert (entry.state, entry.successor, holder.code) == (AGENCY_STATE_SUCCEEDED, "H42", "H42")
    assert known.children("H41") == ("H41.1A",)


def test_nobody_holds_the_tasks_of_an_unknown_code_or_for_an_unknown_successor() -> None:
    assert directory().holder("H41") is None
    assert directory(registered("H41"), merged("H41", "H42")).holder("H41") is None


def test_iteration_is_in_order_of_code() -> None:
    known = directory(registered("H42"), registered("A01"), registered("H41"))
    assert [entry.code for entry in known] == ["A01", "H41", "H42"]


def test_a_key_is_found_with_what_its_system_may_do() -> None:
    signer = Signer.generate("h41-qlvb")
    known = directory(registered("H41"), enrolled("h41-qlvb", "H41", signer.public_key, ["documents.send"]))
    key = known.find(signer.key_id)
    assert key is not None
    assert (key.system, key.agency, key.role) == ("h41-qlvb", "H41", SYSTEM_ROLE_AGENCY)
    assert (key.scopes, key.valid_until, key.revoked) == (frozenset({"documents.send"}), None, False)
    assert (key.system_active, key.agency_active) == (True, True)


def test_an_unknown_key_and_one_of_an_agency_not_folded_yet_are_not_found() -> None:
    assert directory().find(KEY_ID) is None
    assert directory(enrolled("h41-qlvb", "H41", KEY)).find(KEY_ID) is None


def test_the_operators_key_needs_no_agency() -> None:
    key = directory(enrolled("operator", "", KEY)).find(key_id_of("operator", KEY))
    assert key is not None
    assert key.agency_active


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (SystemSuspended(system="h41-qlvb", reason="thử"), (False, False, True)),
        (SystemKeyRevoked(system="h41-qlvb", key_id=KEY_ID, reason="lộ khóa"), (True, True, True)),
        (AgencySuspended(code="H41", reason="thử"), (False, True, False)),
        (merged("H41", "H42"), (False, True, False)),
    ],
)
def test_what_takes_a_keys_effect_is_told(event: Message, expected: tuple[bool, bool, bool]) -> None:
    key = directory(registered("H41"), enrolled("h41-qlvb", "H41", KEY), event).find(KEY_ID)
    assert key is not None
    assert (key.revoked, key.system_active, key.agency_active) == expected


def test_a_resumed_system_calls_again() -> None:
    suspended = SystemSuspended(system="h41-qlvb", reason="thử")
    history = [registered("H41"), enrolled("h41-qlvb", "H41", KEY), suspended, SystemResumed(system="h41-qlvb")]
    key = directory(*history).find(KEY_ID)
    assert key is not None
    assert key.system_active


def test_a_key_tells_the_certificates_that_its_system_is_bound_to_now() -> None:
    history = [registered("H41"), enrolled("h41-qlvb", "H41", KEY, certificate_names=["a.vn", "b.vn"])]
    changed = SystemCertificatesChanged(system="h41-qlvb", certificate_names=["c.vn"])
    freed = SystemCertificatesChanged(system="h41-qlvb")
    keys = [directory(*events).find(KEY_ID) for events in (history, [*history, changed], [*history, changed, freed])]
    names = [key.certificate_names for key in keys if key]
    assert names == [{"a.vn", "b.vn"}, {"c.vn"}, frozenset()]


def test_a_rotation_ends_earlier_keys_and_never_puts_an_end_off() -> None:
    known = directory(
        registered("H41"),
        enrolled("h41-qlvb", "H41", KEY),
        rotated("h41-qlvb", NEXT_KEY, 1_700_000_100),
        rotated("h41-qlvb", b"3" * 32, 1_700_009_000),
    )
    system = known.system("h41-qlvb")
    assert system is not None
    ends = [datetime.fromtimestamp(at, UTC) for at in (1_700_000_100, 1_700_009_000)]
    assert [key.valid_until for key in system.keys] == [*ends, None]
    assert [key.lasting for key in system.keys] == [False, False, True]
    assert system.keys[1].enrolled_at == datetime.fromtimestamp(1_700_000_002, UTC)
    assert known.systems() == (system,)


def test_events_of_other_kinds_are_passed_over() -> None:
    known = directory(Head(partition=1))
    assert list(known) == []
    assert known.systems() == ()


@pytest.mark.parametrize(
    "event", [AgencyRenamed(code="H41", display_name="?"), SystemSuspended(system="h41-qlvb", reason="?")]
)
def test_a_stream_without_its_beginning_stops_the_directory(event: Message) -> None:
    with pytest.raises(StreamIncomplete):
        directory(event)
