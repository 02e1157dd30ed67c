{{/* What is wrong with the ways in and out: certificates, gateway, federation. */}}

{{- define "lienthong.gateway.route" -}}
{{- $route := .Values.gateway.route -}}
{{- ternary (ternary "tls" "grpc" (not (empty (include "lienthong.tls" .)))) $route (eq $route "auto") -}}
{{- end -}}

{{- define "lienthong.validate.tls" -}}
{{- $tls := .Values.tls -}}
{{- if and (eq $tls.mode "certManager") (not $tls.certManager.issuer.name) -}}
{{- fail "tls.certManager.issuer.name is missing: name an Issuer or ClusterIssuer, or set tls.mode to secret" -}}
{{- end -}}
{{- if eq $tls.mode "secret" -}}
{{- $names := ternary (list "platform") (include "lienthong.enabled" . | fromYaml).names (not (empty (include "lienthong.together" .))) -}}
{{- range $name := $names -}}
{{- $it := ternary (include "lienthong.platform" $) (include "lienthong.component" (dict "root" $ "name" $name)) (eq $name "platform") | fromYaml -}}
{{- if not ($it.tls.secret | default $tls.secret.name) -}}
{{- fail (printf "tls.secret.name is missing: name the Secret with tls.crt, tls.key and ca.crt (or give it for %s alone, as tls.secret)" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "lienthong.validate.gateway" -}}
{{- $gateway := .Values.gateway -}}
{{- if $gateway.enabled -}}
{{- $route := include "lienthong.gateway.route" . -}}
{{- if eq (empty $gateway.className) (empty $gateway.parent.name) -}}
{{- fail "gateway: give either className (a Gateway is made) or parent.name (one that is there)" -}}
{{- end -}}
{{- if not $gateway.hostnames -}}
{{- fail "gateway.hostnames is missing: give a public name for each component that is exposed, such as identity: identity.example.vn" -}}
{{- end -}}
{{- range $name, $_ := $gateway.hostnames -}}
{{- if not (has $name (include "lienthong.enabled" $ | fromYaml).names) -}}
{{- fail (printf "gateway.hostnames.%s: there is no such component" $name) -}}
{{- end -}}
{{- end -}}
{{- if and (eq $route "tls") (not (include "lienthong.tls" .)) -}}
{{- fail "gateway.route: tls passes TLS through, but tls.mode is none: the services speak none. Set tls.mode, or gateway.route to grpc" -}}
{{- end -}}
{{- if and (eq $route "grpc") (include "lienthong.tls" .) (eq .Values.tls.clients "required") -}}
{{- fail "gateway.route: grpc ends TLS at the gateway, so no client's certificate reaches the services, and tls.clients: required would refuse all. Set gateway.route to tls, or tls.clients to none" -}}
{{- end -}}
{{- if and (eq $route "grpc") (include "lienthong.tls" .) (not $gateway.backendAuthorities) -}}
{{- fail "gateway.backendAuthorities is missing: a ConfigMap with ca.crt, by which the gateway knows the services" -}}
{{- end -}}
{{- if and (eq $route "grpc") $gateway.className (not $gateway.certificateSecret) -}}
{{- fail "gateway.certificateSecret is missing: the certificate with which the gateway ends TLS" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "lienthong.validate.federation" -}}
{{- $federation := .Values.federation -}}
{{- if $federation.enabled -}}
{{- if not $federation.name -}}
{{- fail "federation.name is missing: what this platform is called by the others, unlike any of them" -}}
{{- end -}}
{{- if eq $federation.name $federation.upstream.name -}}
{{- fail (printf "federation.name and federation.upstream.name are both %s: topics of the two could not be told apart. Give this platform a name of its own" $federation.name) -}}
{{- end -}}
{{- if not $federation.upstream.bootstrap -}}
{{- fail "federation.upstream.bootstrap is missing: host:port of the brokers above" -}}
{{- end -}}
{{- if eq .Values.kafka.mode "embedded" -}}
{{- fail "federation.enabled excludes kafka.mode: embedded, since a local topic cannot be mirrored. Set kafka.mode to external or strimzi" -}}
{{- end -}}
{{- if and (ne $federation.upstream.authentication "none") (not $federation.upstream.secret) -}}
{{- fail "federation.upstream.secret is missing: the credentials of this platform's user there, or set federation.upstream.authentication to none" -}}
{{- end -}}
{{- if and (eq .Values.kafka.mode "external") (ne .Values.kafka.external.security "PLAINTEXT") (not $federation.local.secret) -}}
{{- fail "federation.local.secret is missing: kafka.external.security wants credentials, and MirrorMaker 2 needs a user of its own" -}}
{{- end -}}
{{- range $federation.give -}}
{{- if not (has . (include "lienthong.enabled" $ | fromYaml).names) -}}
{{- fail (printf "federation.give names %s, which is no component of this platform" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
