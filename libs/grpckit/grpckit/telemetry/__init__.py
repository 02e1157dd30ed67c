"""What a process tells of itself: traces, metrics and logs.

calls       what is counted, measured and traced of calls: OpenTelemetry's API alone, which does nothing by itself
exporting   the SDK with its exporters, switched on by the environment; imported only then
switch      whether it is switched on
logs        the format of log lines
"""
