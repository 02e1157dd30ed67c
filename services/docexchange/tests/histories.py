"""Random lives of a few documents: commands drawn by hypothesis, decided by the aggregate, refused ones passed over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from decider.refusal import Refusal
from docexchange_service import document
from docexchange_service.document import DOCUMENT, Document
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import strategies as st
from lienthong.docexchange.v1 import document_pb2 as d
from lienthong.log.v1.record_pb2 import Origin
from views.specification import MemoryLog

AGENCIES = ("G22", "H26", "H41", "H49")
SENDER = "G22"
DAY = date(2026, 2, 27)


@dataclass(frozen=True)
class Step:
    """One command; what does not apply to its kind is not looked at."""

    kind: str
    document: int  # which of the documents
    agency: str
    others: Sequence[str]
    status: d.Status.ValueType
    pick: int  # which of the changes
    agrees: bool


STEPS = st.lists(
    st.builds(
        Step,
        kind=st.sampled_from(["send", "status", "status", "status", "recall", "update", "replace", "answer", "answer"]),
        document=st.integers(0, 2),
        agency=st.sampled_from(AGENCIES),
        others=st.lists(st.sampled_from(AGENCIES), unique=True, max_size=3),
        status=st.sampled_from(d.Status.values()),
        pick=st.integers(0, 3),
        agrees=st.booleans(),
    ),
    min_size=1,
    max_size=30,
)


def code_of(number: int) -> str:
    """Return the code of one of the documents."""
    return f"{SENDER},2026/02/27,{number}/X"


def id_of(number: int) -> str:
    """Return its id."""
    return document.document_id(code_of(number), DAY)


def content(number: int, index: int) -> d.Content:
    """Return what a document says after command number `index`: a subject of its own, and an answer to another."""
    answers = [d.Reference(code=code_of((number + 1) % 3))] if index % 2 else []
    return d.Content(number=str(number), notation="X", subject=f"lần {index}", response_for=answers)


def decided(step: Step, index: int, state: Document) -> Sequence[Message]:
    """Decide a command; `index` makes its time, its content and the id of its change."""
    now, change = Timestamp(seconds=1_800_000_000 + index), f"change-{index}"
    number = step.document
    match step.kind:
        case "send":
            return document.decide_send(
                state,
                document=id_of(number),
                code=code_of(number),
                sender=SENDER,
                content=content(number, index),
                recipients=list(step.others) or [step.agency],
                now=now,
            )
        case "status":
            return document.decide_status(
                state, recipient=step.agency, status=step.status, reason="lý do", note="", now=now
            )
        case "recall":
            return document.decide_recall(state, sender=SENDER, change=change, recipients=step.others, reason="thu hồi")
        case "update":
            return document.decide_update(
                state,
                sender=SENDER,
                change=change,
                code=state.code,
                content=content(number, index),
                added=[code for code in step.others if code not in state.deliveries],
                removed=[code for code in step.others if code in state.deliveries],
                reason="cập nhật",
                now=now,
            )
        case "replace":
            return document.decide_replacement(state, change=change, replacement="other", recipients=step.others)
    copy = state.deliveries.get(step.agency)
    known = [each.change for each in copy.pending] if copy else []
    known += [each for each, _ in copy.answered] if copy else []
    picked = known[step.pick % len(known)] if known else change
    return document.decide_answer(
        state, recipient=step.agency, change=picked, agrees=step.agrees, reason="không đồng ý"
    )


def lived(steps: Sequence[Step]) -> Iterator[tuple[int, Document, Message, Document]]:
    """Run the commands; give for each event its document's number, and the state before and after."""
    states = dict.fromkeys(range(3), DOCUMENT.initial)
    for index, step in enumerate(steps):
        try:
            events = decided(step, index, states[step.document])
        except Refusal:
            continue
        for event in events:
            before = states[step.document]
            after = states[step.document] = DOCUMENT.evolve(before, event)
            yield step.document, before, event, after


def logged(steps: Sequence[Step]) -> tuple[MemoryLog, dict[str, Document]]:
    """Run the commands into a log of two partitions; return it with the last states by id."""
    log = MemoryLog("docexchange", 2)
    states: dict[str, Document] = {}
    for number, _, event, after in lived(steps):
        log.append(document.stream_of(id_of(number)), event, Origin(agency=getattr(event, "recipient", SENDER)))
        states[id_of(number)] = after
    return log, states
