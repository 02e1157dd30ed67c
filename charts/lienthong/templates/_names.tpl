{{/* Names and labels. A component is given as (dict "root" $ "name" "identity" "it" its settings). */}}

{{- define "lienthong.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "lienthong.name" -}}
{{- printf "%s-%s" (include "lienthong.fullname" .root) .name -}}
{{- end -}}

{{- define "lienthong.labels" -}}
{{ include "lienthong.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: lienthong
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "lienthong.selector" -}}
app.kubernetes.io/name: lienthong
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{- define "lienthong.image" -}}
{{- $own := .it.image -}}
{{- $image := .root.Values.image -}}
{{- $name := $own.repository | default (printf "%s/%s" $image.repository (.imageName | default .name)) -}}
{{- $whole := ternary $name (printf "%s/%s" $image.registry $name) (or (empty $image.registry) (not (empty $own.repository))) -}}
{{- if $own.digest -}}
{{- printf "%s@%s" $whole $own.digest -}}
{{- else -}}
{{- printf "%s:%s" $whole ($own.tag | default $image.tag | default .root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{- define "lienthong.client" -}}
{{ include "lienthong.fullname" . }}-client: "true"
{{- end -}}

{{/* Of pods: nothing that a new chart alone would change, else each chart would start all pods anew. */}}
{{- define "lienthong.podLabels" -}}
{{ include "lienthong.selector" . }}
app.kubernetes.io/part-of: lienthong
{{- end -}}

{{/* The certificate that the test shows: a component's own, for nothing else is there yet. */}}
{{- define "lienthong.test.tls" -}}
{{- $name := ternary "platform" (index (include "lienthong.enabled" . | fromYaml).names 0) (not (empty (include "lienthong.together" .))) -}}
{{- $it := ternary (include "lienthong.platform" .) (include "lienthong.component" (dict "root" . "name" $name)) (eq $name "platform") | fromYaml -}}
{{- include "lienthong.tls.secret" (dict "root" . "name" $name "it" $it) -}}
{{- end -}}
