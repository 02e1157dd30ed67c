{{/* The pod of a component, and the parts of it that the migration and the test share. */}}

{{- define "lienthong.pod.security" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "lienthong.container.security" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "lienthong.pull" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "lienthong.pod" -}}
{{- $together := eq .name "platform" -}}
serviceAccountName: {{ include "lienthong.name" . }}
automountServiceAccountToken: false
# The variables that Kubernetes makes of a Service (LIENTHONG_IDENTITY_PORT=tcp://...) would be taken for settings.
enableServiceLinks: false
terminationGracePeriodSeconds: {{ .it.shutdown.graceSeconds }}
securityContext: {{- include "lienthong.pod.security" . | nindent 2 }}
{{- with include "lienthong.pull" .root }}
{{ . | trim }}
{{- end }}
{{- with .it.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .it.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .it.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .it.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
{{- range $key, $action := dict "topology.kubernetes.io/zone" .it.spread.zone "kubernetes.io/hostname" .it.spread.node }}
  - topologyKey: {{ $key }}
    maxSkew: 1
    whenUnsatisfiable: {{ $action }}
    labelSelector:
      matchLabels: {{- include "lienthong.selector" $ | nindent 8 }}
{{- if not (include "lienthong.stateful" $.root) }}
    matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end }}
containers:
  - name: {{ .name }}
    image: {{ include "lienthong.image" . }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
{{- if $together }}
    args: [up, --data, /var/lib/lienthong, --host, 0.0.0.0, --port-base, "7000", --partitions, {{ .it.partitions | quote }}]
{{- end }}
    envFrom:
      - configMapRef: {name: {{ include "lienthong.name" . }}}
{{- if and (or .it.keepsBlobs $together) .root.Values.blobs.secret }}
      - secretRef: {name: {{ .root.Values.blobs.secret }}}
{{- end }}
    env: {{- include "lienthong.env" . | trim | nindent 6 }}
    ports:
{{- range $port := .ports }}
      - {name: {{ $port.name }}, containerPort: {{ $port.number }}, protocol: TCP}
{{- end }}
      - {name: probes, containerPort: 7080, protocol: TCP}
{{- if .root.Values.telemetry.metrics.enabled }}
      - {name: metrics, containerPort: 9464, protocol: TCP}
{{- end }}
    startupProbe:
      grpc: {port: 7080, service: live}
      periodSeconds: 1
      timeoutSeconds: 3
      failureThreshold: {{ .it.startup.seconds }}
    livenessProbe:
      grpc: {port: 7080, service: live}
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 3
    readinessProbe:
      grpc: {port: 7080}
      periodSeconds: 2
      timeoutSeconds: 3
      failureThreshold: 2
    lifecycle:
      # The pod leaves the Service at the same moment; meanwhile it still answers who has not looked again.
      preStop: {sleep: {seconds: {{ .it.shutdown.waitSeconds }}}}
    terminationMessagePolicy: FallbackToLogsOnError
    resources: {{- toYaml .it.resources | nindent 6 }}
    securityContext: {{- include "lienthong.container.security" . | nindent 6 }}
    volumeMounts: {{- include "lienthong.pod.mounts" . | nindent 6 }}
volumes: {{- include "lienthong.pod.volumes" . | nindent 2 }}
{{- end -}}

{{- define "lienthong.pod.mounts" -}}
- {name: data, mountPath: /var/lib/lienthong}
- {name: tmp, mountPath: /tmp}
{{- if include "lienthong.tls" .root }}
- {name: tls, mountPath: /etc/lienthong/tls, readOnly: true}
{{- if and (eq .root.Values.tls.clients "required") .root.Values.tls.clientAuthorities.secret }}
- {name: client-authorities, mountPath: /etc/lienthong/client-authorities, readOnly: true}
{{- end }}
{{- end }}
{{- if include "lienthong.database.ca" .root }}
- {name: database, mountPath: /etc/lienthong/database, readOnly: true}
{{- end }}
{{- if include "lienthong.kafka.ca" .root }}
- {name: kafka-authorities, mountPath: /etc/lienthong/kafka-authorities, readOnly: true}
{{- end }}
{{- if include "lienthong.pod.kafkaFiles" . }}
- {name: kafka, mountPath: /etc/lienthong/kafka, readOnly: true}
{{- end }}
{{- if and .it.keepsBlobs .root.Values.blobs.volume }}
- {name: blobs, mountPath: /var/lib/lienthong-blobs}
{{- end }}
{{- with .it.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "lienthong.pod.volumes" -}}
{{- $v := .root.Values -}}
{{- $stateful := include "lienthong.stateful" .root -}}
{{- if not (and $stateful (eq $v.database.embedded.volume "claim")) -}}
- name: data
  emptyDir: {sizeLimit: {{ ternary $v.database.embedded.size .it.scratch (not (empty $stateful)) }}}
{{ end -}}
- name: tmp
  emptyDir: {sizeLimit: 256Mi}
{{- if include "lienthong.tls" .root }}
- name: tls
  secret: {secretName: {{ include "lienthong.tls.secret" . }}, defaultMode: 0440}
{{- if and (eq $v.tls.clients "required") $v.tls.clientAuthorities.secret }}
{{ include "lienthong.volume.authorities" (dict "volume" "client-authorities" "ca" $v.tls.clientAuthorities) }}
{{- end }}
{{- end }}
{{- with include "lienthong.database.ca" .root }}
{{ include "lienthong.volume.authorities" (dict "volume" "database" "ca" (fromYaml .)) }}
{{- end }}
{{- with include "lienthong.kafka.ca" .root }}
{{ include "lienthong.volume.authorities" (dict "volume" "kafka-authorities" "ca" (fromYaml .)) }}
{{- end }}
{{- if include "lienthong.pod.kafkaFiles" . }}
- name: kafka
  secret:
    secretName: {{ include "lienthong.kafka.userSecret" . }}
    defaultMode: 0440
    items: [{key: user.crt, path: user.crt}, {key: user.key, path: user.key}]
{{- end }}
{{- if and .it.keepsBlobs $v.blobs.volume }}
- name: blobs {{- toYaml $v.blobs.volume | nindent 2 }}
{{- end }}
{{- with .it.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "lienthong.pod.kafkaFiles" -}}
{{- if and (ne .root.Values.kafka.mode "embedded") (eq (include "lienthong.kafka.security" .root) "SSL") (include "lienthong.kafka.userSecret" .) -}}true{{- end -}}
{{- end -}}

{{- define "lienthong.tls.secret" -}}
{{- if eq .root.Values.tls.mode "certManager" -}}
{{- include "lienthong.name" . -}}-tls
{{- else -}}
{{- .it.tls.secret | default .root.Values.tls.secret.name -}}
{{- end -}}
{{- end -}}

{{/* "true" where the log is a file of the pod: then it must keep its volume and its name. */}}
{{- define "lienthong.stateful" -}}
{{- if eq .Values.database.mode "embedded" -}}true{{- end -}}
{{- end -}}
