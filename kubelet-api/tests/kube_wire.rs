//! `proto/` is on the wire what Kubernetes has: packages, messages, fields, enums, services and methods
//! of the Go module `k8s.io/kubelet`, at the version that the Kubernetes bench is built from.
//!
//! Left to others: the generated code (`generated.rs`), what the calls mean.

#![expect(clippy::unwrap_used, reason = "test")]

use std::path::{Path, PathBuf};

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    ServiceDescriptorProto,
};

/// Ours below `proto/` without the ending, and theirs below `pkg/apis/`.
const APIS: [(&str, &str); 7] = [
    ("device_plugin/v1beta1", "deviceplugin/v1beta1"),
    ("dra/v1", "dra/v1"),
    ("dra/v1beta1", "dra/v1beta1"),
    ("dra_health/v1", "dra-health/v1"),
    ("dra_health/v1alpha1", "dra-health/v1alpha1"),
    ("pod_resources/v1", "podresources/v1"),
    ("registration/v1", "pluginregistration/v1"),
];

/// Everything in the file that can be seen on the wire or in JSON, one line each, in order.
fn wire(file: &Path) -> Vec<String> {
    let folder = file.parent().unwrap();
    let files = protox::compile([file], [folder]).unwrap().file;
    let mut lines: Vec<String> = files.iter().flat_map(file_lines).collect();
    lines.sort();
    lines
}

fn file_lines(file: &FileDescriptorProto) -> Vec<String> {
    let package = file.package();
    let mut lines = vec![format!("package {package} {}", file.syntax())];
    lines.extend(file.dependency.iter().map(|name| format!("import {name}")));
    let messages = file.message_type.iter();
    lines.extend(messages.flat_map(|message| message_lines(package, message)));
    let enums = file.enum_type.iter();
    lines.extend(enums.flat_map(|of| enum_lines(package, of)));
    let services = file.service.iter();
    lines.extend(services.flat_map(|service| service_lines(package, service)));
    lines
}

fn message_lines(within: &str, message: &DescriptorProto) -> Vec<String> {
    let name = format!("{within}.{}", message.name());
    let options = message.options.clone().unwrap_or_default();
    let mut lines = vec![format!("message {name} map {}", options.map_entry())];
    let fields = message.field.iter();
    lines.extend(fields.map(|field| field_line(&name, message, field)));
    let nested = message.nested_type.iter();
    lines.extend(nested.flat_map(|nested| message_lines(&name, nested)));
    let enums = message.enum_type.iter();
    lines.extend(enums.flat_map(|of| enum_lines(&name, of)));
    lines
}

fn field_line(message: &str, of: &DescriptorProto, field: &FieldDescriptorProto) -> String {
    let one_of = field
        .oneof_index
        .and_then(|index| of.oneof_decl.get(usize::try_from(index).unwrap()))
        .map_or("", |one_of| one_of.name());
    format!(
        "field {message} {} {} {} {} {} json {} oneof {one_of:?} optional {}",
        field.number(),
        field.name(),
        Label::as_str_name(&field.label()),
        Type::as_str_name(&field.r#type()),
        field.type_name(),
        field.json_name(),
        field.proto3_optional(),
    )
}

fn enum_lines(within: &str, of: &EnumDescriptorProto) -> Vec<String> {
    let name = format!("{within}.{}", of.name());
    let values = of.value.iter();
    let values = values.map(|value| format!("enum {name} {} {}", value.number(), value.name()));
    values.collect()
}

fn service_lines(package: &str, service: &ServiceDescriptorProto) -> Vec<String> {
    let methods = service.method.iter().map(|method| {
        format!(
            "service {package}.{}/{} {} {} streams {} {}",
            service.name(),
            method.name(),
            method.input_type(),
            method.output_type(),
            method.client_streaming(),
            method.server_streaming(),
        )
    });
    methods.collect()
}

/// Where Go keeps the module.
#[expect(
    clippy::disallowed_methods,
    reason = "only Go knows where it keeps a module"
)]
fn module() -> PathBuf {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR")).join("../hack/kube");
    let told = std::process::Command::new("go")
        .args(["list", "-m", "-f", "{{.Dir}}", "k8s.io/kubelet"])
        .current_dir(bench)
        .output()
        .unwrap();
    let path = String::from_utf8(told.stdout).unwrap();
    let path = PathBuf::from(path.trim());
    assert!(
        path.is_dir(),
        "go list: {}, {}",
        path.display(),
        told.status
    );
    path
}

#[test]
#[ignore = "kube"]
fn our_protos_are_on_the_wire_what_kubernetes_has() {
    let theirs = module().join("pkg/apis");
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto");
    for (our, their) in APIS {
        let our_lines = wire(&ours.join(our).with_extension("proto"));
        let their_lines = wire(&theirs.join(their).join("api.proto"));
        assert!(their_lines.len() > 5, "{their}: {their_lines:#?}");
        let missing: Vec<&String> = their_lines
            .iter()
            .filter(|line| !our_lines.contains(line))
            .collect();
        let added: Vec<&String> = our_lines
            .iter()
            .filter(|line| !their_lines.contains(line))
            .collect();
        assert!(
            missing.is_empty() && added.is_empty(),
            "{our}: missing {missing:#?}, added {added:#?}"
        );
    }
}

#[test]
fn every_difference_on_the_wire_is_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.proto");
    let lines = |text: &str| {
        std::fs::write(&file, text).unwrap();
        wire(&file)
    };
    let text = "syntax = \"proto3\"; package p; message M { repeated string a_b = 1; optional int64 c = 2; } \
                enum E { Z = 0; } service S { rpc R(M) returns (stream M) {} }";
    let first = lines(text);
    for (from, to) in [
        ("package p", "package q"),
        ("repeated string", "string"),
        ("string a_b", "bytes a_b"),
        ("a_b = 1", "a_b = 3"),
        ("a_b", "a_c"),
        ("optional int64", "int64"),
        ("Z = 0", "Y = 0"),
        ("stream M", "M"),
        ("rpc R", "rpc Q"),
        ("service S", "service T"),
    ] {
        assert_ne!(lines(&text.replacen(from, to, 1)), first, "{from} -> {to}");
    }
    assert_eq!(lines(&text.replace("; ", ";\n// words\n")), first);
}
