"""Official documents between agencies: send, deliver, follow, take back, update, replace, reply."""
