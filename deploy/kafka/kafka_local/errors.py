"""What keeps a local Kafka from running: one sentence, for whoever started it."""


class KafkaLocalError(Exception):
    """A local Kafka cannot be had; the text says why and what would help."""
