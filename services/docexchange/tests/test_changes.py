"""The changes of a sent document: recall, update and replacement, and the receivers' answers. Every branch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from decider.refusal import Kind, Refusal
from decider.specification import given
from docexchange_service import document
from docexchange_service.document import DOCUMENT, Document
from google.protobuf.message import Message
from lienthong.docexchange.v1 import document_pb2 as d

from .documents import CODE, NOW, SAID, agreed, recalled, refused, replaced, reported, sent, updated, walked

Decide = Callable[[Document], Sequence[Message]]
RECALL, UPDATE, REPLACEMENT = d.CHANGE_KIND_RECALL, d.CHANGE_KIND_UPDATE, d.CHANGE_KIND_REPLACEMENT
GONE = walked("H41", d.STATUS_ARRIVED, d.STATUS_REFUSED)


def recall(*recipients: str, sender: str = "G22", change: str = "c") -> Decide:
    return lambda state: document.decide_recall(
        state, sender=sender, change=change, recipients=recipients, reason="gửi nhầm"
    )


def update(**changes: Any) -> Decide:
    known = {"sender": "G22", "change": "c", "code": CODE, "content": updated("c").content, "added": [], "removed": []}
    return lambda state: document.decide_update(state, **{**known, "reason": "sửa trích yếu", "now": NOW, **changes})


def replacement(*recipients: str, change: str = "c") -> Decide:
    return lambda state: document.decide_replacement(
        state, change=change, replacement="20260301-new", recipients=recipients
    )


def answer(change: str = "c", *, agrees: bool = True, recipient: str = "H41") -> Decide:
    return lambda state: document.decide_answer(
        state, recipient=recipient, change=change, agrees=agrees, reason="đã xử lý"
    )


def test_a_recall_asks_those_named_or_all_who_hold_a_copy() -> None:
    given(DOCUMENT, sent()).when(recall("H26")).then(recalled("c", "H26"))
    given(DOCUMENT, sent()).when(recall()).then(recalled("c", "H41", "H26"))
    given(DOCUMENT, sent(), *GONE).when(recall()).then(recalled("c", "H26"))


def test_a_recall_is_for_recipients_who_hold_a_copy_and_were_not_asked_before() -> None:
    stranger = given(DOCUMENT, sent()).when(recall("H41", "H99")).then_refused("NOT_A_RECIPIENT")
    assert stranger.violations[0].field == "recipients[1]"
    gone = given(DOCUMENT, sent(), *GONE).when(recall("H41")).then_refused("COPY_GONE")
    assert gone.metadata == {"recipient": "H41"}
    given(DOCUMENT, sent(), recalled("a", "H41")).when(recall("H41")).then_refused("CHANGE_PENDING")
    given(DOCUMENT, sent("H41"), *GONE).when(recall()).then_refused("NOBODY_TO_ASK")


def test_a_recall_may_be_asked_again_after_it_was_refused() -> None:
    given(DOCUMENT, sent(), recalled("a", "H41"), refused("H41", "a", RECALL)).when(recall("H41")).then(
        recalled("c", "H41")
    )


def test_a_recall_may_be_asked_while_an_update_waits() -> None:
    given(DOCUMENT, sent(), updated("a", "H41", "H26")).when(recall("H41")).then(recalled("c", "H41"))


@pytest.mark.parametrize("decide", [recall(sender="H41"), update(sender="H41")])
@pytest.mark.parametrize("events", [[], [sent()]])
def test_only_its_sender_changes_a_document(decide: Decide, events: list[Message]) -> None:
    given(DOCUMENT, *events).when(decide).then_refused("DOCUMENT_UNKNOWN")


def test_an_update_asks_all_who_hold_a_copy() -> None:
    given(DOCUMENT, sent()).when(update()).then(updated("c", "H41", "H26"))
    given(DOCUMENT, sent(), *GONE).when(update()).then(updated("c", "H26"))


def test_an_update_may_add_recipients_and_ask_others_for_their_copies() -> None:
    given(DOCUMENT, sent()).when(update(added=["H01"], removed=["H41"])).then(
        updated("c", "H26", added=["H01"], removed=["H41"])
    )
    given(DOCUMENT, sent(), *GONE).when(update(removed=["H41"])).then(updated("c", "H26"))


def test_who_is_added_holds_the_new_revision_and_who_is_removed_is_asked_to_give_it_back() -> None:
    state = DOCUMENT.fold([sent(), updated("c", "H26", added=["H01"], removed=["H41"])])
    assert (state.revision, state.content.subject) == (2, "Bản sửa 2")
    assert [each.revision for each in state.deliveries.values()] == [1, 1, 2]
    kinds = {each.recipient: [one.kind for one in each.pending] for each in state.deliveries.values()}
    assert kinds == {"H41": [RECALL], "H26": [UPDATE], "H01": []}


def test_an_update_keeps_the_code_and_names_each_recipient_rightly() -> None:
    given(DOCUMENT, sent()).when(update(code="G22,2026/02/27,1/X")).then_refused("CODE_CHANGED")
    added = given(DOCUMENT, sent()).when(update(added=["H01", "H41"])).then_refused("ALREADY_A_RECIPIENT")
    removed = given(DOCUMENT, sent()).when(update(removed=["H99"])).then_refused("NOT_A_RECIPIENT")
    assert [each.violations[0].field for each in (added, removed)] == ["added[1]", "removed[0]"]


@pytest.mark.parametrize("waiting", [recalled("a", "H41"), updated("a", "H41"), replaced("a", "H41")])
def test_an_update_waits_for_the_answer_to_the_change_before(waiting: Message) -> None:
    refusal = given(DOCUMENT, sent(), waiting).when(update()).then_refused("CHANGE_PENDING")
    assert (refusal.kind, refusal.metadata) == (Kind.NOT_NOW, {"recipient": "H41"})


def test_an_update_does_not_wait_for_one_who_has_refused_the_document() -> None:
    given(DOCUMENT, sent(), recalled("a", "H41"), *GONE).when(update()).then(updated("c", "H26"))


def test_a_replacement_asks_once_those_named_or_all_who_hold_a_copy() -> None:
    given(DOCUMENT, sent()).when(replacement()).then(replaced("c", "H41", "H26"))
    given(DOCUMENT, sent(), *GONE).when(replacement()).then(replaced("c", "H26"))
    given(DOCUMENT, sent()).when(replacement("H26", "H99")).then(replaced("c", "H26"))
    given(DOCUMENT, sent(), *GONE).when(replacement("H41")).then_nothing()
    asked = [sent(), replaced("c", "H41", "H26")]
    given(DOCUMENT, *asked).when(replacement()).then_nothing()
    given(DOCUMENT, *asked, refused("H41", "c", REPLACEMENT), agreed("H26", "c", REPLACEMENT)).when(
        replacement()
    ).then_nothing()


@pytest.mark.parametrize(
    ("change", "kind", "status", "revision"),
    [
        (recalled("c", "H41"), RECALL, d.STATUS_TAKEN_BACK, 1),
        (updated("c", "H41", "H26"), UPDATE, d.STATUS_ARRIVED, 2),
        (updated("c", "H26", removed=["H41"]), RECALL, d.STATUS_TAKEN_BACK, 1),
        (replaced("c", "H41"), REPLACEMENT, d.STATUS_REPLACED, 1),
    ],
)
def test_a_receiver_agrees_or_refuses(
    change: Message, kind: d.ChangeKind.ValueType, status: d.Status.ValueType, revision: int
) -> None:
    history = [sent(), reported("H41", d.STATUS_ARRIVED), change]
    given(DOCUMENT, *history).when(answer()).then(agreed("H41", "c", kind))
    given(DOCUMENT, *history).when(answer(agrees=False)).then(refused("H41", "c", kind))
    after = DOCUMENT.fold([*history, agreed("H41", "c", kind)]).deliveries["H41"]
    assert (after.status, after.revision, after.pending) == (status, revision, ())
    kept = DOCUMENT.fold([*history, refused("H41", "c", kind)]).deliveries["H41"]
    assert (kept.status, kept.revision, kept.pending) == (d.STATUS_ARRIVED, 1, ())


@pytest.mark.parametrize("agrees", [True, False])
def test_the_same_answer_again_changes_nothing_and_another_one_is_refused(agrees: bool) -> None:  # noqa: FBT001
    first = agreed("H41", "c", RECALL) if agrees else refused("H41", "c", RECALL)
    answered = given(DOCUMENT, sent(), recalled("c", "H41"), first)
    answered.when(answer(agrees=agrees)).then_nothing()
    answered.when(answer(agrees=not agrees)).then_refused("CHANGE_UNKNOWN")


def test_an_answer_is_to_a_change_that_waits_and_by_one_who_was_asked() -> None:
    given(DOCUMENT, sent()).when(answer()).then_refused("CHANGE_UNKNOWN")
    given(DOCUMENT, sent(), recalled("c", "H26")).when(answer()).then_refused("CHANGE_UNKNOWN")
    given(DOCUMENT, sent(), recalled("c", "H26")).when(answer(recipient="H99")).then_refused("DOCUMENT_UNKNOWN")


def test_who_gives_the_copy_back_is_asked_nothing_more() -> None:
    history = [sent(), updated("u", "H41", "H26"), recalled("c", "H41"), agreed("H41", "c", RECALL)]
    given(DOCUMENT, *history).when(answer("u")).then_refused("CHANGE_UNKNOWN")


def test_the_other_changes_of_a_copy_go_on_waiting_after_an_answer() -> None:
    state = DOCUMENT.fold([sent(), updated("u", "H41"), recalled("c", "H41"), refused("H41", "c", RECALL)])
    assert [each.change for each in state.deliveries["H41"].pending] == ["u"]


def test_the_files_of_every_revision_belong_to_the_document() -> None:
    more = d.Attachment(sha256=bytes(32), size=9, name="b.txt")
    changed = d.Content()
    changed.CopyFrom(SAID)
    del changed.attachments[:]
    changed.attachments.append(more)
    state = DOCUMENT.fold([sent(), updated("c", "H41", content=changed)])
    assert state.attachments == {SAID.attachments[0].sha256: 5, bytes(32): 9}


def test_an_answer_to_what_nobody_asked_leaves_the_copy_as_it_is() -> None:
    before = DOCUMENT.fold([sent()])
    assert DOCUMENT.fold([agreed("H41", "c", RECALL)], before) == before


@pytest.mark.parametrize(
    ("events", "sender", "recipients", "reason"),
    [
        ([], "G22", [], "DOCUMENT_UNKNOWN"),
        ([sent()], "H41", [], "DOCUMENT_UNKNOWN"),
        ([sent()], "G22", ["H99"], "NOT_A_RECIPIENT"),
    ],
)
def test_only_what_was_sent_by_oneself_and_to_them_is_replaced(
    events: list[Message], sender: str, recipients: list[str], reason: str
) -> None:
    with pytest.raises(Refusal) as caught:
        document.check_replaceable(DOCUMENT.fold(events), sender, recipients, "replaces[3]")
    assert (caught.value.reason, caught.value.violations[0].field) == (reason, "replaces[3]")
    document.check_replaceable(DOCUMENT.fold([sent()]), "G22", ["H26"], "replaces[0]")


def test_a_document_is_replaced_once_by_the_same_one() -> None:
    document.check_distinct(["a", "b"])
    with pytest.raises(Refusal) as caught:
        document.check_distinct(["a", "b", "a"])
    assert (caught.value.reason, caught.value.violations[0].field) == ("REPLACED_TWICE", "replaces[2].document")
