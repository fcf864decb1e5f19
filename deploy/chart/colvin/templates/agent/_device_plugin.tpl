{{/* What the agent has for serving devices to the kubelet: flags, environment, folders of the host. */}}

{{/* The folders of the host, by the volume's name. Each is mounted where the host has it, since paths go over the wire.
     The kubelet has its own three before it starts any pod; one that is missing (another kubeletDir) is made, so that
     the agent sees the machine all the same and says what it waits for. */}}
{{- define "colvin.devicePlugin.folders" -}}
kubelet-device-plugins: {{ .Values.devicePlugin.kubeletDir }}/device-plugins
kubelet-plugins-registry: {{ .Values.devicePlugin.kubeletDir }}/plugins_registry
kubelet-pod-resources: {{ .Values.devicePlugin.kubeletDir }}/pod-resources
run: /run/colvin
cdi: /var/run/cdi
device-info: /var/run/k8s.cni.cncf.io/devinfo/dp
{{- if .Values.dra.enabled }}
kubelet-plugin: {{ .Values.devicePlugin.kubeletDir }}/plugins/colvin.dev
{{- end }}
{{- end }}

{{- define "colvin.devicePlugin.args" -}}
{{- if .Values.devicePlugin.enabled -}}
- --device-plugin=on
- --kubelet-dir={{ .Values.devicePlugin.kubeletDir }}
- --registration={{ .Values.devicePlugin.registration }}
{{- /* YAML reads a bare off as false */}}
- --cdi={{ .Values.devicePlugin.cdi | default "off" }}
- --dra={{ ternary "auto" "off" .Values.dra.enabled }}
{{- if .Values.devicePlugin.configFile.configMap }}
- {{ printf "--config-file=/etc/pcidp/%s" .Values.devicePlugin.configFile.key | quote }}
- --resource-prefix={{ .Values.devicePlugin.resourcePrefix }}
{{- end }}
{{- else -}}
- --device-plugin=off
- --dra=off
{{- end }}
{{- end }}

{{- define "colvin.devicePlugin.env" -}}
{{- if .Values.devicePlugin.enabled -}}
- name: POD_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: COLVIN_POD
  value: $(POD_NAMESPACE)/$(POD_NAME)
{{- if .Values.dra.enabled }}
- name: COLVIN_POD_UID
  valueFrom: {fieldRef: {fieldPath: metadata.uid}}
{{- end }}
{{- if .Values.devicePlugin.configFile.configMap }}
# for devicePlugin.configFile.key
- name: NODE_NAME
  valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
{{- end }}
{{- end }}
{{- end }}

{{- define "colvin.devicePlugin.mounts" -}}
{{- if .Values.devicePlugin.enabled -}}
{{- range $name, $path := include "colvin.devicePlugin.folders" . | fromYaml }}
- {name: {{ $name }}, mountPath: {{ $path | quote }}}
{{- end }}
{{- if .Values.devicePlugin.configFile.configMap }}
# the whole folder: a single file of it would never change
- {name: config-file, mountPath: /etc/pcidp, readOnly: true}
{{- end }}
{{- end }}
{{- end }}

{{- define "colvin.devicePlugin.volumes" -}}
{{- if .Values.devicePlugin.enabled -}}
{{- range $name, $path := include "colvin.devicePlugin.folders" . | fromYaml }}
- name: {{ $name }}
  hostPath: {path: {{ $path | quote }}, type: DirectoryOrCreate}
{{- end }}
{{- with .Values.devicePlugin.configFile.configMap }}
# optional: a node without it has its networks all the same, and the agent says what is missing
- name: config-file
  configMap: {name: {{ . | quote }}, optional: true}
{{- end }}
{{- end }}
{{- end }}
