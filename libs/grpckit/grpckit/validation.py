"""The constraints in the proto (buf.validate), as one Refusal that lists every field at fault.

Each violation has a stable reason, and sentences in English and Vietnamese that name the limit and never the value
that broke it. A constraint of our own (CEL) gets its id as reason; its message holds both languages, as in
"The end comes after the start. | Ngày kết thúc phải sau ngày bắt đầu."

    REQUEST_INVALID      the request breaks constraints; its violations say which
    NOT_PROTOBUF         the bytes are not the message that the method takes; names the message

Source: https://protovalidate.com/reference/rules/standard_rules/
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from buf.validate import validate_pb2
from decider.refusal import Kind, Refusal, Violation
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError
from protovalidate import Validator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import protovalidate
    from google.protobuf.descriptor import Descriptor
    from google.protobuf.message import Message

# The standard rules by the last part of their id: reason, and the Vietnamese sentence. The English one is
# protovalidate's own, which names the limit.
_RULES = {
    "len": ("WRONG_LENGTH", "Phải có đúng {limit} {unit}."),
    "len_bytes": ("WRONG_LENGTH", "Phải có đúng {limit} byte."),
    "min_len": ("TOO_SHORT", "Phải có ít nhất {limit} {unit}."),
    "min_bytes": ("TOO_SHORT", "Phải có ít nhất {limit} byte."),
    "max_len": ("TOO_LONG", "Chỉ được có nhiều nhất {limit} {unit}."),
    "max_bytes": ("TOO_LONG", "Chỉ được có nhiều nhất {limit} byte."),
    "pattern": ("MALFORMED", "Phải đúng mẫu {limit}."),
    "prefix": ("MALFORMED", "Phải bắt đầu bằng {limit}."),
    "suffix": ("MALFORMED", "Phải kết thúc bằng {limit}."),
    "contains": ("MALFORMED", "Phải chứa {limit}."),
    "not_contains": ("MALFORMED", "Không được chứa {limit}."),
    "const": ("NOT_ALLOWED", "Phải bằng {limit}."),
    "in": ("NOT_ALLOWED", "Phải là một trong các giá trị {limit}."),
    "not_in": ("NOT_ALLOWED", "Không được là một trong các giá trị {limit}."),
    "defined_only": ("NOT_ALLOWED", "Phải là một giá trị đã được định nghĩa."),
    "email": ("NOT_AN_EMAIL", "Phải là địa chỉ thư điện tử hợp lệ."),
    "hostname": ("NOT_A_HOSTNAME", "Phải là tên máy hợp lệ."),
    "host_and_port": ("NOT_A_HOST_AND_PORT", "Phải là tên máy kèm cổng hợp lệ."),
    "uri": ("NOT_A_URI", "Phải là URI hợp lệ."),
    "uuid": ("NOT_A_UUID", "Phải là UUID hợp lệ."),
    "tuuid": ("NOT_A_UUID", "Phải là UUID hợp lệ, không có dấu gạch nối."),
    "finite": ("OUT_OF_RANGE", "Phải là số hữu hạn."),
    "within": ("OUT_OF_RANGE", "Phải cách thời điểm hiện tại không quá {limit}."),
    "min_items": ("TOO_FEW", "Phải có ít nhất {limit} phần tử."),
    "max_items": ("TOO_MANY", "Chỉ được có nhiều nhất {limit} phần tử."),
    "min_pairs": ("TOO_FEW", "Phải có ít nhất {limit} phần tử."),
    "max_pairs": ("TOO_MANY", "Chỉ được có nhiều nhất {limit} phần tử."),
    "unique": ("DUPLICATE", "Các phần tử không được trùng nhau."),
}
_RANGE = re.compile(r"(?:gte?|lte?)(?:_|$)")  # gt, gte_lt, gt_lte_exclusive, lt_now ...
_RANGE_WORDS = (
    ("must be", "Phải"),
    ("greater than or equal to", "lớn hơn hoặc bằng"),
    ("greater than", "lớn hơn"),
    ("less than or equal to", "nhỏ hơn hoặc bằng"),
    ("less than", "nhỏ hơn"),
    (" and ", " và "),
    (" or ", " hoặc "),
    (" now", " thời điểm hiện tại"),
)
_MISSING = ("REQUIRED_MISSING", "A value is required.", "Bắt buộc phải có giá trị.")

_validator = Validator()


def parse(data: bytes, from_string: Callable[[bytes], Message], name: str) -> Message:
    """Read a message; refuses bytes that are none."""
    try:
        return from_string(data)
    except DecodeError:
        raise Refusal(
            Kind.INVALID,
            "NOT_PROTOBUF",
            en=f"The request is not a serialised {name}.",
            vi=f"Dữ liệu yêu cầu không phải là thông điệp {name}.",
            metadata={"expected": name},
        ) from None


def validate(message: Message) -> None:
    """Refuse a message that breaks constraints, naming all of them."""
    found = _validator.collect_violations(message)
    if not found:
        return
    descriptor: Any = message.DESCRIPTOR
    violations = [_violation(one, descriptor) for one in found]
    first = violations[0].field or "the request as a whole"
    raise Refusal(
        Kind.INVALID,
        "REQUEST_INVALID",
        en=f"The request breaks {len(violations)} constraint(s), the first at {first}; see the violations.",
        vi=f"Yêu cầu vi phạm {len(violations)} ràng buộc, trước hết tại {violations[0].field or 'toàn bộ yêu cầu'};"
        " xem chi tiết từng vi phạm.",
        violations=violations,
    )


def _violation(found: protovalidate.Violation, message: Descriptor) -> Violation:
    rule_id = found.proto.rule_id
    path = _path(found)
    rule = rule_id.rpartition(".")[2]
    if _is_missing(found, rule_id):
        return Violation(path, *_MISSING)
    english = found.proto.message
    if english and rule_id != rule and _RANGE.match(rule) and _is_standard(found):
        return Violation(path, "OUT_OF_RANGE", _sentence(english), _in_vietnamese(english))
    if rule in _RULES and _is_standard(found):
        reason, vietnamese = _RULES[rule]
        unit = "byte" if rule_id.startswith("bytes.") else "ký tự"
        limit = _limit(found.rule_value, english)
        return Violation(path, reason, _sentence(english), vietnamese.format(limit=limit, unit=unit))
    return _own(path, rule_id, message)


def _is_missing(found: protovalidate.Violation, rule_id: str) -> bool:
    if rule_id == "required" or rule_id.endswith("_empty"):
        return True
    if rule_id == "enum.not_in":
        return bool(found.field_value == 0)
    return isinstance(found.field_value, str | bytes) and not found.field_value


def _is_standard(found: protovalidate.Violation) -> bool:
    rule = found.proto.rule
    return rule is not None and rule.elements[-1].field_name not in ("cel", "cel_expression")


def _limit(value: object, english: str) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if isinstance(value, str | int | float):
        return str(value)
    return english.rpartition("within ")[2].removesuffix(" of now")  # a message: only its text reads well


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _in_vietnamese(text: str) -> str:
    for english, vietnamese in _RANGE_WORDS:
        text = text.replace(english, vietnamese)
    return text + "."


def _own(path: str, rule_id: str, message: Descriptor) -> Violation:
    reason = re.sub(r"[^A-Z0-9]+", "_", rule_id.upper()).strip("_") or "RULE_BROKEN"
    english, _, vietnamese = _texts_of(message).get(rule_id, "").partition("|")
    return Violation(
        path,
        reason,
        english.strip() or f"Breaks the rule {rule_id}.",
        vietnamese.strip() or f"Vi phạm quy tắc {rule_id}.",
    )


@cache
def _texts_of(message: Descriptor) -> dict[str, str]:
    """Return the messages of our own rules by id. A text computed by a rule is not used: it may hold the value."""
    texts: dict[str, str] = {}
    for descriptor in _reachable(message, set()):
        rules = list(descriptor.GetOptions().Extensions[validate_pb2.message].cel)
        for field in descriptor.fields:
            options = field.GetOptions().Extensions[validate_pb2.field]
            rules += [*options.cel, *options.repeated.items.cel]
        texts.update({rule.id: rule.message for rule in rules if rule.message})
    return texts


def _reachable(message: Descriptor, seen: set[str]) -> Iterator[Descriptor]:
    if message.full_name in seen:
        return
    seen.add(message.full_name)
    yield message
    for field in message.fields:
        if field.type == FieldDescriptor.TYPE_MESSAGE and field.message_type is not None:
            yield from _reachable(field.message_type, seen)


def _path(found: protovalidate.Violation) -> str:
    field = found.proto.field
    if field is None:
        return ""
    path = ""
    for element in field.elements:
        path += f".{element.field_name}" if path else element.field_name
        if element.subscript is not None:
            # A map's text key is the caller's content, so the path does not repeat it.
            text = element.subscript.field == "string_key"
            path += "[key]" if text else f"[{element.subscript.value}]"
    return path
