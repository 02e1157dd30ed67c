{{/* The objects of one workload: a component, or the platform that is all of them. It is given as
     (dict "root" $ "name" NAME "it" SETTINGS "ports" [{name, number}] "config" CONFIGMAP-DATA). */}}

{{- define "lienthong.workload" -}}
{{- $stateful := include "lienthong.stateful" .root -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "lienthong.name" . }}
  labels: {{- include "lienthong.labels" . | nindent 4 }}
{{- with .it.serviceAccountAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
{{- end }}
automountServiceAccountToken: false
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "lienthong.name" . }}
  labels: {{- include "lienthong.labels" . | nindent 4 }}
data: {{- .config | nindent 2 }}
---
apiVersion: apps/v1
kind: {{ ternary "StatefulSet" "Deployment" (not (empty $stateful)) }}
metadata:
  name: {{ include "lienthong.name" . }}
  labels: {{- include "lienthong.labels" . | nindent 4 }}
spec:
{{- if not .it.autoscaling.enabled }}
  replicas: {{ .it.replicas }}
{{- end }}
  revisionHistoryLimit: 5
  selector:
    matchLabels: {{- include "lienthong.selector" . | nindent 6 }}
{{- if $stateful }}
  # The log is a file of this pod: a StatefulSet ends the old pod before it starts the new one, and gives it its volume.
  serviceName: {{ include "lienthong.name" . }}
{{- if eq .root.Values.database.embedded.volume "claim" }}
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec:
        accessModes: [ReadWriteOnce]
        resources: {requests: {storage: {{ .root.Values.database.embedded.size }}}}
{{- with .root.Values.database.embedded.storageClass }}
        storageClassName: {{ . }}
{{- end }}
{{- end }}
{{- else }}
  progressDeadlineSeconds: 600
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
{{- end }}
  template:
    metadata:
      labels: {{- merge (include "lienthong.podLabels" . | fromYaml) .it.podLabels | toYaml | nindent 8 }}
      annotations:
        kubectl.kubernetes.io/default-container: {{ .name }}
        checksum/config: {{ sha256sum .config }}
{{- if and (eq .root.Values.database.mode "external") .root.Values.database.external.url }}
        checksum/database: {{ sha256sum .root.Values.database.external.url }}
{{- end }}
{{- with .it.podAnnotations }}
        {{- toYaml . | nindent 8 }}
{{- end }}
    spec: {{- include "lienthong.pod" . | nindent 6 }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "lienthong.name" . }}
  labels: {{- include "lienthong.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ .it.disruption.maxUnavailable }}
  # A pod that is not ready keeps nobody: let it be moved.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "lienthong.selector" . | nindent 6 }}
{{- if .it.autoscaling.enabled }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "lienthong.name" . }}
  labels: {{- include "lienthong.labels" . | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ include "lienthong.name" . }}}
  minReplicas: {{ .it.autoscaling.minReplicas }}
  maxReplicas: {{ .it.autoscaling.maxReplicas }}
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: {{ .it.autoscaling.cpuPercent }}}}
  behavior:
    # Each pod that goes moves its partitions to others: slowly, one at a time.
    scaleDown:
      stabilizationWindowSeconds: 600
      policies: [{type: Pods, value: 1, periodSeconds: 120}]
{{- end }}
{{- if .root.Values.networkPolicy.enabled }}
---
{{ include "lienthong.networkPolicy" . }}
{{- end }}
{{- end -}}

{{/* The address of a component, NAME:7000 in every mode. Headless: a client sees all pods and spreads its calls over
     them (round_robin). Where there is one pod, a virtual address leads to that component's port in it. */}}
{{- define "lienthong.service" -}}
{{- $together := include "lienthong.together" .root -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "lienthong.name" . }}
  labels: {{- include "lienthong.labels" . | nindent 4 }}
spec:
{{- if not $together }}
  clusterIP: None
{{- end }}
  publishNotReadyAddresses: false
  selector: {{- include "lienthong.selector" (dict "root" .root "name" (ternary "platform" .name (not (empty $together)))) | nindent 4 }}
  ports:
    - {name: grpc, port: 7000, targetPort: {{ ternary .name "grpc" (not (empty $together)) }}, protocol: TCP, appProtocol: grpc}
{{- if and .root.Values.telemetry.metrics.enabled (not $together) }}
    - {name: metrics, port: 9464, targetPort: metrics, protocol: TCP, appProtocol: http}
{{- end }}
{{- end -}}
