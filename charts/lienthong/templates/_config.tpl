{{- define "lienthong.config" -}}
{{ merge (include "lienthong.settings.component" . | fromYaml) (include "lienthong.settings.process" . | fromYaml) | toYaml }}
{{- end -}}

{{/* All components in one process: their Services, and one workload with a port for each. */}}
{{- define "lienthong.platform.all" -}}
{{- $it := include "lienthong.platform" . | fromYaml }}
{{- $ports := list }}
{{- $config := include "lienthong.settings.process" (dict "root" . "it" $it "name" "platform") | fromYaml }}
{{- range $name := (include "lienthong.enabled" . | fromYaml).names }}
{{- $own := include "lienthong.component" (dict "root" $ "name" $name) | fromYaml }}
{{- $one := dict "root" $ "name" $name "it" $own "listens" false }}
{{- $ports = append $ports (dict "name" $name "number" (int $own.platformPort)) }}
{{- $config = merge $config (include "lienthong.settings.component" $one | fromYaml) }}
---
{{ include "lienthong.service" $one }}
{{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "lienthong.fullname" . }}-platform
  labels: {{- include "lienthong.labels" (dict "root" . "name" "platform") | nindent 4 }}
spec:
  clusterIP: None
  selector: {{- include "lienthong.selector" (dict "root" . "name" "platform") | nindent 4 }}
  ports:
{{- range $ports }}
    - {name: {{ .name }}, port: {{ .number }}, targetPort: {{ .name }}, protocol: TCP, appProtocol: grpc}
{{- end }}
{{- if .Values.telemetry.metrics.enabled }}
    - {name: metrics, port: 9464, targetPort: metrics, protocol: TCP, appProtocol: http}
{{- end }}
---
{{ include "lienthong.workload" (dict "root" . "name" "platform" "imageName" "tools" "it" $it "ports" $ports "config" (toYaml $config)) }}
{{- end -}}
