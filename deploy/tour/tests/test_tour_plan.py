from __future__ import annotations

from collections import Counter
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from tour import LEAST, contents
from tour.drawing import FORWARDED, draw
from tour.malformed import CASES
from tour.messages import Messages
from tour.outcome import Outcome, percentile
from tour.places import MERGED, places
from tour.plan import Change, File, Plan
from vietnam import edxml
from vietnam.edxml import signature
from vietnam.edxml.signature import SignatureState

TODAY = date(2026, 3, 2)
PLACES = places()


@pytest.fixture(scope="module")
def day() -> Plan:
    return draw(2000, 1, TODAY, PLACES)


def test_the_same_seed_draws_the_same_day() -> None:
    assert draw(LEAST, 7, TODAY, PLACES) == draw(LEAST, 7, TODAY, places())


def test_another_seed_draws_another_day() -> None:
    assert draw(LEAST, 7, TODAY, PLACES) != draw(LEAST, 8, TODAY, PLACES)


@pytest.mark.parametrize("seed", range(20))
def test_the_smallest_day_has_room_for_all_that_must_happen(seed: int) -> None:
    plan = draw(LEAST, seed, TODAY, PLACES)
    assert len(list(plan)) == len(plan) == LEAST
    changes = Counter(document.change for document in plan)
    assert min(changes[kind] for kind in Change) >= 2
    assert sum(copy.recipient == MERGED for each in plan.afternoon for copy in each.copies) >= FORWARDED


def test_fewer_documents_than_the_least_are_refused() -> None:
    with pytest.raises(ValueError, match="at least"):
        draw(LEAST - 1, 1, TODAY, PLACES)


def test_there_are_the_89_bodies_and_units_of_three_levels_below_two_of_them() -> None:
    assert len(PLACES) == 89 + 24
    assert Counter(place.code.count(".") for place in PLACES) == {0: 89, 1: 16, 2: 8}
    assert len({place.code for place in PLACES}) == len({place.system for place in PLACES}) == len(PLACES)


def test_a_day_is_spread_as_a_real_one(day: Plan) -> None:
    documents = list(day)
    copies = sum(len(document.copies) for document in documents)
    volume = sum(file.size for document in documents for file in document.files)
    assert 2.2 < copies / len(documents) < 2.6
    assert 100e6 < volume < 150e6
    assert {document.priority for document in documents} == {0, 1, 2, 3, 4}
    assert len({document.code for document in documents}) == 2000
    assert sum(document.answers is not None for document in documents) > 100


def test_nobody_sends_to_itself_or_twice_to_another(day: Plan) -> None:
    for document in day:
        recipients = [copy.recipient for copy in document.copies]
        assert document.sender not in recipients
        assert len(set(recipients)) == len(recipients)


def test_the_merged_agency_sends_nothing_after_its_merger(day: Plan) -> None:
    assert all(document.sender != MERGED for document in (*day.afternoon, *day.replacements.values()))


def test_messages_are_read_as_they_were_planned(day: Plan, tmp_path: Path) -> None:
    messages = Messages(tmp_path, {place.code: place.name for place in PLACES})
    for document in day.morning[:40]:
        read = edxml.read(messages.pieces(document), edxml.MemorySink(), today=TODAY)
        assert isinstance(read, edxml.DocumentMessage)
        assert str(read.document_id) == document.code
        assert read.subject == document.subject
        assert [str(each.organ_id) for each in read.recipients] == [copy.recipient for copy in document.copies]


def test_old_systems_write_dates_codes_and_names_in_their_own_way(day: Plan, tmp_path: Path) -> None:
    messages = Messages(tmp_path, {place.code: place.name for place in PLACES})
    old = {
        b"<edXML:BusinessDocType>": next(each for each in day if each.legacy.spelling),
        b"<edXML:OrganId>000.": next(each for each in day if each.legacy.codes),
        b"/2026</edXML:PromulgationDate>": next(each for each in day if each.legacy.dates),
    }
    for sign, document in old.items():
        assert sign in next(messages.pieces(document))


def test_a_signed_message_holds(day: Plan, tmp_path: Path) -> None:
    messages = Messages(tmp_path, {place.code: place.name for place in PLACES})
    document = next(each for each in day if each.signed)
    written = messages.write(document).file.read_bytes()
    at = messages.seal.made
    assert signature.verify(BytesIO(written), at=at).state is SignatureState.VALID


def test_a_zipped_attachment_travels_as_an_archive_of_the_same_bytes() -> None:
    file = File(seed=5, size=4000, name="van-ban.pdf", zipped=True)
    assert b"".join(contents.on_the_way(file)).startswith(b"PK\x03\x04")
    assert contents.measure(contents.chunks(file)).size == 4000


def test_thirty_distinct_things_must_be_refused() -> None:
    assert len(CASES) == len({name for name, *_ in CASES}) == 30


def test_an_outcome_survives_its_way_between_processes() -> None:
    outcome = Outcome(["x"], Counter(documents=3), Counter({1: 2}), 1.5, 2.5)  # type: ignore[dict-item]
    assert Outcome.unpacked(outcome.packed()) == outcome


def test_percentiles_are_those_of_the_nearest_rank() -> None:
    assert percentile([0.001 * n for n in range(1, 101)], 50) == pytest.approx(50)
    assert percentile([0.001 * n for n in range(1, 101)], 99) == pytest.approx(99)
    assert percentile([], 50) == 0
