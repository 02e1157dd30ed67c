"""Secrets lie in Secrets: who may read a ConfigMap or a pod's description must not find one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chartcheck.finding import Finding
from chartcheck.objects import Rendered

_NAME = re.compile(r"(PASSWORD|PASSWD|SECRET|TOKEN|_KEY|CREDENTIALS?)$", re.IGNORECASE)
_HARMLESS_NAME = re.compile(r"PUBLIC_KEY$", re.IGNORECASE)
_HARMLESS_VALUE = re.compile(r"^(/[\w./-]*|\$\([A-Z_a-z][\w]*\))?$")  # a path, another variable, nothing
_CREDENTIALS = re.compile(r"://[^\s/@:]*:(?!\$\()[^\s/@]+@")
_PRIVATE = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bpassword=(?!\$\()[^\s&;]+", re.IGNORECASE)
_REMEDY = "Put it in a Secret, and refer to it by secretKeyRef"


def no_plain_variable_holds_a_secret(rendered: Rendered) -> Iterator[Finding]:
    """Look through every pod's description, which many may read."""
    for pod in rendered.pods():
        for container in pod.containers:
            for variable in container.get("env") or []:
                if "value" in variable and _is_secret(variable["name"], str(variable["value"])):
                    where = f"{pod.owner.where} container {container.get('name')}"
                    yield Finding(where, f"the variable {variable['name']} holds a secret in plain", _REMEDY)


def no_config_map_holds_a_secret(rendered: Rendered) -> Iterator[Finding]:
    """Look through every ConfigMap, which many may read."""
    for each in rendered.of_kind("ConfigMap"):
        for name, value in (each.body.get("data") or {}).items():
            if _is_secret(name, str(value)):
                yield Finding(each.where, f"{name} holds a secret", _REMEDY)


RULES = (no_plain_variable_holds_a_secret, no_config_map_holds_a_secret)


def _is_secret(name: str, value: str) -> bool:
    """Judge by the name, and by what only a secret looks like."""
    if _CREDENTIALS.search(value) or _PRIVATE.search(value):
        return True
    return bool(_NAME.search(name) and not _HARMLESS_NAME.search(name) and not _HARMLESS_VALUE.match(value))
