"""Cases of the store port: a request id stands for one request for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from eventlog.conformance.material import append, made, request, texts
from eventlog.conformance.store_port import StorePort
from eventlog.errors import Conflict, RequestReused
from eventlog.store import Appended, Request

if TYPE_CHECKING:
    from pathlib import Path

    from eventlog.store import Store


class RequestCases(StorePort):
    def test_repeated_in_the_same_batch_it_gets_the_first_result(self, store: Store) -> None:
        once = append("a", 0, "1", "2", request=request("r"))
        first, second, third = store.append([once, append("b", 0, "1"), once])
        made(second)
        assert third == Appended(made(first), repeated=True)
        assert texts(store.read_stream("a")) == ["1", "2"]

    def test_repeated_in_a_later_batch_it_gets_the_first_result(self, store: Store) -> None:
        once = append("a", 0, "1", "2", "3", request=request("r"))
        first = made(store.append([once])[0])
        store.append([append("a", 3, "4")])
        assert store.append([append("b", 0, "1"), once])[1] == Appended(first, repeated=True)
        assert texts(store.read_stream("a")) == ["1", "2", "3", "4"]

    def test_repeated_after_the_store_was_opened_again_it_gets_the_first_result(
        self, store: Store, tmp_path: Path
    ) -> None:
        once = append("a", 0, "1", "2", request=request("r"))
        first = made(store.append([once])[0])
        again = self.open_store(tmp_path)
        assert again.append([once]) == [Appended(first, repeated=True)]
        assert list(again.read_request(request("r"))) == list(first)
        again.close()

    def test_repeated_with_another_expectation_it_gets_the_first_result(self, store: Store) -> None:
        first = made(store.append([append("a", 0, "1", request=request("r"))])[0])
        repeated = append("a", 1, "decided again", request=request("r"))
        assert store.append([repeated]) == [Appended(first, repeated=True)]

    def test_used_for_another_request_it_is_refused_and_spoils_nothing(self, store: Store) -> None:
        store.append([append("a", 0, "1", request=request("r"))])
        reused, other = store.append([append("b", 0, "1", request=request("r", "else")), append("c", 0, "1")])
        assert isinstance(reused, RequestReused)
        assert reused.request_id == request("r").id
        made(other)
        assert list(store.read_stream("b")) == []

    def test_used_for_another_request_in_the_same_batch_it_is_refused(self, store: Store) -> None:
        first, reused = store.append(
            [append("a", 0, "1", request=request("r")), append("b", 0, "1", request=request("r", "else"))]
        )
        made(first)
        assert isinstance(reused, RequestReused)
        assert list(store.read_stream("b")) == []

    @pytest.mark.parametrize("spelling", [str.upper, lambda id_: id_.replace("-", ""), lambda id_: f"urn:uuid:{id_}"])
    def test_spelt_otherwise_it_is_the_same_and_spoils_nothing(self, store: Store, spelling: object) -> None:
        assert callable(spelling)
        other = Request(spelling(request("r").id), request("r").fingerprint)
        first, second = store.append([append("a", 0, "1", request=request("r")), append("a", 0, "1", request=other)])
        assert second == Appended(made(first), repeated=True)
        [third, unrelated] = store.append([append("a", 0, "1", request=other), append("b", 0, "1")])
        assert third == second
        made(unrelated)

    def test_a_request_that_lost_by_a_conflict_may_come_again(self, store: Store) -> None:
        store.append([append("a", 0, "1")])
        [lost] = store.append([append("a", 0, "2", request=request("r"))])
        assert isinstance(lost, Conflict)
        assert list(store.read_request(request("r"))) == []
        made(store.append([append("a", 1, "2", request=request("r"))])[0])

    def test_a_request_that_lost_may_come_again_in_the_same_batch(self, store: Store) -> None:
        lost, won = store.append([append("a", 5, "1", request=request("r")), append("a", 0, "1", request=request("r"))])
        assert isinstance(lost, Conflict)
        made(won)

    def test_appends_without_a_request_are_never_taken_for_repeats(self, store: Store) -> None:
        made(store.append([append("a", 0, "1")])[0])
        [answer] = store.append([append("a", 0, "1")])
        assert isinstance(answer, Conflict)

    def test_what_a_request_made_can_be_read(self, store: Store) -> None:
        first = made(store.append([append("a", 0, "1", "2", request=request("r"))])[0])
        store.append([append("a", 2, "3", request=request("s"))])
        assert list(store.read_request(request("r"))) == list(first)
        assert texts(store.read_request(request("s"))) == ["3"]

    def test_a_request_that_made_nothing_reads_empty(self, store: Store) -> None:
        assert list(store.read_request(request("never"))) == []

    def test_to_read_it_with_another_fingerprint_is_refused(self, store: Store) -> None:
        store.append([append("a", 0, "1", request=request("r"))])
        with pytest.raises(RequestReused):
            store.read_request(request("r", "else"))

    def test_hundreds_of_requests_fit_in_a_batch_and_all_are_found_again(self, store: Store) -> None:
        batch = [append(f"s-{n}", 0, "1", request=request(f"r-{n}")) for n in range(512)]
        first = store.append(batch)
        assert store.append(batch) == [Appended(made(answer), repeated=True) for answer in first]
