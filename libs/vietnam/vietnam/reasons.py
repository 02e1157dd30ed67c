"""Every reason for which this library refuses something: a stable name and what to tell people.

Each text says what is wrong and what to do. `{limit}` and `{other}` are filled with numbers and field names,
never with content of a message or data of a person.
"""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why something was refused. The value is stable: clients may branch on it."""

    AGENCY_CODE_EMPTY = "AGENCY_CODE_EMPTY"
    AGENCY_CODE_TOO_LONG = "AGENCY_CODE_TOO_LONG"
    AGENCY_CODE_CHARACTER = "AGENCY_CODE_CHARACTER"
    AGENCY_CODE_PATTERN = "AGENCY_CODE_PATTERN"

    CITIZEN_NUMBER_LENGTH = "CITIZEN_NUMBER_LENGTH"
    CITIZEN_NUMBER_DIGITS = "CITIZEN_NUMBER_DIGITS"
    CITIZEN_NUMBER_PROVINCE = "CITIZEN_NUMBER_PROVINCE"
    CITIZEN_NUMBER_CENTURY = "CITIZEN_NUMBER_CENTURY"
    CITIZEN_NUMBER_FUTURE_YEAR = "CITIZEN_NUMBER_FUTURE_YEAR"

    TAX_NUMBER_LENGTH = "TAX_NUMBER_LENGTH"
    TAX_NUMBER_DIGITS = "TAX_NUMBER_DIGITS"
    TAX_NUMBER_COMPONENT = "TAX_NUMBER_COMPONENT"
    TAX_NUMBER_CHECK_DIGIT = "TAX_NUMBER_CHECK_DIGIT"

    TIME_WITHOUT_ZONE = "TIME_WITHOUT_ZONE"
    YEAR_OUT_OF_RANGE = "YEAR_OUT_OF_RANGE"
    AMOUNT_NEGATIVE = "AMOUNT_NEGATIVE"
    NO_RULES_FOR_DATE = "NO_RULES_FOR_DATE"

    DOCUMENT_ID_PATTERN = "DOCUMENT_ID_PATTERN"
    DOCUMENT_ID_CONTRADICTS = "DOCUMENT_ID_CONTRADICTS"
    DATE_PATTERN = "DATE_PATTERN"
    DATE_IN_FUTURE = "DATE_IN_FUTURE"
    NUMBER_PATTERN = "NUMBER_PATTERN"
    UNKNOWN_VALUE = "UNKNOWN_VALUE"
    UNKNOWN_STATUS = "UNKNOWN_STATUS"
    STATUS_REASON_REQUIRED = "STATUS_REASON_REQUIRED"
    REQUIRED = "REQUIRED"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    CHARACTER_NOT_ALLOWED = "CHARACTER_NOT_ALLOWED"
    RECIPIENT_MISSING = "RECIPIENT_MISSING"
    RECIPIENT_DUPLICATE = "RECIPIENT_DUPLICATE"
    DUPLICATE_ELEMENT = "DUPLICATE_ELEMENT"
    UNEXPECTED_ELEMENT = "UNEXPECTED_ELEMENT"
    MESSAGE_KIND = "MESSAGE_KIND"
    REFERENCE_DUPLICATE = "REFERENCE_DUPLICATE"
    REFERENCE_WITHOUT_ATTACHMENT = "REFERENCE_WITHOUT_ATTACHMENT"
    ATTACHMENT_DUPLICATE = "ATTACHMENT_DUPLICATE"
    ATTACHMENT_WITHOUT_REFERENCE = "ATTACHMENT_WITHOUT_REFERENCE"
    ATTACHMENT_WITHOUT_CONTENT = "ATTACHMENT_WITHOUT_CONTENT"
    ATTACHMENT_CHANGED = "ATTACHMENT_CHANGED"

    NOT_WELL_FORMED = "NOT_WELL_FORMED"
    ENCODING_NOT_SUPPORTED = "ENCODING_NOT_SUPPORTED"
    DTD_FORBIDDEN = "DTD_FORBIDDEN"
    WRONG_NAMESPACE = "WRONG_NAMESPACE"
    WRONG_ROOT = "WRONG_ROOT"
    BAD_BASE64 = "BAD_BASE64"

    TOO_DEEP = "TOO_DEEP"
    TOO_MANY_ELEMENTS = "TOO_MANY_ELEMENTS"
    TOO_MANY_ATTACHMENTS = "TOO_MANY_ATTACHMENTS"
    ELEMENT_TOO_LONG = "ELEMENT_TOO_LONG"
    HEADER_TOO_LARGE = "HEADER_TOO_LARGE"
    ATTACHMENT_TOO_LARGE = "ATTACHMENT_TOO_LARGE"
    MESSAGE_TOO_LARGE = "MESSAGE_TOO_LARGE"

    ZIP_NOT_SINGLE = "ZIP_NOT_SINGLE"
    ZIP_CORRUPT = "ZIP_CORRUPT"
    ZIP_ENCRYPTED = "ZIP_ENCRYPTED"
    ZIP_METHOD = "ZIP_METHOD"
    ZIP_TOO_LARGE = "ZIP_TOO_LARGE"

    SIGNATURE_MULTIPLE = "SIGNATURE_MULTIPLE"
    SIGNATURE_MISPLACED = "SIGNATURE_MISPLACED"
    SIGNATURE_COVERAGE = "SIGNATURE_COVERAGE"
    SIGNATURE_ALGORITHM = "SIGNATURE_ALGORITHM"
    SIGNATURE_CERTIFICATE = "SIGNATURE_CERTIFICATE"
    SIGNATURE_MISMATCH = "SIGNATURE_MISMATCH"


TEXTS: Final[dict[Reason, tuple[str, str]]] = {
    Reason.AGENCY_CODE_EMPTY: (
        "The agency code is empty; give a code such as G12.18.",
        "Mã định danh cơ quan để trống; cần có mã như G12.18.",
    ),
    Reason.AGENCY_CODE_TOO_LONG: (
        "An agency code has at most {limit} characters.",
        "Mã định danh cơ quan dài tối đa {limit} ký tự.",
    ),
    Reason.AGENCY_CODE_CHARACTER: (
        "An agency code holds only the digits 0-9, the capitals A-Z and dots.",
        "Mã định danh cơ quan chỉ gồm chữ số 0-9, chữ hoa A-Z và dấu chấm.",
    ),
    Reason.AGENCY_CODE_PATTERN: (
        "Not an agency code; write it as G12.18 (QĐ 20/2020) or 000.00.18.G12 (QCVN 102:2016).",
        "Mã cơ quan không đúng cấu trúc; viết như G12.18 (QĐ 20/2020) hoặc 000.00.18.G12 (QCVN 102:2016).",
    ),
    Reason.CITIZEN_NUMBER_LENGTH: (
        "A citizen number has {limit} digits.",
        "Số định danh cá nhân gồm {limit} chữ số.",
    ),
    Reason.CITIZEN_NUMBER_DIGITS: (
        "A citizen number holds digits only.",
        "Số định danh cá nhân chỉ gồm chữ số.",
    ),
    Reason.CITIZEN_NUMBER_PROVINCE: (
        "The first three digits are not the code of a province; check the number.",
        "Ba chữ số đầu không phải mã tỉnh, thành phố; hãy kiểm tra lại số.",
    ),
    Reason.CITIZEN_NUMBER_CENTURY: (
        "The fourth digit names no century and gender in use; check the number.",
        "Chữ số thứ tư không ứng với thế kỷ và giới tính nào; hãy kiểm tra lại số.",
    ),
    Reason.CITIZEN_NUMBER_FUTURE_YEAR: (
        "The year of birth lies in the future; check the number.",
        "Năm sinh ở tương lai; hãy kiểm tra lại số.",
    ),
    Reason.TAX_NUMBER_LENGTH: (
        "A tax number has 10 digits, a branch's 13.",
        "Mã số thuế gồm 10 chữ số, của đơn vị phụ thuộc gồm 13 chữ số.",
    ),
    Reason.TAX_NUMBER_DIGITS: ("A tax number holds digits only.", "Mã số thuế chỉ gồm chữ số."),
    Reason.TAX_NUMBER_COMPONENT: (
        "The serial or branch part of the tax number is zero; check the number.",
        "Phần số thứ tự hoặc số đơn vị phụ thuộc của mã số thuế bằng không; hãy kiểm tra lại.",
    ),
    Reason.TAX_NUMBER_CHECK_DIGIT: (
        "The check digit of the tax number does not match; check the number.",
        "Chữ số kiểm tra của mã số thuế không khớp; hãy kiểm tra lại.",
    ),
    Reason.TIME_WITHOUT_ZONE: (
        "The time has no zone; give a time with its offset.",
        "Thời điểm không có múi giờ; cần ghi rõ múi giờ.",
    ),
    Reason.YEAR_OUT_OF_RANGE: (
        "No calendar is known for that year ({limit}).",
        "Không có lịch cho năm đó ({limit}).",
    ),
    Reason.AMOUNT_NEGATIVE: (
        "The amount must not be negative.",
        "Số lượng không được âm.",
    ),
    Reason.NO_RULES_FOR_DATE: (
        "No rule of working time is in force on that date; configure one.",
        "Không có quy định về thời gian làm việc có hiệu lực vào ngày đó; cần cấu hình.",
    ),
    Reason.DOCUMENT_ID_PATTERN: (
        "Write a document id as OrganId,yyyy/MM/dd,number/notation.",
        "Mã định danh văn bản viết theo dạng OrganId,yyyy/MM/dd,số/ký hiệu.",
    ),
    Reason.DOCUMENT_ID_CONTRADICTS: (
        "The document id contradicts {other} of the same message.",
        "Mã định danh văn bản mâu thuẫn với {other} trong cùng thông điệp.",
    ),
    Reason.DATE_PATTERN: (
        "Write a date as yyyy/MM/dd and a time as yyyy/MM/dd HH:mm:ss.",
        "Ngày viết theo dạng yyyy/MM/dd, thời điểm theo dạng yyyy/MM/dd HH:mm:ss.",
    ),
    Reason.DATE_IN_FUTURE: (
        "The promulgation date lies in the future.",
        "Ngày ban hành ở tương lai.",
    ),
    Reason.NUMBER_PATTERN: (
        "Write a whole number of at most {limit} digits.",
        "Cần ghi số nguyên không quá {limit} chữ số.",
    ),
    Reason.UNKNOWN_VALUE: (
        "The value is not one of the values allowed for this field.",
        "Giá trị không thuộc các giá trị cho phép của trường này.",
    ),
    Reason.UNKNOWN_STATUS: (
        "The processing status is not one of 01, 02, 03, 04, 05, 06, 13, 15, 16.",
        "Trạng thái xử lý không thuộc 01, 02, 03, 04, 05, 06, 13, 15, 16.",
    ),
    Reason.STATUS_REASON_REQUIRED: (
        "A refusal must state its reason.",
        "Từ chối tiếp nhận phải nêu rõ lý do.",
    ),
    Reason.REQUIRED: ("This field is required.", "Trường này bắt buộc phải có."),
    Reason.TEXT_TOO_LONG: (
        "The text is longer than {limit} characters.",
        "Nội dung dài quá {limit} ký tự.",
    ),
    Reason.CHARACTER_NOT_ALLOWED: (
        "The text holds a character that XML cannot carry.",
        "Nội dung có ký tự mà XML không cho phép.",
    ),
    Reason.RECIPIENT_MISSING: (
        "The document has no recipient; name at least one.",
        "Văn bản không có nơi nhận; cần ít nhất một nơi nhận.",
    ),
    Reason.RECIPIENT_DUPLICATE: (
        "The same recipient is named twice.",
        "Một nơi nhận được ghi hai lần.",
    ),
    Reason.DUPLICATE_ELEMENT: (
        "The element may stand only once.",
        "Phần tử chỉ được xuất hiện một lần.",
    ),
    Reason.UNEXPECTED_ELEMENT: (
        "The element must hold text, not other elements.",
        "Phần tử chỉ được chứa văn bản, không chứa phần tử khác.",
    ),
    Reason.MESSAGE_KIND: (
        "The header must hold either MessageHeader or Status.",
        "Phần đầu phải chứa hoặc MessageHeader hoặc Status.",
    ),
    Reason.REFERENCE_DUPLICATE: (
        "Two references of the manifest have the same content id.",
        "Hai tham chiếu trong danh mục có cùng ContentId.",
    ),
    Reason.REFERENCE_WITHOUT_ATTACHMENT: (
        "The manifest names an attachment that is not in the message.",
        "Danh mục nêu tệp đính kèm không có trong thông điệp.",
    ),
    Reason.ATTACHMENT_DUPLICATE: (
        "Two attachments have the same content id.",
        "Hai tệp đính kèm có cùng ContentId.",
    ),
    Reason.ATTACHMENT_WITHOUT_REFERENCE: (
        "The attachment is not named in the manifest.",
        "Tệp đính kèm không được nêu trong danh mục.",
    ),
    Reason.ATTACHMENT_WITHOUT_CONTENT: (
        "The attachment has no content.",
        "Tệp đính kèm không có nội dung.",
    ),
    Reason.ATTACHMENT_CHANGED: (
        "The content does not have the size and SHA-256 that the message states.",
        "Nội dung tệp không khớp kích thước và SHA-256 đã nêu trong thông điệp.",
    ),
    Reason.NOT_WELL_FORMED: (
        "The message is not well-formed XML (line {line}, column {column}).",
        "Thông điệp không phải XML hợp lệ (dòng {line}, cột {column}).",
    ),
    Reason.ENCODING_NOT_SUPPORTED: (
        "The message must be encoded in UTF-8.",
        "Thông điệp phải dùng bảng mã UTF-8.",
    ),
    Reason.DTD_FORBIDDEN: (
        "Document types and entity declarations are forbidden; remove them.",
        "Không được khai báo DOCTYPE hoặc thực thể; hãy bỏ khai báo đó.",
    ),
    Reason.WRONG_NAMESPACE: (
        "The element is not in the namespace of QCVN 102:2016.",
        "Phần tử không thuộc không gian tên của QCVN 102:2016.",
    ),
    Reason.WRONG_ROOT: (
        "The root element must be edXML.",
        "Phần tử gốc phải là edXML.",
    ),
    Reason.BAD_BASE64: (
        "The content of the attachment is not correct base64.",
        "Nội dung tệp đính kèm không đúng mã base64.",
    ),
    Reason.TOO_DEEP: (
        "Elements are nested deeper than {limit} levels.",
        "Các phần tử lồng nhau quá {limit} cấp.",
    ),
    Reason.TOO_MANY_ELEMENTS: (
        "The message has more than {limit} elements.",
        "Thông điệp có quá {limit} phần tử.",
    ),
    Reason.TOO_MANY_ATTACHMENTS: (
        "The message has more than {limit} attachments.",
        "Thông điệp có quá {limit} tệp đính kèm.",
    ),
    Reason.ELEMENT_TOO_LONG: (
        "The text of one element is longer than {limit} characters.",
        "Nội dung một phần tử dài quá {limit} ký tự.",
    ),
    Reason.HEADER_TOO_LARGE: (
        "What surrounds the attachments is larger than {limit} bytes.",
        "Phần ngoài tệp đính kèm lớn quá {limit} byte.",
    ),
    Reason.ATTACHMENT_TOO_LARGE: (
        "The attachment is larger than {limit} bytes.",
        "Tệp đính kèm lớn quá {limit} byte.",
    ),
    Reason.MESSAGE_TOO_LARGE: (
        "The message is larger than {limit} bytes.",
        "Thông điệp lớn quá {limit} byte.",
    ),
    Reason.ZIP_NOT_SINGLE: (
        "The file is not a ZIP archive of exactly one file.",
        "Tệp không phải tệp nén ZIP chứa đúng một tệp.",
    ),
    Reason.ZIP_CORRUPT: ("The ZIP archive is damaged.", "Tệp nén ZIP bị hỏng."),
    Reason.ZIP_ENCRYPTED: (
        "The ZIP archive is encrypted; send it without a password.",
        "Tệp nén ZIP có mật khẩu; hãy gửi tệp không đặt mật khẩu.",
    ),
    Reason.ZIP_METHOD: (
        "The ZIP archive uses a compression other than deflate.",
        "Tệp nén ZIP dùng phương pháp nén khác deflate.",
    ),
    Reason.ZIP_TOO_LARGE: (
        "Unpacked, the file would be larger than {limit} bytes.",
        "Sau khi giải nén, tệp lớn quá {limit} byte.",
    ),
    Reason.SIGNATURE_MULTIPLE: (
        "The message holds more than one signature.",
        "Thông điệp có nhiều hơn một chữ ký.",
    ),
    Reason.SIGNATURE_MISPLACED: (
        "The signature does not stand in DigitalSignature of the header.",
        "Chữ ký không nằm trong DigitalSignature của phần đầu.",
    ),
    Reason.SIGNATURE_COVERAGE: (
        "The signature does not cover the whole message.",
        "Chữ ký không bao trùm toàn bộ thông điệp.",
    ),
    Reason.SIGNATURE_ALGORITHM: (
        "The signature does not use RSA-SHA256, SHA-256 and exclusive C14N.",
        "Chữ ký không dùng RSA-SHA256, SHA-256 và exclusive C14N.",
    ),
    Reason.SIGNATURE_CERTIFICATE: (
        "The signer's certificate is missing, damaged or not valid at that time.",
        "Chứng thư số của người ký bị thiếu, hỏng hoặc không còn hiệu lực tại thời điểm đó.",
    ),
    Reason.SIGNATURE_MISMATCH: (
        "The signature does not match: the message was changed after signing.",
        "Chữ ký không khớp: thông điệp đã bị thay đổi sau khi ký.",
    ),
}
