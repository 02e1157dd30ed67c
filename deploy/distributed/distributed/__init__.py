"""Every service as processes of its own on one machine, on PostgreSQL and Apache Kafka."""
