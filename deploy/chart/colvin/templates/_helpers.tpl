{{/* Colvin is one per cluster: names are fixed, so that Helm refuses a second release. */}}

{{- define "colvin.namespace" -}}
{{ .Values.namespace.name | default .Release.Namespace }}
{{- end }}

{{/* Labels of every object. */}}
{{- define "colvin.labels" -}}
app.kubernetes.io/name: colvin
app.kubernetes.io/part-of: colvin
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end }}

{{- define "colvin.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* host:port of an admin address, with brackets where the host is an IPv6 address. */}}
{{- define "colvin.adminAddress" -}}
{{- if contains ":" .host -}}[{{ .host }}]:{{ .port }}{{- else -}}{{ .host }}:{{ .port }}{{- end -}}
{{- end }}

{{/* Probes: a start may take two minutes, then silence of half a minute restarts it. */}}
{{- define "colvin.probes" -}}
startupProbe:
  httpGet: {{ include "colvin.probe" (dict "path" "/healthz" "admin" .) }}
  periodSeconds: 2
  failureThreshold: 60
{{ include "colvin.probes.running" . }}
{{- end }}

{{/* The start is asked of the agent itself: on the node's port the one that it replaces may answer. */}}
{{- define "colvin.probes.agent" -}}
startupProbe:
  exec: {command: [/colvin-agent, started, {{ include "colvin.startedFile" . }}]}
  periodSeconds: 2
  timeoutSeconds: 10
  failureThreshold: 60
{{ include "colvin.probes.running" . }}
{{- end }}

{{/* In the memory that every pod has of its own, so the next agent's pod does not see it. */}}
{{- define "colvin.startedFile" -}}
/dev/shm/started
{{- end }}

{{- define "colvin.probes.running" -}}
livenessProbe:
  httpGet: {{ include "colvin.probe" (dict "path" "/healthz" "admin" .) }}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: {{ include "colvin.probe" (dict "path" "/readyz" "admin" .) }}
  periodSeconds: 5
  timeoutSeconds: 5
{{- end }}

{{- define "colvin.probe" -}}
{{- $wild := or (eq .admin.host "0.0.0.0") (eq .admin.host "::") -}}
{{- $get := dict "path" .path "port" .admin.port -}}
{{- if not $wild }}{{ $_ := set $get "host" .admin.host }}{{ end -}}
{{ toJson $get }}
{{- end }}

{{/* A binding of a policy to all objects of its paramKind: it is asked once for each, and passes where there are none. */}}
{{- define "colvin.paramBinding" }}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {{ .name }}
  labels: {{- include "colvin.labels" .root | nindent 4 }}
spec:
  policyName: {{ .name }}
  validationActions: {{ toJson (.actions | default (list "Deny")) }}
  paramRef:
    selector: {}
    parameterNotFoundAction: Allow
{{- end }}
