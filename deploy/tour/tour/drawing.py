"""Draws the plan of the day from a seed. The same number of documents, seed and day give the same plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Final

from lienthong.docexchange.v1 import document_pb2 as d

from tour import LEAST, spread
from tour.places import MERGED, Place
from tour.plan import Change, Copy, Legacy, Plan, Planned

FORWARDED: Final = 10  # documents at least that are sent to the merged agency's code after the merger
_REPLY_DISTANCE: Final = 20  # documents between a document and its answer: more than are in flight


def draw(documents: int, seed: int, today: date, places: Sequence[Place]) -> Plan:
    """Draw a day with so many documents; ValueError for fewer than LEAST."""
    if documents < LEAST:
        raise ValueError(f"a tour has at least {LEAST} documents, not {documents}")
    return _Drawing(documents, seed, today, places).plan()


class _Drawing:
    def __init__(self, documents: int, seed: int, today: date, places: Sequence[Place]) -> None:
        self._rng = Random(seed)  # noqa: S311 - a play, no secret
        self._total = documents
        self._today = today
        self._places = places
        self._codes = [place.code for place in places]
        self._names = {place.code: place.short for place in places}
        self._number = 100

    def plan(self) -> Plan:
        replaced = self._share(0.015)
        sent = self._total - replaced
        noon = sent // 2
        drawn = [self._document(at, after_noon=at >= noon) for at in range(sent)]
        self._forward(drawn, noon)
        self._answer(drawn, noon)
        self._sign(drawn)
        replacements = self._change(drawn, replaced)
        return Plan(tuple(drawn[:noon]), tuple(drawn[noon:]), replacements)

    def _share(self, share: float) -> int:
        return max(2, round(self._total * share))

    def _document(self, at: int, *, after_noon: bool) -> Planned:
        rng = self._rng
        sender = self._sender(after_noon=after_noon)
        others = [code for code in self._codes if code not in {sender, MERGED}]
        recipients = rng.sample(others if after_noon else [c for c in self._codes if c != sender], spread.fan_out(rng))
        kind = spread.kind(rng)
        subject = spread.subject(rng, self._names[recipients[0]])
        self._number += 1
        return Planned(
            sender=sender,
            number=str(self._number),
            notation=spread.notation(rng, kind, sender),
            promulgated=self._today - timedelta(days=spread.age(rng)),
            kind=kind,
            subject=subject,
            priority=spread.priority(rng),
            steering=spread.steering(rng),
            due=self._today + timedelta(days=rng.randint(3, 30)) if rng.random() < 0.25 else None,
            copies=tuple(self._copy(code) for code in recipients),
            files=spread.files(rng, large=at % 70 == 35),
            legacy=Legacy(rng.random() < 0.05, rng.random() < 0.05, rng.random() < 0.05),
        )

    def _sender(self, *, after_noon: bool) -> str:
        central = [code for code in self._codes if code.startswith("G")]
        others = [code for code in self._codes if not code.startswith("G") and not (after_noon and code == MERGED)]
        return self._rng.choice(central if self._rng.random() < 0.4 else others)

    def _copy(self, recipient: str) -> Copy:
        rng = self._rng
        return Copy(recipient, spread.walk(rng), agrees=rng.random() < 0.85, reads=rng.random() < 0.05)

    def _forward(self, drawn: list[Planned], noon: int) -> None:
        """Address some documents of the afternoon to the merged agency's code."""
        count = max(FORWARDED, round((len(drawn) - noon) * 0.02))
        for at in sorted(self._rng.sample(range(noon, len(drawn)), count)):
            copies = drawn[at].copies[:-1] if len(drawn[at].copies) > 1 else ()
            drawn[at] = replace(drawn[at], copies=(*copies, self._copy(MERGED)))

    def _answer(self, drawn: list[Planned], noon: int) -> None:
        """Make some documents answers to earlier ones: from a receiver to the sender."""
        rng = self._rng
        for at in sorted(rng.sample(range(_REPLY_DISTANCE + 1, len(drawn)), self._share(0.12))):
            answered = drawn[rng.randrange(max(0, at - 400), at - _REPLY_DISTANCE)]
            willing = [c.recipient for c in answered.copies if c.recipient != MERGED and not c.refused]
            if not willing or (at >= noon and drawn[at].copies[-1].recipient == MERGED):
                continue
            rest = [copy for copy in drawn[at].copies if copy.recipient not in {answered.sender, willing[0]}]
            copies = (self._copy(answered.sender), *rest[:-1])
            drawn[at] = replace(
                drawn[at],
                sender=willing[0],
                notation=spread.notation(rng, drawn[at].kind, willing[0]),
                answers=answered.identity,
                copies=copies,
            )

    def _sign(self, drawn: list[Planned]) -> None:
        """Choose a few with small attachments to be signed: signing costs."""
        small = [at for at, each in enumerate(drawn) if sum(file.size for file in each.files) < 100_000]
        for at in self._rng.sample(small, self._share(0.01)):
            drawn[at] = replace(drawn[at], signed=True)

    def _change(self, drawn: list[Planned], replaced: int) -> dict[str, Planned]:
        """Choose what is taken back, updated and replaced; return the replacements."""
        fit = [at for at, each in enumerate(drawn) if _changeable(each)]
        recalled, updated = self._share(0.02), self._share(0.03)
        chosen = self._rng.sample(fit, recalled + updated + replaced)
        kinds = [Change.RECALL] * recalled + [Change.UPDATE] * updated + [Change.REPLACE] * replaced
        replacements = {}
        for at, kind in zip(chosen, kinds, strict=True):
            drawn[at] = replace(drawn[at], change=kind)
            if kind is Change.REPLACE:
                replacements[drawn[at].code] = self._replacement(drawn[at])
        return replacements

    def _replacement(self, old: Planned) -> Planned:
        self._number += 1
        return replace(
            old,
            number=str(self._number),
            promulgated=self._today,
            subject=f"{old.subject} (thay thế)",
            copies=tuple(self._copy(copy.recipient) for copy in old.copies),
            files=spread.files(self._rng, large=False),
            signed=False,
            answers=None,
            replaces=old.identity,
            change=Change.NONE,
        )


def _changeable(document: Planned) -> bool:
    """Tell whether its sender is there all day, and somebody holds it whose code does not change."""
    stable = all(copy.recipient != MERGED for copy in document.copies)
    held = any(copy.walk[-1] != d.STATUS_REFUSED for copy in document.copies)
    return document.sender != MERGED and stable and held
