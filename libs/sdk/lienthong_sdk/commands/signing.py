"""Signing for other clients: what to add to a call that another tool makes, such as grpcurl."""

from __future__ import annotations

import base64
import os
from datetime import UTC, datetime
from typing import Annotated

import typer
from google.protobuf import descriptor_pool, json_format
from google.protobuf.message_factory import GetMessageClass
from grpckit.signing import payload_prefix

from lienthong_sdk.session import KeyOption, fail, out, signer


def sign(
    method: Annotated[str, typer.Argument(help='"lienthong.docexchange.v1.MailboxService/ListInbox".')],
    request: Annotated[str, typer.Argument(help="The request as JSON, as it is given to grpcurl.")],
    key: KeyOption,
) -> None:
    """Print the headers of a signed call, for grpcurl: they hold for one call within a minute."""
    service, _, name = method.strip("/").partition("/")
    try:
        descriptor = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]
    except KeyError:
        fail(f"no method {method}; give it as package.Service/Method")
    message = GetMessageClass(descriptor.input_type)()
    try:
        json_format.Parse(request, message)
    except json_format.ParseError as error:
        fail(f"the request is no {descriptor.input_type.full_name}: {error}")
    prefix = payload_prefix(f"/{service}/{name}", descriptor.input_type.full_name)
    body = message.SerializeToString(deterministic=True)
    for header, value in signer(key).sign(prefix, body, datetime.now(UTC), os.urandom(16)):
        text = base64.b64encode(value).decode() if isinstance(value, bytes) else value
        out.print(f"-H {header}:{text}", markup=False, soft_wrap=True)
