{{/* What a component is set to: `defaults` under its own entry. Both as YAML, to be read with fromYaml. */}}

{{- define "lienthong.component" -}}
{{- mustMergeOverwrite (deepCopy .root.Values.defaults) (deepCopy (index .root.Values.components .name | default dict)) | toYaml -}}
{{- end -}}

{{- define "lienthong.platform" -}}
{{- mustMergeOverwrite (deepCopy .Values.defaults) (deepCopy .Values.platform) (dict "replicas" 1 "keepsBlobs" true) | toYaml -}}
{{- end -}}

{{/* The names of the components that are enabled, in order, as {names: [...]}. */}}
{{- define "lienthong.enabled" -}}
names:
{{- range $name, $_ := .Values.components }}
{{- if (include "lienthong.component" (dict "root" $ "name" $name) | fromYaml).enabled }}
  - {{ $name }}
{{- end }}
{{- end }}
{{- end -}}

{{/* "true" where all components are one process: a local topic is a file that one process alone fills. */}}
{{- define "lienthong.together" -}}
{{- if and (eq .Values.database.mode "embedded") (eq .Values.kafka.mode "embedded") -}}true{{- end -}}
{{- end -}}

{{- define "lienthong.tls" -}}
{{- if ne .Values.tls.mode "none" -}}true{{- end -}}
{{- end -}}

{{/* What every process is told, whichever components run in it; plain values only. */}}
{{- define "lienthong.settings.process" -}}
{{- $v := .root.Values -}}
LIENTHONG_PROBES_HOST: "0.0.0.0"
LIENTHONG_PROBES_PORT: "7080"
LIENTHONG_LOG_FORMAT: {{ $v.telemetry.logs.format | quote }}
LIENTHONG_LOG_LEVEL: {{ $v.telemetry.logs.level | quote }}
{{- if $v.telemetry.metrics.enabled }}
LIENTHONG_METRICS_HOST: "0.0.0.0"
LIENTHONG_METRICS_PORT: "9464"
{{- end }}
{{- if include "lienthong.tls" .root }}
LIENTHONG_TLS_CERTIFICATE: /etc/lienthong/tls/tls.crt
LIENTHONG_TLS_KEY: /etc/lienthong/tls/tls.key
{{- if eq $v.tls.clients "required" }}
LIENTHONG_TLS_CLIENT_CA: {{ ternary "/etc/lienthong/client-authorities/ca.crt" "/etc/lienthong/tls/ca.crt" (not (empty $v.tls.clientAuthorities.secret)) }}
{{- end }}
{{- else }}
LIENTHONG_TLS_PLAINTEXT: allowed
{{- end }}
{{- include "lienthong.settings.kafka" . }}
{{- with $v.telemetry.traces }}
{{- if .endpoint }}
OTEL_EXPORTER_OTLP_ENDPOINT: {{ .endpoint | quote }}
OTEL_EXPORTER_OTLP_PROTOCOL: grpc
OTEL_TRACES_SAMPLER: {{ .sampler | quote }}
OTEL_TRACES_SAMPLER_ARG: {{ .ratio | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What one component is told, under its prefix; `listens` is false for the platform, which chooses ports itself. */}}
{{- define "lienthong.settings.component" -}}
{{- $prefix := printf "LIENTHONG_%s" (upper .name) -}}
{{- if .listens }}
{{ $prefix }}_HOST: "0.0.0.0"
{{ $prefix }}_PORT: "7000"
{{ $prefix }}_DATA: /var/lib/lienthong
{{ $prefix }}_PARTITIONS: {{ .it.partitions | quote }}
{{ $prefix }}_DRAIN: {{ .it.shutdown.drainSeconds | quote }}
{{- range .it.follows }}
{{ $prefix }}_{{ upper . }}_PARTITIONS: {{ (include "lienthong.component" (dict "root" $.root "name" .) | fromYaml).partitions | quote }}
{{- end }}
{{- end }}
{{- if .it.enrolsOperator }}
{{ $prefix }}_OPERATOR_PUBLIC_KEY: {{ .root.Values.operator.publicKey | quote }}
{{- end }}
{{- if and .it.keepsBlobs .root.Values.blobs.url }}
{{ $prefix }}_BLOBS: {{ .root.Values.blobs.url | quote }}
{{- range $key, $value := .root.Values.blobs.env }}
{{ $key }}: {{ $value | quote }}
{{- end }}
{{- end }}
{{- range $key, $value := .it.settings }}
{{ $prefix }}_{{ $key }}: {{ $value | quote }}
{{- end }}
{{- range $key, $value := .it.env }}
{{ $key }}: {{ $value | quote }}
{{- end }}
{{- end -}}
