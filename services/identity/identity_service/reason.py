"""Why identity refuses: each reason with its kind and what people are told, with the remedy.

Reasons are stable; programs act on them.
"""

from __future__ import annotations

from enum import Enum

from decider.refusal import Kind, Refusal


class Reason(Enum):
    """A reason: kind, English, Vietnamese. `{...}` are codes and ids, never names."""

    AGENCY_CODE_MALFORMED = (Kind.INVALID, "{en}", "{vi}")  # the texts are those of vietnam.agency_code
    AGENCY_EXISTS = (
        Kind.ALREADY_EXISTS,
        "An agency with this code is registered already; change that one, or check the code.",
        "Mã định danh này đã được đăng ký; hãy cập nhật cơ quan đó hoặc kiểm tra lại mã.",
    )
    AGENCY_UNKNOWN = (
        Kind.NOT_FOUND,
        "No agency is registered with this code; register it first, or check the code.",
        "Chưa có cơ quan nào đăng ký mã này; hãy đăng ký trước hoặc kiểm tra lại mã.",
    )
    AGENCY_SUCCEEDED = (
        Kind.NOT_NOW,
        "The agency was merged into {successor} and changes no more; turn to {successor}.",
        "Cơ quan này đã sáp nhập vào {successor} và không thay đổi được nữa; hãy thực hiện với {successor}.",
    )
    AGENCY_NOT_ACTIVE = (
        Kind.NOT_NOW,
        "The agency is suspended or was merged; resume it, or name its successor.",
        "Cơ quan này đang tạm ngừng hoặc đã sáp nhập; hãy cho hoạt động lại hoặc dùng mã cơ quan kế thừa.",
    )
    PARENT_UNKNOWN = (
        Kind.NOT_FOUND,
        "No agency is registered with the parent's code; register the parent first, or check the code.",
        "Chưa có cơ quan nào đăng ký mã của cơ quan cấp trên; hãy đăng ký cơ quan đó trước hoặc kiểm tra lại mã.",
    )
    PARENT_NOT_ACTIVE = (
        Kind.NOT_NOW,
        "The parent is suspended or was merged; resume it, or name another parent.",
        "Cơ quan cấp trên đang tạm ngừng hoặc đã sáp nhập; hãy cho hoạt động lại hoặc chọn cơ quan cấp trên khác.",
    )
    PARENT_CYCLE = (
        Kind.NOT_NOW,
        "An agency cannot stand under itself or under one below it; name another parent.",
        "Cơ quan không thể trực thuộc chính mình hoặc đơn vị cấp dưới của mình; hãy chọn cơ quan cấp trên khác.",
    )
    SUCCESSOR_SELF = (
        Kind.INVALID,
        "An agency cannot be merged into itself; name the agency that takes over.",
        "Cơ quan không thể sáp nhập vào chính mình; hãy nêu cơ quan tiếp nhận nhiệm vụ.",
    )
    SUCCESSOR_UNKNOWN = (
        Kind.NOT_FOUND,
        "No agency is registered with the successor's code; register the successor first, or check the code.",
        "Chưa có cơ quan nào đăng ký mã của cơ quan kế thừa; hãy đăng ký cơ quan đó trước hoặc kiểm tra lại mã.",
    )
    SUCCESSOR_NOT_ACTIVE = (
        Kind.NOT_NOW,
        "The successor is suspended or was merged itself; {holder} holds its tasks: resume or name that one.",
        "Cơ quan kế thừa đang tạm ngừng hoặc đã sáp nhập; hãy cho hoạt động lại hoặc dùng {holder} đang giữ nhiệm vụ.",
    )
    SUCCESSION_CYCLE = (
        Kind.NOT_NOW,
        "The successor was itself merged into this agency; name an agency that still holds its tasks.",
        "Cơ quan kế thừa đã sáp nhập vào chính cơ quan này; hãy nêu cơ quan còn giữ nhiệm vụ.",
    )
    EFFECTIVE_DATE_INVALID = (
        Kind.INVALID,
        "There is no such day; give year, month and day from which the merger holds.",
        "Ngày không có thực; hãy ghi đủ năm, tháng, ngày việc sáp nhập có hiệu lực.",
    )
    SYSTEM_EXISTS = (
        Kind.ALREADY_EXISTS,
        "A system with this id is enrolled already; choose another id, or rotate its key.",
        "Mã hệ thống này đã được đăng ký; hãy chọn mã khác hoặc thay khóa của hệ thống đó.",
    )
    SYSTEM_UNKNOWN = (
        Kind.NOT_FOUND,
        "No system is enrolled with this id; enrol it first, or check the id.",
        "Chưa có hệ thống nào đăng ký mã này; hãy đăng ký trước hoặc kiểm tra lại mã.",
    )
    AGENCY_REQUIRED = (
        Kind.INVALID,
        "A system of an agency needs the agency's code; give it.",
        "Hệ thống của cơ quan phải có mã cơ quan; hãy bổ sung.",
    )
    AGENCY_NOT_ALLOWED = (
        Kind.INVALID,
        "A system of the operator or of an auditor belongs to no agency; leave the agency empty.",
        "Hệ thống của đơn vị vận hành hoặc kiểm toán không thuộc cơ quan nào; hãy để trống mã cơ quan.",
    )
    PUBLIC_KEY_INVALID = (
        Kind.INVALID,
        "The bytes are no Ed25519 public key; make a key pair and send the 32 bytes of its public key.",
        "Dữ liệu không phải khóa công khai Ed25519; hãy tạo cặp khóa và gửi 32 byte của khóa công khai.",
    )
    CERTIFICATE_NAME_MALFORMED = (
        Kind.INVALID,
        "A certificate's name is a DNS name without a wildcard, or a URI; give its subject alternative names.",
        "Tên trong chứng thư phải là tên miền không có ký tự đại diện hoặc URI; hãy ghi đúng tên thay thế của chủ thể.",
    )
    KEY_USED_BEFORE = (
        Kind.ALREADY_EXISTS,
        "The system has, or had, this key; make a new key pair.",
        "Hệ thống đang hoặc đã từng dùng khóa này; hãy tạo cặp khóa mới.",
    )
    KEY_NOT_ENROLLED = (
        Kind.NOT_FOUND,
        "The system never had a key with this id; read the system to see its keys.",
        "Hệ thống chưa từng có khóa với mã này; hãy tra cứu hệ thống để xem các khóa.",
    )
    NOT_OWN_KEY = (
        Kind.FORBIDDEN,
        "A system changes only its own keys; sign with that system's key, or ask the platform's operator.",
        "Hệ thống chỉ được thay đổi khóa của mình; hãy ký bằng khóa của hệ thống đó hoặc liên hệ đơn vị vận hành.",
    )
    LAST_OPERATOR_KEY = (
        Kind.NOT_NOW,
        "No key of the operator would remain that needs no certificate; rotate it, or enrol another operator, first.",
        "Đơn vị vận hành sẽ không còn khóa nào không cần chứng thư; hãy thay khóa hoặc đăng ký hệ thống khác trước.",
    )


def refused(reason: Reason, field: str, **values: str) -> Refusal:
    """Make the refusal for a reason at a field of the request."""
    kind, english, vietnamese = reason.value
    metadata = {} if reason is Reason.AGENCY_CODE_MALFORMED else values
    return Refusal(
        kind,
        reason.name,
        en=english.format(**values),
        vi=vietnamese.format(**values),
        field=field,
        metadata=metadata,
    )
