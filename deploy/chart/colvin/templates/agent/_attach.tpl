{{/* What the agent has for its part of attaching pods: a flag, capabilities, folders of the host. */}}

{{- define "colvin.attach.args" -}}
{{- if ne .Values.attach.mode "Off" -}}
{{- if not .Values.devicePlugin.enabled -}}
{{- fail "attach.mode needs devicePlugin.enabled: the kubelet is asked which pod has which device" -}}
{{- end -}}
{{- if ne .Values.agent.stateDir "/var/lib/colvin" -}}
{{- fail "attach.mode needs agent.stateDir /var/lib/colvin: the plugin looks there" -}}
{{- end -}}
- --attach={{ if eq .Values.attach.mode "Chained" }}chained{{ else }}below-multus{{ end }}
- --cni-bin-dir={{ .Values.attach.binDir }}
- --cni-conf-dir={{ .Values.attach.confDir }}
- --daemon-set={{ include "colvin.namespace" . }}/colvin-agent
{{- else -}}
- --attach=off
{{- end }}
{{- end }}

{{/* NET_ADMIN sets links and the settings of VFs as they were; SYS_ADMIN enters a network namespace that has one. */}}
{{- define "colvin.attach.capabilities" -}}
{{- if ne .Values.attach.mode "Off" }}, NET_ADMIN, SYS_ADMIN{{ end }}
{{- end }}

{{- define "colvin.attach.mounts" -}}
{{- if ne .Values.attach.mode "Off" -}}
# runtimes mount namespaces here while the agent runs: without propagation it would see empty files, by either name
- {name: netns, mountPath: /run/netns, mountPropagation: HostToContainer}
- {name: netns, mountPath: /var/run/netns, mountPropagation: HostToContainer}
- {name: cni-bin, mountPath: {{ .Values.attach.binDir | quote }}}
- {name: cni-conf, mountPath: {{ .Values.attach.confDir | quote }}}
- {name: cni-state, mountPath: {{ .Values.attach.cniStateDir | quote }}}
{{- end }}
{{- end }}

{{- define "colvin.attach.volumes" -}}
{{- if ne .Values.attach.mode "Off" -}}
- name: netns
  hostPath: {path: /run/netns, type: DirectoryOrCreate}
- name: cni-bin
  hostPath: {path: {{ .Values.attach.binDir | quote }}, type: DirectoryOrCreate}
- name: cni-conf
  hostPath: {path: {{ .Values.attach.confDir | quote }}, type: DirectoryOrCreate}
- name: cni-state
  hostPath: {path: {{ .Values.attach.cniStateDir | quote }}, type: DirectoryOrCreate}
{{- end }}
{{- end }}
