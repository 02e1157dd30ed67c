"""The README names everything that callers meet."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import descriptor_pool
from identity_service.reason import Reason, refused
from identity_service.settings import Settings
from identity_service.views.agencies import AGENCIES
from identity_service.views.systems import SYSTEMS

README = (Path(__file__).resolve().parents[1] / "README.md").read_text()
SERVICES = ("lienthong.identity.v1.AgencyService", "lienthong.identity.v1.SystemService")
RPCS = [rpc.name for name in SERVICES for rpc in descriptor_pool.Default().FindServiceByName(name).methods]
EVENTS = [name.rpartition(".")[2] for view in (AGENCIES, SYSTEMS) for name in sorted(view.types)]


@pytest.mark.parametrize(
    "name", [*RPCS, *EVENTS, *Reason.__members__, *(field.upper() for field in Settings.model_fields)]
)
def test_the_readme_names(name: str) -> None:
    assert f"`{name}`" in README


@pytest.mark.parametrize("reason", Reason)
def test_every_refusal_speaks_both_languages_and_names_the_remedy(reason: Reason) -> None:
    refusal = refused(reason, "code", en="Not so; do so.", vi="Sai; hãy sửa.", successor="H42", holder="H43")
    assert [each.field for each in refusal.violations] == ["code"]
    assert refusal.en.endswith(".")
    assert "hãy" in refusal.vi
    assert (";" in refusal.en, "{" in refusal.en + refusal.vi) == (True, False)
