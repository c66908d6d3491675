{{- define "silverback.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "silverback.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride }}
{{- end }}

{{/* Short enough for the longest suffix, -basic-auth, and the number of a pod. */}}
{{- define "silverback.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- default $full .Values.fullnameOverride | trunc 48 | trimSuffix "-" }}
{{- end }}

{{- define "silverback.peers" -}}
{{ include "silverback.fullname" . }}-peers
{{- end }}

{{- define "silverback.selectorLabels" -}}
app.kubernetes.io/name: {{ include "silverback.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "silverback.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "silverback.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "silverback.metadata" -}}
name: {{ include "silverback.fullname" . }}
namespace: {{ include "silverback.namespace" . }}
labels:
  {{- include "silverback.labels" . | nindent 2 }}
{{- end }}

{{/* What extraManifests and hostnames of the community's chart may call. */}}
{{- define "prometheus-pushgateway.name" }}{{ include "silverback.name" . }}{{ end }}
{{- define "prometheus-pushgateway.fullname" }}{{ include "silverback.fullname" . }}{{ end }}
{{- define "prometheus-pushgateway.namespace" }}{{ include "silverback.namespace" . }}{{ end }}
{{- define "prometheus-pushgateway.selectorLabels" }}{{ include "silverback.selectorLabels" . }}{{ end }}
{{- define "prometheus-pushgateway.defaultLabels" }}{{ include "silverback.labels" . }}{{ end }}

{{- define "silverback.serviceAccountName" -}}
{{- default (ternary (include "silverback.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{- define "silverback.image" -}}
{{- $registry := default .Values.image.registry .Values.global.imageRegistry }}
{{- printf "%s%s:%s" (ternary (printf "%s/" $registry) "" (not (empty $registry))) .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}

{{/* Not empty for more than one node. */}}
{{- define "silverback.isCluster" -}}
{{- if gt (int .Values.replicaCount) 1 }}yes{{ end }}
{{- end }}

{{- define "silverback.clusterSecret" -}}
{{- default (printf "%s-cluster" (include "silverback.fullname" .)) .Values.cluster.existingSecret }}
{{- end }}

{{/* The name of the Secret with web-config.yaml; empty for none. */}}
{{- define "silverback.webSecret" -}}
{{- with .Values.webConfiguration }}
{{- default (include "silverback.fullname" $) (dig "existingSecret" "name" "" .) }}
{{- end }}
{{- end }}

{{- define "silverback.webConfig" -}}
{{- with .Values.webConfiguration.basicAuthUsers }}
basic_auth_users:
  {{- range $user, $password := . }}
  {{ $user | quote }}: {{ htpasswd "" $password | trimPrefix ":" | quote }}
  {{- end }}
{{- end }}
{{- if .Values.webConfiguration.tlsSecret }}
tls_server_config:
  cert_file: /etc/silverback/tls/tls.crt
  key_file: /etc/silverback/tls/tls.key
{{- end }}
{{- end }}

{{/* A probe as it was given: over TLS if the chart knows of it, and to the port of the process. */}}
{{- define "silverback.probe" -}}
{{- $probe := deepCopy .probe }}
{{- if hasKey $probe "httpGet" }}
{{- if .root.Values.webConfiguration.tlsSecret }}{{ $_ := set $probe.httpGet "scheme" "HTTPS" }}{{ end }}
{{- if eq (toString $probe.httpGet.port) "9091" }}{{ $_ := set $probe.httpGet "port" (int .root.Values.service.targetPort) }}{{ end }}
{{- if or (hasKey $probe "exec") (hasKey $probe "tcpSocket") }}{{ $_ := unset $probe "httpGet" }}{{ end }}
{{- end }}
{{- toYaml $probe }}
{{- end }}

{{/* MiB of a quantity of memory. */}}
{{- define "silverback.mebibytes" -}}
{{- $quantity := toString . }}
{{- $number := regexFind "^[0-9.]+" $quantity | float64 }}
{{- $unit := regexReplaceAll "^[0-9.]+" $quantity "" }}
{{- $bytes := dict "" 1.0 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 }}
{{- if not (hasKey $bytes $unit) }}{{ fail (printf "resources.limits.memory is not understood, give it in Mi or Gi: %s" $quantity) }}{{ end }}
{{- divf (mulf $number (get $bytes $unit)) 1048576.0 | int }}
{{- end }}

{{/* What works with a Pushgateway and not here, each with what to change. */}}
{{- define "silverback.check" -}}
{{- if hasSuffix "pushgateway" .Values.image.repository }}
{{- fail (printf "image.repository is that of a Pushgateway, give that of your Silverback image: %s" .Values.image.repository) }}
{{- end }}
{{- with dig "limits" "memory" "" (default dict .Values.resources) }}
{{- if lt (include "silverback.mebibytes" . | int) 256 }}
{{- fail (printf "resources.limits.memory is too little, an idle server takes about 130 MB: give 256Mi or more in place of %s" (toString .)) }}
{{- end }}
{{- else }}
{{- if hasSuffix "%" (toString .Values.storage.maxMemory) }}
{{- fail "storage.maxMemory is a part of resources.limits.memory, which is not set: set it, or give storage.maxMemory a size such as 4GiB" }}
{{- end }}
{{- end }}
{{- if and (include "silverback.isCluster" .) .Values.persistentVolume.enabled .Values.persistentVolume.existingClaim }}
{{- fail "persistentVolume.existingClaim is one volume, and each node of a cluster needs its own: leave it empty" }}
{{- end }}
{{- if and .Values.webConfiguration (not (or .Values.webConfiguration.basicAuthUsers .Values.webConfiguration.tlsSecret (dig "existingSecret" "name" "" .Values.webConfiguration))) }}
{{- fail "webConfiguration needs basicAuthUsers, tlsSecret or existingSecret.name" }}
{{- end }}
{{- range .Values.extraArgs }}
{{- if regexMatch "^--(web\\.listen-address|web\\.config\\.file|cluster\\.(listen-address|node-id|join|secret-file|advertise-address|bootstrap-expect|replication-factor|drain-timeout)|shutdown\\.timeout|storage\\.max-memory|config\\.file)(=|$)" . }}
{{- fail (printf "extraArgs has a flag that another value of this chart sets: %s. Use service.targetPort, webConfiguration, cluster, shutdown, storage or config" .) }}
{{- end }}
{{- end }}
{{- end }}
