"""The immutable log: record, store, writer, topic, relay, follower. Start with `record` and `store`."""
