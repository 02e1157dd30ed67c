{{/* How a pod reaches PostgreSQL, Kafka and the object store: variables, and the files that they name. */}}

{{- define "lienthong.database.name" -}}{{ include "lienthong.fullname" . }}-database{{- end -}}
{{- define "lienthong.kafka.name" -}}{{ include "lienthong.fullname" . }}{{- end -}}

{{- define "lienthong.kafka.bootstrap" -}}
{{- if eq .Values.kafka.mode "strimzi" -}}
{{- printf "%s-kafka-bootstrap:9093" (include "lienthong.kafka.name" .) -}}
{{- else -}}
{{- .Values.kafka.external.bootstrap -}}
{{- end -}}
{{- end -}}

{{- define "lienthong.kafka.security" -}}
{{- if eq .Values.kafka.mode "strimzi" -}}
{{- ternary "SSL" "SASL_SSL" (eq .Values.kafka.strimzi.authentication "tls") -}}
{{- else -}}
{{- .Values.kafka.external.security -}}
{{- end -}}
{{- end -}}

{{/* Secret of the component's user of Kafka; empty where it needs none. */}}
{{- define "lienthong.kafka.userSecret" -}}
{{- if eq .root.Values.kafka.mode "strimzi" -}}
{{- include "lienthong.name" . -}}
{{- else if ne (include "lienthong.kafka.security" .root) "PLAINTEXT" -}}
{{- .it.kafka.secret | default .root.Values.kafka.external.secret -}}
{{- end -}}
{{- end -}}

{{- define "lienthong.settings.kafka" -}}
{{- $kafka := .root.Values.kafka -}}
{{- if ne $kafka.mode "embedded" }}
{{- $security := include "lienthong.kafka.security" .root }}
LIENTHONG_KAFKA_BOOTSTRAP: {{ include "lienthong.kafka.bootstrap" .root | quote }}
LIENTHONG_KAFKA_SECURITY: {{ $security }}
{{- if hasPrefix "SASL" $security }}
LIENTHONG_KAFKA_MECHANISM: {{ ternary "SCRAM-SHA-512" $kafka.external.mechanism (eq $kafka.mode "strimzi") }}
{{- end }}
{{- if and (hasSuffix "SSL" $security) (or (eq $kafka.mode "strimzi") $kafka.external.ca.secret) }}
LIENTHONG_KAFKA_CA: /etc/lienthong/kafka-authorities/ca.crt
{{- end }}
{{- if and (eq $security "SSL") (include "lienthong.kafka.userSecret" .) }}
LIENTHONG_KAFKA_CERTIFICATE: /etc/lienthong/kafka/user.crt
LIENTHONG_KAFKA_KEY: /etc/lienthong/kafka/user.key
{{- end }}
{{- $made := ternary $kafka.strimzi (dict "replication" $kafka.external.replication "minInsync" $kafka.external.minInsync) (eq $kafka.mode "strimzi") }}
{{- with int $made.replication }}
LIENTHONG_KAFKA_REPLICATION: {{ . | quote }}
{{- end }}
{{- with int $made.minInsync }}
LIENTHONG_KAFKA_MIN_INSYNC: {{ . | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Variables from Secrets, and those that name the pod. */}}
{{- define "lienthong.env" -}}
{{- include "lienthong.env.database" (merge (dict "as" .name) .) }}
{{- if hasPrefix "SASL" (include "lienthong.kafka.security" .root) }}
{{- $secret := include "lienthong.kafka.userSecret" . }}
- name: LIENTHONG_KAFKA_USERNAME
{{- if eq .root.Values.kafka.mode "strimzi" }}
  value: {{ include "lienthong.name" . }}
{{- else }}
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: username}}
{{- end }}
- name: LIENTHONG_KAFKA_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: password}}
{{- end }}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
{{- if .root.Values.telemetry.traces.endpoint }}
- name: OTEL_RESOURCE_ATTRIBUTES
  value: {{ include "lienthong.attributes" . | quote }}
{{- end }}
{{- with .it.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "lienthong.attributes" -}}
service.namespace=lienthong,service.instance.id=$(POD_NAME),k8s.pod.name=$(POD_NAME),k8s.namespace.name={{ .root.Release.Namespace }}
{{- range $key, $value := .root.Values.telemetry.traces.attributes }},{{ $key }}={{ $value }}{{ end }}
{{- end -}}

{{/* The URL of the database for `as`: a component, or "owner". */}}
{{- define "lienthong.env.database" -}}
{{- $database := .root.Values.database -}}
{{- if eq $database.mode "external" }}
{{- $owner := eq .as "owner" }}
{{- $secret := ternary $database.external.ownerSecret.name (.it.database.secret | default $database.external.serviceSecret.name) $owner }}
{{- $key := ternary $database.external.ownerSecret.key (.it.database.key | default .name) $owner }}
{{- if $database.external.url }}
{{- $secret = printf "%s-url" (include "lienthong.database.name" .root) }}
{{- if $owner }}{{ $secret = printf "%s-owner" (include "lienthong.database.name" .root) }}{{ end }}
{{- $key = "url" }}
{{- end }}
- name: LIENTHONG_DATABASE_URL
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: {{ $key }}}}
{{- else if eq $database.mode "cloudnativepg" }}
{{- $cluster := include "lienthong.database.name" .root }}
{{- $login := ternary "lienthong" .name (eq .as "owner") }}
{{- $secret := ternary (printf "%s-app" $cluster) (include "lienthong.database.loginSecret" .) (eq .as "owner") }}
- name: DATABASE_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: password}}
- name: LIENTHONG_DATABASE_URL
  value: "postgresql://{{ $login }}:$(DATABASE_PASSWORD)@{{ $cluster }}-rw:5432/lienthong?sslmode=verify-full&sslrootcert=/etc/lienthong/database/ca.crt"
{{- end }}
{{- end -}}

{{- define "lienthong.database.loginSecret" -}}
{{- index .root.Values.database.cloudnativepg.loginSecrets .name | default (printf "%s-%s" (include "lienthong.database.name" .root) .name) -}}
{{- end -}}

{{/* Secret and key of the authorities of PostgreSQL's server, as {secret, key}; empty where there are none. */}}
{{- define "lienthong.database.ca" -}}
{{- if eq .Values.database.mode "cloudnativepg" -}}
{secret: {{ include "lienthong.database.name" . }}-ca, key: ca.crt}
{{- else if and (eq .Values.database.mode "external") .Values.database.external.ca.secret -}}
{{- .Values.database.external.ca | toYaml -}}
{{- end -}}
{{- end -}}

{{/* Secret and key of the authorities of the brokers, likewise. */}}
{{- define "lienthong.kafka.ca" -}}
{{- if eq .Values.kafka.mode "strimzi" -}}
{secret: {{ include "lienthong.kafka.name" . }}-cluster-ca-cert, key: ca.crt}
{{- else if and (eq .Values.kafka.mode "external") (hasSuffix "SSL" .Values.kafka.external.security) .Values.kafka.external.ca.secret -}}
{{- .Values.kafka.external.ca | toYaml -}}
{{- end -}}
{{- end -}}

{{- define "lienthong.volume.authorities" -}}
- name: {{ .volume }}
  secret:
    secretName: {{ .ca.secret }}
    defaultMode: 0440
    items: [{key: {{ .ca.key }}, path: ca.crt}]
{{- end -}}

{{/* As the services themselves would make the topic of a log, and as they demand it to be. */}}
{{- define "lienthong.topicConfig" -}}
{{- $own := dict
  "retention.ms" "-1"
  "retention.bytes" "-1"
  "cleanup.policy" "delete"
  "message.timestamp.type" "CreateTime"
  "compression.type" "producer"
  "unclean.leader.election.enable" "false"
  "max.message.bytes" "1048588"
  "min.insync.replicas" (toString .Values.kafka.strimzi.minInsync) -}}
{{- merge (deepCopy (.Values.kafka.topicConfig | default dict)) $own | toYaml -}}
{{- end -}}
