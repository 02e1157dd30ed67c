"""What every gRPC service and client of the platform needs, once.

server      the server: everything below around ordinary servicers
guard       what happens to a call before and after its servicer
access      the rule that each method carries in its proto
signing     a system's key and its signature of a call; verifying: the server's side of it
validation  the constraints in the proto, as refusals in English and Vietnamese
errors      a Refusal as a gRPC status and back
call        who is calling, for servicers
client      a channel that signs, limits time, tries again and raises Refusal
log_service the RPCs with which operators and auditors read a service's log
"""
