"""The rules that every rendered pod must keep: each a function whose name is the rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chartcheck.finding import Finding
from chartcheck.objects import Rendered
from chartcheck.policy import containers, network, running, secrets

Rule = Callable[[Rendered], Iterator[Finding]]

RULES: tuple[Rule, ...] = (*containers.RULES, *running.RULES, *network.RULES, *secrets.RULES)
