"""given / when / then tells what happened, and fails when something else did."""

import pytest
from decider.refusal import Kind, Refusal, Violation
from decider.specification import given

from .counter import COUNTER, Counter, add, added, bring_to, open_as, opened, take


def test_a_decider_folds_events_from_its_beginning_or_from_a_state() -> None:
    assert COUNTER.fold([opened("x"), added(2), added(3)]) == Counter("x", 5)
    assert COUNTER.fold([added(1)], Counter("y", 1)) == Counter("y", 2)
    assert COUNTER.fold([]) == Counter()


def test_what_happened_is_compared_with_what_was_expected() -> None:
    given(COUNTER, added(3)).when(take(2)).then(added(-2))
    given(COUNTER).when(add(1, 2)).then(added(1), added(2))


@pytest.mark.parametrize("wrong", [(), (added(-1),), (added(-2), added(0)), (opened("x"),)])
def test_other_events_than_expected_fail(wrong: tuple[object, ...]) -> None:
    with pytest.raises(AssertionError, match="but these happened"):
        given(COUNTER, added(3)).when(take(2)).then(*wrong)  # type: ignore[arg-type]


def test_other_order_than_expected_fails() -> None:
    with pytest.raises(AssertionError):
        given(COUNTER).when(add(1, 2)).then(added(2), added(1))


def test_nothing_happened() -> None:
    given(COUNTER, added(3)).when(bring_to(3)).then_nothing()
    with pytest.raises(AssertionError):
        given(COUNTER, added(3)).when(bring_to(4)).then_nothing()


def test_a_refusal_is_expected_by_its_reason_and_given_for_a_closer_look() -> None:
    refusal = given(COUNTER, opened("x")).when(open_as("y")).then_refused("COUNTER_EXISTS")
    assert refusal.kind is Kind.NOT_NOW


def test_another_reason_fails_and_so_does_no_refusal() -> None:
    with pytest.raises(AssertionError, match="was refused with COUNTER_EXISTS"):
        given(COUNTER, opened("x")).when(open_as("y")).then_refused("NOT_ENOUGH")
    with pytest.raises(AssertionError, match="expected NOT_ENOUGH, but these happened"):
        given(COUNTER, added(3)).when(take(3)).then_refused("NOT_ENOUGH")


def test_a_refusal_where_events_or_nothing_was_expected_fails_with_it_as_the_cause() -> None:
    outcome = given(COUNTER).when(take(1))
    for check in (outcome.then_nothing, lambda: outcome.then(added(-1))):
        with pytest.raises(AssertionError, match="refused: NOT_ENOUGH") as failed:
            check()
        assert isinstance(failed.value.__cause__, Refusal)


def test_a_bug_in_a_decision_is_no_refusal() -> None:
    with pytest.raises(ZeroDivisionError):
        given(COUNTER).when(lambda state: [added(1 // state.value)])


def test_a_refusal_of_one_field_is_a_violation_of_it() -> None:
    refusal = Refusal(Kind.INVALID, "TOO_LONG", en="Shorten it.", vi="Hãy rút ngắn.", field="name")
    assert refusal.violations == (Violation("name", "TOO_LONG", "Shorten it.", "Hãy rút ngắn."),)
    several = (Violation("a", "A", "a", "a"), Violation("b", "B", "b", "b"))
    assert Refusal(Kind.INVALID, "X", en="x", vi="x", violations=several, field="a").violations == several
    bare = Refusal(Kind.NOT_FOUND, "X", en="x", vi="x")
    assert (bare.violations, bare.metadata, bare.retry_after) == ((), {}, None)
    assert str(bare) == "X: x"
