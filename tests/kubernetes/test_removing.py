"""What is left when the platform is taken out."""

from __future__ import annotations

from tests.kubernetes.installed import Installed
from tests.kubernetes.settings import RELEASE

_KINDS = (
    "deployments,statefulsets,services,configmaps,networkpolicies,poddisruptionbudgets,serviceaccounts,jobs,"
    "persistentvolumeclaims,horizontalpodautoscalers"
)


def test_what_is_left_is_the_number_of_partitions_and_the_last_migration(platform: Installed) -> None:
    platform.uninstall()
    left = platform.cluster.kubectl("get", _KINDS, "-l", f"app.kubernetes.io/instance={RELEASE}", "-o", "name").split()
    assert sorted(left) == [f"configmap/{RELEASE}-partitions", f"job.batch/{RELEASE}-migrate"]
