{{/* The two ends of the federation as MirrorMaker 2 takes them, with the copies that a topic has there. */}}

{{- define "lienthong.federation.upstream" -}}
{{- $upstream := .Values.federation.upstream -}}
alias: {{ $upstream.name }}
bootstrapServers: {{ $upstream.bootstrap }}
replication: {{ $upstream.replication }}
{{- with $upstream.caSecret }}
tls: {trustedCertificates: [{secretName: {{ . }}, certificate: ca.crt}]}
{{- end }}
{{- include "lienthong.federation.login" (dict "type" $upstream.authentication "secret" $upstream.secret "username" $upstream.username) }}
{{- end -}}

{{- define "lienthong.federation.local" -}}
{{- $strimzi := eq .Values.kafka.mode "strimzi" -}}
{{- $security := include "lienthong.kafka.security" . -}}
{{- $type := "none" -}}
{{- if eq $security "SSL" }}{{ $type = "tls" }}{{ end -}}
{{- if hasPrefix "SASL" $security }}{{ $type = ternary "scram-sha-512" (lower .Values.kafka.external.mechanism) $strimzi }}{{ end -}}
{{- $user := printf "%s-federation" (include "lienthong.fullname" .) -}}
alias: {{ .Values.federation.name }}
bootstrapServers: {{ include "lienthong.kafka.bootstrap" . }}
replication: {{ .Values.federation.local.replication }}
{{- with include "lienthong.kafka.ca" . | fromYaml }}
{{- if .secret }}
tls: {trustedCertificates: [{secretName: {{ .secret }}, certificate: {{ .key }}}]}
{{- end }}
{{- end }}
{{- include "lienthong.federation.login" (dict "type" $type "secret" (ternary $user .Values.federation.local.secret $strimzi) "username" (ternary $user .Values.federation.local.username $strimzi)) }}
{{- end -}}

{{- define "lienthong.federation.login" -}}
{{- if and (eq .type "tls") .secret }}
authentication:
  type: tls
  certificateAndKey: {secretName: {{ .secret }}, certificate: user.crt, key: user.key}
{{- else if hasPrefix "scram" .type }}
authentication:
  type: {{ .type }}
  username: {{ .username }}
  passwordSecret: {secretName: {{ .secret }}, password: password}
{{- end }}
{{- end -}}
