{{/* What is wrong with a component, as it is with what `defaults` say. */}}

{{- define "lienthong.validate.components" -}}
{{- $names := (include "lienthong.enabled" . | fromYaml).names -}}
{{- if not $names -}}{{- fail "components: none is enabled" -}}{{- end -}}
{{- $first := 0 -}}
{{- $ports := dict -}}
{{- range $name := $names -}}
{{- $it := include "lienthong.component" (dict "root" $ "name" $name) | fromYaml -}}
{{- include "lienthong.validate.component" (dict "root" $ "name" $name "it" $it "names" $names) -}}
{{- if include "lienthong.together" $ -}}
{{- if not $it.platformPort -}}
{{- fail (printf "components.%s.platformPort is missing: with embedded stores all components are one process, and it says where this one listens" $name) -}}
{{- end -}}
{{- $port := toString $it.platformPort -}}
{{- with get $ports $port -}}
{{- fail (printf "components.%s.platformPort: %s is %s's already" $name $port .) -}}
{{- end -}}
{{- $_ := set $ports $port $name -}}
{{- if and $first (ne (int $it.partitions) (int $first)) -}}
{{- fail (printf "components.%s.partitions: with embedded stores all logs have the same number; set defaults.partitions instead" $name) -}}
{{- end -}}
{{- $first = $it.partitions -}}
{{- end -}}
{{- end -}}
{{- if and (include "lienthong.together" .) (ne (int (include "lienthong.platform" . | fromYaml).partitions) (int $first)) -}}
{{- fail "platform.partitions differs from the components': set defaults.partitions instead" -}}
{{- end -}}
{{- end -}}

{{- define "lienthong.validate.component" -}}
{{- $key := printf "components.%s" .name -}}
{{- if has .name (list "platform" "migrate" "test" "database" "federation" "partitions" "deny" "client" "kafka") -}}
{{- fail (printf "%s: the chart has an object of that name already. Call the component something else" $key) -}}
{{- end -}}
{{- if eq .it.image.tag "latest" -}}
{{- fail (printf "%s.image.tag: latest names no version, so replicas could differ. Give a version" $key) -}}
{{- end -}}
{{- range $name, $_ := .it.env -}}
{{- if regexMatch "(PASSWORD|SECRET|TOKEN|DATABASE_URL|PRIVATE)" $name -}}
{{- fail (printf "%s.env.%s: a ConfigMap is no place for a secret. Give it in %s.extraEnv, with valueFrom.secretKeyRef" $key $name $key) -}}
{{- end -}}
{{- end -}}
{{- $embedded := eq .root.Values.database.mode "embedded" -}}
{{- $together := include "lienthong.together" .root -}}
{{- range concat .it.follows .it.speaksTo -}}
{{- if not (has . $.names) -}}
{{- fail (printf "%s names %s in follows or speaksTo, which is not enabled: set components.%s.enabled to true" $key . .) -}}
{{- end -}}
{{- end -}}
{{- if and $embedded .it.autoscaling.enabled -}}
{{- fail (printf "%s.autoscaling.enabled: a log in a file has one writer. Set it to false, or database.mode to external or cloudnativepg" $key) -}}
{{- end -}}
{{- if and $embedded (not $together) (ne (int .it.replicas) 1) -}}
{{- fail (printf "%s.replicas: %v with database.mode: embedded, but a log in a file has one writer. Set replicas to 1, or database.mode to external or cloudnativepg" $key .it.replicas) -}}
{{- end -}}
{{- if and $together (hasKey (index .root.Values.components .name | default dict) "replicas") (ne (int .it.replicas) 1) -}}
{{- fail (printf "%s.replicas: %v with database.mode: embedded, but a log in a file has one writer. Set replicas to 1, or database.mode to external or cloudnativepg" $key .it.replicas) -}}
{{- end -}}
{{- if and .it.autoscaling.enabled (not ((.it.resources).requests).cpu) -}}
{{- fail (printf "%s.resources.requests.cpu is missing: autoscaling is a share of it. Give it, or set %s.autoscaling.enabled to false" $key $key) -}}
{{- end -}}
{{- if and .it.autoscaling.enabled (gt (int .it.autoscaling.minReplicas) (int .it.autoscaling.maxReplicas)) -}}
{{- fail (printf "%s.autoscaling: minReplicas is more than maxReplicas" $key) -}}
{{- end -}}
{{- if not (and ((.it.resources).limits).memory ((.it.resources).requests).memory) -}}
{{- fail (printf "%s.resources: requests.memory and limits.memory must be given" $key) -}}
{{- end -}}
{{- if le (int .it.shutdown.graceSeconds) (int (add .it.shutdown.waitSeconds .it.shutdown.drainSeconds)) -}}
{{- fail (printf "%s.shutdown.graceSeconds must be more than waitSeconds and drainSeconds together, else calls that run are cut" $key) -}}
{{- end -}}
{{- if and .it.keepsBlobs (not $embedded) (not .root.Values.blobs.url) -}}
{{- fail (printf "blobs.url is missing: %s keeps attachments, and its pods' own folders are empty after a restart. Give s3://bucket/prefix, or file:///var/lib/lienthong-blobs with blobs.volume" $key) -}}
{{- end -}}
{{- if and .it.keepsBlobs (hasPrefix "file:" .root.Values.blobs.url) (not .root.Values.blobs.volume) (not $together) -}}
{{- fail "blobs.volume is missing: blobs.url is a folder, which all pods must mount" -}}
{{- end -}}
{{- if and .it.keepsBlobs (hasKey (.root.Values.blobs.volume | default dict) "emptyDir") (not $embedded) (or .it.autoscaling.enabled (gt (int .it.replicas) 1)) -}}
{{- fail "blobs.volume: an emptyDir is another folder in each pod, so what one takes in the others would not find. Give a volume that all can write" -}}
{{- end -}}
{{- end -}}
