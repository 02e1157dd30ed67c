"""What every gRPC service and client of the platform needs, once.

server      the server: everything below around ordinary servicers
guard       what happens to a call before and after its servicer
access      the rule that each method carries in its proto
signing     a system's key and its signature of a call; verifying: the server's side of it
tls         the settings of TLS for both sides; certificates: their files; renewing: the client's channel over TLS
binding     systems that may call only with certificates of theirs
validation  the constraints in the proto, as refusals in English and Vietnamese
errors      a Refusal as a gRPC status and back
call        who is calling, for servicers
client      a channel that signs, limits time, tries again and raises Refusal
process     how a process runs that serves; probes: what Kubernetes asks it; listening: ports beside the calls'
telemetry   traces, metrics and logs
log_service the RPCs with which operators and auditors read a service's log
specification   what tests need: an authority that issues certificates
"""

import os

# gRPC reads it once, at its import, and else writes a line of its own for each connection that is no TLS: every scan of
# the port would fill the log. Whoever looks for such a fault sets it to INFO.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
