{{/* What a workload may speak to and who may speak to it; everything else is denied by the policy of the release. */}}

{{- define "lienthong.networkPolicy" -}}
{{- $policy := .root.Values.networkPolicy -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "lienthong.name" . }}
  labels: {{- include "lienthong.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "lienthong.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - ports: {{- range .ports }}
        - {protocol: TCP, port: {{ .number }}}
{{- end }}
      from:
        - podSelector: {matchLabels: { {{- include "lienthong.client" .root -}} } }
{{- with include "lienthong.callers" . | fromYamlArray }}
        - podSelector:
            matchLabels: {app.kubernetes.io/name: lienthong, app.kubernetes.io/instance: {{ $.root.Release.Name }}}
            matchExpressions: [{key: app.kubernetes.io/component, operator: In, values: [{{ join ", " . }}]}]
{{- end }}
{{- if .root.Values.gateway.enabled }}
{{- with .root.Values.gateway.peers }}
        {{- toYaml . | nindent 8 }}
{{- end }}
{{- end }}
{{- with $policy.clients }}
        {{- toYaml . | nindent 8 }}
{{- end }}
{{- if and .root.Values.telemetry.metrics.enabled $policy.monitoring }}
    - ports: [{protocol: TCP, port: 9464}]
      from: {{- toYaml $policy.monitoring | nindent 8 }}
{{- end }}
  egress:
    {{- include "lienthong.egress.dns" .root | nindent 4 }}
{{- range list "lienthong.egress.database" "lienthong.egress.kafka" }}
{{- with include . $.root }}
    {{- . | nindent 4 }}
{{- end }}
{{- end }}
{{- with .root.Values.telemetry.traces.endpoint }}
    - ports: [{protocol: TCP, port: {{ regexFind "[0-9]+$" (trimSuffix "/" .) }}}]
{{- with $policy.traces }}
      to: {{- toYaml . | nindent 8 }}
{{- end }}
{{- end }}
{{- if and .it.keepsBlobs (regexMatch "^(s3|gs|az|https?)://" .root.Values.blobs.url) }}
    - ports: [{protocol: TCP, port: {{ $policy.blobsPort }}}]
{{- with $policy.blobs }}
      to: {{- toYaml . | nindent 8 }}
{{- end }}
{{- end }}
{{- range .it.speaksTo }}
    - ports: [{protocol: TCP, port: 7000}]
      to:
        - podSelector:
            matchLabels: {{- include "lienthong.selector" (dict "root" $.root "name" .) | nindent 14 }}
{{- end }}
{{- with $policy.egress }}
    {{- toYaml . | nindent 4 }}
{{- end }}
{{- end -}}

{{/* The components that say that they speak to this one. */}}
{{- define "lienthong.callers" -}}
{{- range (include "lienthong.enabled" .root | fromYaml).names }}
{{- if has $.name (include "lienthong.component" (dict "root" $.root "name" .) | fromYaml).speaksTo }}
- {{ . }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "lienthong.egress.dns" -}}
- ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]
{{- with .Values.networkPolicy.dns }}
  to: {{- toYaml . | nindent 4 }}
{{- end }}
{{- end -}}

{{- define "lienthong.egress.database" -}}
{{- if eq .Values.database.mode "external" -}}
- ports: [{protocol: TCP, port: {{ .Values.database.external.port }}}]
{{- with .Values.networkPolicy.database }}
  to: {{- toYaml . | nindent 4 }}
{{- end }}
{{- else if eq .Values.database.mode "cloudnativepg" -}}
- ports: [{protocol: TCP, port: 5432}]
  to: [{podSelector: {matchLabels: {cnpg.io/cluster: {{ include "lienthong.database.name" . }}}}}]
{{- end -}}
{{- end -}}

{{- define "lienthong.egress.kafka" -}}
{{- if eq .Values.kafka.mode "external" -}}
- ports:
{{- range include "lienthong.kafka.ports" . | fromYamlArray }}
    - {protocol: TCP, port: {{ int . }}}
{{- end }}
{{- with .Values.networkPolicy.kafka }}
  to: {{- toYaml . | nindent 4 }}
{{- end }}
{{- else if eq .Values.kafka.mode "strimzi" -}}
- ports: [{protocol: TCP, port: 9093}]
  to: [{podSelector: {matchLabels: {strimzi.io/cluster: {{ include "lienthong.kafka.name" . }}, strimzi.io/kind: Kafka}}}]
{{- end -}}
{{- end -}}

{{- define "lienthong.kafka.ports" -}}
{{- $ports := .Values.networkPolicy.kafkaPorts -}}
{{- range splitList "," .Values.kafka.external.bootstrap -}}
{{- $ports = append $ports (regexFind "[0-9]+$" . | default "9092" | int) -}}
{{- end -}}
{{- $ports | uniq | toYaml -}}
{{- end -}}
