"""Readers share a few connections, and are told when they get none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from eventlog.errors import StoreUnavailable
from eventlog.postgresql import pool as pool_module
from eventlog.postgresql.pool import Pool


@pytest.fixture
def pool(postgresql_url: str) -> Iterator[Pool]:
    pool = Pool(postgresql_url, 1)
    yield pool
    pool.close()


def test_a_connection_is_used_again(pool: Pool) -> None:
    with pool.connection() as first:
        pass
    with pool.connection() as second:
        assert second is first


def test_one_on_which_anything_went_wrong_is_closed(pool: Pool) -> None:
    def fail() -> None:
        raise ValueError("a bug")

    with pool.connection() as first:
        pass
    with pytest.raises(ValueError, match="a bug"), pool.connection():
        fail()
    assert first.closed
    with pool.connection() as second:
        assert second is not first


def test_who_waits_too_long_for_one_is_told(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "_PATIENCE", 0.05)
    with pool.connection(), pytest.raises(StoreUnavailable, match="no connection came free"), pool.connection():
        pass


def test_one_that_is_lent_when_the_pool_is_closed_is_closed_when_it_comes_back(pool: Pool) -> None:
    with pool.connection() as lent:
        pool.close()
        assert not lent.closed
    assert lent.closed
    with pytest.raises(StoreUnavailable, match="closed"), pool.connection():
        pass
