{{/* What the schema cannot say: each a line with the key and the remedy. */}}

{{- define "lienthong.validate" -}}
{{- include "lienthong.validate.operator" . -}}
{{- include "lienthong.validate.modes" . -}}
{{- include "lienthong.validate.components" . -}}
{{- include "lienthong.validate.kafka" . -}}
{{- include "lienthong.validate.tls" . -}}
{{- include "lienthong.validate.gateway" . -}}
{{- include "lienthong.validate.federation" . -}}
{{- include "lienthong.validate.partitions" . -}}
{{- end -}}

{{- define "lienthong.validate.operator" -}}
{{- $key := .Values.operator.publicKey -}}
{{- if not $key -}}
{{- fail "operator.publicKey is missing: nobody could act as the platform's operator. `lienthong key new operator` prints it; then --set operator.publicKey=..." -}}
{{- end -}}
{{- if not (regexMatch "^[A-Za-z0-9+/]{43}=$" $key) -}}
{{- fail "operator.publicKey is no Ed25519 public key: 32 bytes in base64, 44 characters. `lienthong key new operator` prints it" -}}
{{- end -}}
{{- if eq (.Values.image.tag | default .Chart.AppVersion) "latest" -}}
{{- fail "image.tag: latest names no version, so replicas could differ. Give a version" -}}
{{- end -}}
{{- end -}}

{{- define "lienthong.validate.modes" -}}
{{- $database := .Values.database -}}
{{- $kafka := .Values.kafka -}}
{{- if and (eq $kafka.mode "embedded") (ne $database.mode "embedded") -}}
{{- fail (printf "kafka.mode: embedded excludes database.mode: %s, since a local topic is a file of one pod and replicas share none. Set kafka.mode to external or strimzi, or database.mode to embedded" $database.mode) -}}
{{- end -}}
{{- if and (eq $kafka.mode "external") (not $kafka.external.bootstrap) -}}
{{- fail "kafka.external.bootstrap is missing: give host:port,host:port of the brokers, or set kafka.mode to strimzi" -}}
{{- end -}}
{{- if and $database.cloudnativepg.backup.enabled (eq $database.mode "cloudnativepg") (not (and $database.cloudnativepg.backup.destinationPath $database.cloudnativepg.backup.secret)) -}}
{{- fail "database.cloudnativepg.backup needs destinationPath (s3://bucket/path) and secret (ACCESS_KEY_ID, ACCESS_SECRET_KEY)" -}}
{{- end -}}
{{- if and (eq $database.mode "cloudnativepg") $database.cloudnativepg.recovery.source (not $database.cloudnativepg.backup.enabled) -}}
{{- fail "database.cloudnativepg.recovery.source needs database.cloudnativepg.backup: it says where the backup lies" -}}
{{- end -}}
{{- if and (eq $database.mode "cloudnativepg") (ge (int $database.cloudnativepg.synchronous) (int $database.cloudnativepg.instances)) -}}
{{- fail (printf "database.cloudnativepg.synchronous: %v standbys cannot be had of %v instances: at most one less" $database.cloudnativepg.synchronous $database.cloudnativepg.instances) -}}
{{- end -}}
{{- end -}}

{{- define "lienthong.validate.kafka" -}}
{{- $must := dict "retention.ms" "-1" "retention.bytes" "-1" "cleanup.policy" "delete" -}}
{{- range $name, $value := .Values.kafka.topicConfig -}}
{{- if and (hasKey $must $name) (ne (toString $value) (get $must $name)) -}}
{{- fail (printf "kafka.topicConfig.%s: %v would make a log forget records; it is %s for every log. Take the line out" $name $value (get $must $name)) -}}
{{- end -}}
{{- end -}}
{{- $strimzi := .Values.kafka.strimzi -}}
{{- if and (eq .Values.kafka.mode "strimzi") (gt (int $strimzi.replication) (int $strimzi.brokers.replicas)) -}}
{{- fail (printf "kafka.strimzi.replication: %v copies cannot be had of %v brokers" $strimzi.replication $strimzi.brokers.replicas) -}}
{{- end -}}
{{- if and (eq .Values.kafka.mode "strimzi") (gt (int $strimzi.minInsync) (int $strimzi.replication)) -}}
{{- fail "kafka.strimzi.minInsync is more than kafka.strimzi.replication: nothing could be written" -}}
{{- end -}}
{{- $external := .Values.kafka.external -}}
{{- if and (eq .Values.kafka.mode "external") (hasPrefix "SASL" $external.security) (not $external.secret) -}}
{{- range $name := (include "lienthong.enabled" . | fromYaml).names -}}
{{- if not (include "lienthong.component" (dict "root" $ "name" $name) | fromYaml).kafka.secret -}}
{{- fail (printf "kafka.external.secret is missing: %s needs a Secret with username and password (or give components.%s.kafka.secret)" $external.security $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The first install writes down how many partitions each log has; a later one must say the same. */}}
{{- define "lienthong.validate.partitions" -}}
{{- $name := printf "%s-partitions" (include "lienthong.fullname" .) -}}
{{- $known := (lookup "v1" "ConfigMap" .Release.Namespace $name).data | default dict -}}
{{- range $component := (include "lienthong.enabled" . | fromYaml).names -}}
{{- $wanted := (include "lienthong.component" (dict "root" $ "name" $component) | fromYaml).partitions | toString -}}
{{- with get $known $component -}}
{{- if ne . $wanted -}}
{{- fail (printf "components.%s.partitions: %s, but its log was made with %s and keeps them for ever. Set it back to %s; if that log is no more, delete the ConfigMap %s" $component $wanted . . $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
