{{/* How the migration runs: hook, job or none. With cloudnativepg the first install makes the database itself, and
     hooks run before that: then it is an ordinary Job, which tries until the database is there. */}}
{{- define "lienthong.migration.mode" -}}
{{- $mode := .Values.migration.mode -}}
{{- if eq .Values.database.mode "embedded" -}}none
{{- else if ne $mode "auto" -}}{{ $mode }}
{{- else if and (eq .Values.database.mode "cloudnativepg") .Release.IsInstall -}}job
{{- else -}}hook
{{- end -}}
{{- end -}}

{{/* A Job that failed stays, to be read, until the next one is made; what it needs stays with it, and goes when all is
     done, since `helm uninstall` does not know of hooks. */}}
{{- define "lienthong.migration.hook" -}}
{{- if eq (include "lienthong.migration.mode" .root) "hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ .weight | quote }}
helm.sh/hook-delete-policy: {{ .delete | default "before-hook-creation,hook-succeeded" }}
{{- end -}}
{{- end -}}

{{- define "lienthong.migration.pod" -}}
metadata:
  labels: {{- include "lienthong.podLabels" . | nindent 4 }}
spec:
  serviceAccountName: {{ include "lienthong.name" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  restartPolicy: Never
  securityContext: {{- include "lienthong.pod.security" . | nindent 4 }}
{{- with include "lienthong.pull" .root }}
  {{- . | trim | nindent 2 }}
{{- end }}
  containers:
{{- range $name := (include "lienthong.enabled" .root | fromYaml).names }}
{{- $it := include "lienthong.component" (dict "root" $.root "name" $name) | fromYaml }}
{{- $one := dict "root" $.root "name" $name "it" $it "as" "owner" }}
    - name: {{ $name }}
      image: {{ include "lienthong.image" $one }}
      imagePullPolicy: {{ $.root.Values.image.pullPolicy }}
      args: [migrate]
      env: {{- include "lienthong.env.database" $one | trim | nindent 8 }}
        - {name: LIENTHONG_{{ upper $name }}_PARTITIONS, value: {{ $it.partitions | quote }}}
        - {name: LIENTHONG_KAFKA_BOOTSTRAP, value: {{ include "lienthong.kafka.bootstrap" $.root | quote }}}
      terminationMessagePolicy: FallbackToLogsOnError
      resources: {{- toYaml $.root.Values.migration.resources | nindent 8 }}
      securityContext: {{- include "lienthong.container.security" $one | nindent 8 }}
      volumeMounts:
        - {name: tmp, mountPath: /tmp}
{{- if include "lienthong.database.ca" $.root }}
        - {name: database, mountPath: /etc/lienthong/database, readOnly: true}
{{- end }}
{{- end }}
  volumes:
    - name: tmp
      emptyDir: {sizeLimit: 64Mi}
{{- with include "lienthong.database.ca" .root }}
    {{- include "lienthong.volume.authorities" (dict "volume" "database" "ca" (fromYaml .)) | nindent 4 }}
{{- end }}
{{- end -}}
