"""The access rule that every method carries in its proto (lienthong.access.v1.rule).

    MissingAccessRule    a server may not be built: names each method whose rule is absent or invalid

Refused when called, each with its stable reason:

    CALLER_NOT_ALLOWED   the method is not for this kind of caller; names the kinds
    SCOPE_MISSING        the system's enrolment lacks the method's scope; names it
    PERSON_NOT_PROVEN    the method asks for a person's assurance level, which a system's signature cannot prove
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from decider.refusal import Kind, Refusal
from lienthong.access.v1 import rule_pb2
from lienthong.identity.v1 import system_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

_ROLE_OF_CALLER: Mapping[rule_pb2.Caller.ValueType, system_pb2.SystemRole.ValueType] = {
    rule_pb2.CALLER_AGENCY: system_pb2.SYSTEM_ROLE_AGENCY,
    rule_pb2.CALLER_OPERATOR: system_pb2.SYSTEM_ROLE_OPERATOR,
    rule_pb2.CALLER_AUDITOR: system_pb2.SYSTEM_ROLE_AUDITOR,
}
_NAMES = {
    rule_pb2.CALLER_ANYONE: ("anyone", "mọi đối tượng"),
    rule_pb2.CALLER_AGENCY: ("agencies", "cơ quan"),
    rule_pb2.CALLER_OPERATOR: ("the operator", "đơn vị vận hành"),
    rule_pb2.CALLER_AUDITOR: ("auditors", "kiểm toán viên"),
}


class MissingAccessRule(Exception):
    """`faults`: for each method (full RPC name) what is wrong with its rule."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        lines = (f"{method}: {fault}" for method, fault in faults.items())
        super().__init__("methods without a valid access rule:\n  " + "\n  ".join(lines))
        self.faults = dict(faults)


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Who may call a method; whatever it does not allow is denied."""

    callers: frozenset[rule_pb2.Caller.ValueType]
    scope: str
    signed: bool
    assurance_level: rule_pb2.AssuranceLevel.ValueType
    roles: frozenset[system_pb2.SystemRole.ValueType]

    def check(self, role: system_pb2.SystemRole.ValueType, scopes: frozenset[str]) -> None:
        """Refuse a signed caller whom the rule does not allow."""
        if role not in self.roles:
            raise self._not_allowed()
        if self.scope and self.scope not in scopes:
            raise Refusal(
                Kind.FORBIDDEN,
                "SCOPE_MISSING",
                en=f"The system's enrolment lacks the scope {self.scope}; ask the platform's operator for it.",
                vi=f"Hệ thống chưa được cấp phạm vi {self.scope}; hãy đề nghị đơn vị vận hành cấp.",
                metadata={"scope": self.scope},
            )
        if self.assurance_level:
            raise Refusal(
                Kind.FORBIDDEN,
                "PERSON_NOT_PROVEN",
                en="The method asks for an authenticated person behind the call, and none is proven.",
                vi="Phương thức này yêu cầu người thực hiện đã được xác thực điện tử.",
            )

    def _not_allowed(self) -> Refusal:
        names = [_NAMES[caller] for caller in sorted(self.callers)]
        return Refusal(
            Kind.FORBIDDEN,
            "CALLER_NOT_ALLOWED",
            en=f"This method is for {', '.join(english for english, _ in names)} only.",
            vi=f"Phương thức này chỉ dành cho {', '.join(vietnamese for _, vietnamese in names)}.",
        )


def _compile(rule: rule_pb2.Rule) -> AccessRule:
    callers = frozenset(rule.callers)
    anyone = rule_pb2.CALLER_ANYONE in callers
    roles = _ROLE_OF_CALLER.values() if anyone else [_ROLE_OF_CALLER[caller] for caller in callers]
    signed = rule.signature == rule_pb2.SIGNATURE_REQUIRED
    return AccessRule(callers, rule.scope, signed, rule.assurance_level, frozenset(roles))


# gRPC's own health and reflection services carry no option of ours: anyone may call them, unsigned.
BUILT_IN = _compile(rule_pb2.Rule(callers=[rule_pb2.CALLER_ANYONE], signature=rule_pb2.SIGNATURE_NONE))
BUILT_IN_SERVICES = frozenset({"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"})


def rules_of(services: Iterable[ServiceDescriptor]) -> dict[str, AccessRule]:
    """Return the rule of every method by full RPC name; MissingAccessRule names all that have none or a bad one."""
    rules: dict[str, AccessRule] = {}
    faults: dict[str, str] = {}
    for service in services:
        for method in service.methods:
            name = f"/{service.full_name}/{method.name}"
            if service.full_name in BUILT_IN_SERVICES:
                rules[name] = BUILT_IN
                continue
            fault = _fault(method)
            if fault:
                faults[name] = fault
            else:
                rules[name] = _compile(method.GetOptions().Extensions[rule_pb2.rule])
    if faults:
        raise MissingAccessRule(faults)
    return rules


def _fault(method: MethodDescriptor) -> str:
    options = method.GetOptions()
    if not options.HasExtension(rule_pb2.rule):
        return "has no option (lienthong.access.v1.rule)"
    rule = options.Extensions[rule_pb2.rule]
    if not rule.callers:
        return "names no caller"
    if not set(rule.callers) <= _NAMES.keys():
        return "names CALLER_UNSPECIFIED or a caller this program does not know"
    if rule.signature == rule_pb2.SIGNATURE_NONE:
        return _fault_unsigned(rule)
    if rule.signature != rule_pb2.SIGNATURE_REQUIRED:
        return "does not say whether the call must be signed"
    return ""


def _fault_unsigned(rule: rule_pb2.Rule) -> str:
    if list(rule.callers) != [rule_pb2.CALLER_ANYONE]:
        return "names callers that only a signature can tell apart, and asks for none"
    if rule.scope or rule.assurance_level:
        return "asks an unsigned caller for a scope or an assurance level"
    return ""
