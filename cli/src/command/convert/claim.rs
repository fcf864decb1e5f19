//! Between the attachment definition of a Network and the claim template by which pods get the same of DRA.
//!
//! Pure. What one of them cannot say is a warning. Left to others: reading objects and definitions (`convert`,
//! `import nad`), the `DeviceClass` (the controller makes it of a Network with `advertise: DRA`).

#[cfg(test)]
mod tests;

use colvin_crds::v1alpha1::API_VERSION as OURS;
use colvin_crds::v1alpha1::network::Attach;
use colvin_crds::v1alpha1::network::attachment_definition::attachment_definition;
use colvin_crds::v1alpha1::network::device_class::{
    API_VERSION, DRIVER, PARAMETERS, class_name, network_of,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Converted;
use crate::cluster::AnyKind;
use crate::command::import::nad::definition::Definition;

/// Templates of claims.
pub(super) const TEMPLATES: AnyKind = AnyKind::new(
    "resourceclaimtemplates.resource.k8s.io",
    "v1",
    "ResourceClaimTemplate",
);

/// A template as far as it is read.
#[derive(Deserialize)]
struct Template {
    metadata: Named,
    spec: TemplateSpec,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    namespace: Option<String>,
}

#[derive(Deserialize)]
struct TemplateSpec {
    spec: ClaimSpec,
}

#[derive(Deserialize)]
struct ClaimSpec {
    #[serde(default)]
    devices: Devices,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Devices {
    requests: Vec<Request>,
    constraints: Vec<Value>,
    config: Vec<Value>,
}

#[derive(Deserialize)]
struct Request {
    name: String,
    /// `None` where it has alternatives.
    exactly: Option<Exactly>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Exactly {
    device_class_name: String,
    #[serde(default = "one")]
    count: u64,
    #[serde(default)]
    selectors: Vec<Value>,
}

const fn one() -> u64 {
    1
}

/// The template by which pods get what a definition gives.
pub(super) fn of_definition(
    definition: &Definition,
    namespace: Option<&str>,
    converted: &mut Converted,
) {
    let called = definition.called();
    let Some(network) = definition.network() else {
        let resource = definition.resource.as_deref().unwrap_or("no resource");
        converted.failures.push(format!(
            "{called}: it is of {} and gives devices of {resource}, not of a Network: colvin convert makes the Network that it \
             amounts to, and of that the template",
            definition.settings.plugin
        ));
        return;
    };
    let namespace = namespace.unwrap_or(&definition.namespace);
    let (parameters, lost) = parameters(&definition.settings.attach);
    let comment = format!("{}: from {called}", definition.name);
    converted.objects.push((
        vec![comment, HOW_TO_ASK.to_owned()],
        template(&definition.name, Some(namespace), network, parameters),
    ));
    let warnings = &mut converted.warnings;
    let lost = lost.into_iter();
    warnings.extend(lost.map(|lost| format!("{called}: not carried over: {lost}")));
    let dropped = definition.settings.dropped.iter();
    warnings.extend(dropped.map(|dropped| format!("{called}: not carried over: {dropped}")));
    warnings.push(format!(
        "{called}: the class {} is there while the Network {network} says advertise: DRA",
        class_name(network)
    ));
}

/// The template of a Network.
pub(super) fn of_network(
    network: &str,
    is_by_dra: bool,
    namespace: Option<&str>,
    converted: &mut Converted,
) {
    let comment = format!("{network}: all settings are those of the Network {network}");
    let template = template(network, namespace, network, Map::new());
    let comments = vec![comment, HOW_TO_ASK.to_owned()];
    converted.objects.push((comments, template));
    if !is_by_dra {
        converted.warnings.push(format!(
            "{network}: the Network is advertised by the device plugin: there is no class {} before it says advertise: DRA",
            class_name(network)
        ));
    }
}

/// What a pod's owner writes.
const HOW_TO_ASK: &str = "a pod names it in spec.resourceClaims, and a container in resources.claims; its annotation for Multus and \
     its extended resource go";

fn template(
    name: &str,
    namespace: Option<&str>,
    network: &str,
    parameters: Map<String, Value>,
) -> Value {
    let mut metadata = json!({"name": name});
    if let (Some(namespace), Some(fields)) = (namespace, metadata.as_object_mut()) {
        fields.insert("namespace".to_owned(), namespace.into());
    }
    let class = class_name(network);
    let requests = json!([{"name": network, "exactly": {"deviceClassName": class}}]);
    let mut devices = json!({"requests": requests});
    if let Some(devices) = devices.as_object_mut().filter(|_| !parameters.is_empty()) {
        let mut said = Map::new();
        said.insert("apiVersion".to_owned(), OURS.into());
        said.insert("kind".to_owned(), PARAMETERS.into());
        said.extend(parameters);
        let config = json!([{"opaque": {"driver": DRIVER, "parameters": said}}]);
        devices.insert("config".to_owned(), config);
    }
    json!({
        "apiVersion": API_VERSION,
        "kind": TEMPLATES.kind,
        "metadata": metadata,
        "spec": {"spec": {"devices": devices}},
    })
}

/// What a claim may say of these settings, and what it may not, a line each.
fn parameters(attach: &Attach) -> (Map<String, Value>, Vec<String>) {
    let Attach {
        vlan,
        mtu,
        trust,
        spoof_check,
        interface_name,
        reconfigure: _,
        ipam,
        routes,
        definitions: _,
    } = attach;
    let said = [
        ("mtu", mtu.map(Value::from)),
        ("interfaceName", interface_name.as_ref().map(|it| json!(it))),
        ("spoofCheck", spoof_check.filter(|on| *on).map(Value::from)),
        ("routes", (!routes.is_empty()).then(|| json!(routes))),
    ];
    let said = said
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    let of_network = |what: String| format!("{what}: a claim may not say it, the Network does");
    let lost = [
        vlan.map(|vlan| of_network(format!("vlan {vlan}"))),
        trust.map(|trust| of_network(format!("trust {trust}"))),
        spoof_check
            .filter(|on| !on)
            .map(|_| of_network("spoofCheck false".to_owned())),
        ipam.as_ref().map(|_| of_network("ipam".to_owned())),
    ];
    (said.collect(), lost.into_iter().flatten().collect())
}

/// The definitions by which pods get of Multus what a template claims.
///
/// # Errors
/// When it is none.
pub(super) fn of_template(
    template: Value,
    namespace: Option<&str>,
    converted: &mut Converted,
) -> serde_json::Result<()> {
    let Template { metadata, spec } = serde_json::from_value(template)?;
    let Named {
        name,
        namespace: own,
    } = metadata;
    let namespace = namespace.or(own.as_deref());
    let Devices {
        requests,
        constraints,
        config,
    } = spec.spec.devices;
    let is_only = requests.len() == 1;
    let before = converted.objects.len();
    for request in requests {
        let called = format!("{name}: request {}", request.name);
        let Some(exactly) = request.exactly else {
            converted.failures.push(format!(
                "{called}: it has alternatives (firstAvailable), and a definition is of one Network"
            ));
            continue;
        };
        let Some(network) = network_of(&exactly.device_class_name) else {
            let class = exactly.device_class_name;
            converted.warnings.push(format!(
                "{called}: not carried over: class {class} is of no Network"
            ));
            continue;
        };
        let mut definition = attachment_definition(network, namespace);
        if let Some(called) = definition.pointer_mut("/metadata/name").filter(|_| is_only) {
            *called = json!(name);
        }
        let comment = format!(
            "from the template {name}, for Multus; all settings are those of the Network {network}"
        );
        converted.objects.push((vec![comment], definition));
        if exactly.count > 1 {
            converted.warnings.push(format!(
                "{called}: it is for {} devices: a pod names the definition as often, and asks for as many",
                exactly.count
            ));
        }
        if !exactly.selectors.is_empty() {
            converted.warnings.push(format!(
                "{called}: not carried over: selectors: the device plugin gives any device of the Network"
            ));
        }
    }
    if converted.objects.len() == before && converted.failures.is_empty() {
        let failure = format!("{name}: it claims no device of a Network");
        converted.failures.push(failure);
    }
    let lost = [("constraints", &constraints), ("config", &config)];
    let lost = lost.into_iter().filter(|(_, said)| !said.is_empty());
    converted.warnings.extend(lost.map(|(what, _)| {
        format!(
            "{name}: not carried over: {what}: a definition says the Network's name and no more"
        )
    }));
    Ok(())
}
