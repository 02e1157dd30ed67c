"""What every adapter of a port must do, as test classes: an adapter subclasses one and is done when it is green.

`eventlog.conformance.store.StoreConformance`    for a store
`eventlog.conformance.topic.TopicConformance`    for a topic

They need pytest and hypothesis, which the library itself does not.
"""

import pytest

_CASES = (
    "audit",
    "material",
    "store_appends",
    "store_model",
    "store_races",
    "store_reading",
    "store_requests",
    "topic",
)
pytest.register_assert_rewrite(*(f"eventlog.conformance.{name}" for name in _CASES))
