"""National conventions of Vietnam: codes, the working calendar, official documents (edXML).

Pure: no clock, no environment, no I/O but on file objects that the caller hands over. Nothing outside this
library knows a Vietnamese format.
"""
