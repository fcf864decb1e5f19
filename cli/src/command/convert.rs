//! `colvin convert`: between a Network and the attachment definition by which Multus gives it to pods, and between that
//! and the claim template by which they get it of DRA.
//!
//! What one of them cannot say is a warning. Left to others: reading definitions (`import::nad`), the definition of a Network
//! (`colvin_crds`), templates ([`claim`]), joining definitions per node (`colvin import nad`), applying.

mod claim;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::{Context as _, bail};
use colvin_crds::v1alpha1::network::attachment_definition::attachment_definition;
use colvin_crds::v1alpha1::network::{Advertise, NamespacesFrom};
use colvin_crds::v1alpha1::{API_VERSION, GROUP, Network};
use serde_json::Value;

use super::Ended;
use super::import::foreign::{DEFINITIONS, Objects};
use super::import::nad::definition::{Definition, definitions};
use super::import::nad::group::Group;
use super::import::nad::{namespaces_told, of_group};
use super::lint::text_of;
use crate::args::authoring::{Answers, Convert, To};
use crate::cluster::{AnyKind, Connection};
use crate::{create, manifest};

/// `Network` objects, as they are written.
const NETWORKS: AnyKind = AnyKind::new("networks.colvin.dev", "v1alpha1", "Network");

/// What came of it.
#[derive(Debug, Default)]
struct Converted {
    /// The objects, each with the lines above it.
    objects: Vec<(Vec<String>, Value)>,
    /// What is otherwise or lost, a line each.
    warnings: Vec<String>,
    /// What could not be converted, a line each.
    failures: Vec<String>,
}

/// Converts what was named.
///
/// # Errors
/// When a file cannot be read, the cluster does not answer or has no such object, or nothing can be written.
pub(super) fn run(args: &Convert, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let mut texts = Vec::new();
    for file in &args.files {
        texts.push((file.display().to_string(), text_of(file)?));
    }
    if let Some(name) = &args.cluster {
        texts.push(("cluster".to_owned(), of_cluster(name, args)?));
    }
    let converted = converted(&texts, args.namespace.as_deref(), &args.answers, args.to)?;
    for (comments, object) in &converted.objects {
        to.write_all(manifest::document(comments, object).as_bytes())?;
    }
    to.flush()?;
    for warning in &converted.warnings {
        create::note(&format!("warning: {warning}"));
    }
    converted
        .failures
        .iter()
        .for_each(|line| create::note(line));
    if converted.objects.is_empty() && converted.failures.is_empty() {
        create::note(
            "there is no Network, NetworkAttachmentDefinition or ResourceClaimTemplate to convert",
        );
    }
    let whole = converted.failures.is_empty();
    Ok(if whole { Ended::Well } else { Ended::Badly })
}

/// The object of the cluster, as a text.
fn of_cluster(name: &str, args: &Convert) -> anyhow::Result<String> {
    let connection = Connection::open(&args.connection)?;
    let (kind, namespace, name) = match name.split_once('/') {
        Some((namespace, name)) => (DEFINITIONS, Some(namespace), name),
        None => (NETWORKS, None, name),
    };
    let found = connection.object(kind, namespace, name);
    let found = found.map_err(|error| connection.told(&error, kind.asked()))?;
    let Some(object) = found else {
        match namespace {
            Some(namespace) => bail!("there is no {} {namespace}/{name}", kind.kind),
            None => bail!("there is no Network {name}: colvin networks lists them"),
        }
    };
    serde_json::to_string(&object).context("cannot write JSON")
}

/// What becomes of the objects of these texts, each of a file of this name.
fn converted(
    texts: &[(String, String)],
    namespace: Option<&str>,
    answers: &Answers,
    to: To,
) -> anyhow::Result<Converted> {
    let mut converted = Converted::default();
    let mut networks = Objects::default();
    let mut nads = Objects::default();
    let mut templates = Objects::default();
    for (file, text) in texts {
        networks.add(file, text, NETWORKS);
        nads.add(file, text, DEFINITIONS);
        templates.add(file, text, claim::TEMPLATES);
    }
    // all looks find the same of what does not read
    converted.failures.append(&mut nads.unreadable);
    for (file, root) in &networks.wanted {
        let network: Result<Network, _> = serde_json::from_value(root.to_value());
        match network {
            Ok(network) => of_network(&network, namespace, to, &mut converted),
            Err(error) => converted.failures.push(format!(
                "{file}:{}: it is no Network: {error}; colvin lint says more",
                root.place
            )),
        }
    }
    let (definitions, failures) = definitions(&nads, answers, None);
    converted.failures.extend(failures);
    let mut taken = BTreeSet::new();
    for definition in definitions {
        match to {
            To::Other => of_definition(definition, &mut taken, &mut converted)?,
            To::ClaimTemplate => claim::of_definition(&definition, namespace, &mut converted),
        }
    }
    // one is a template already
    for (file, root) in templates.wanted.iter().filter(|_| to == To::Other) {
        if let Err(error) = claim::of_template(root.to_value(), namespace, &mut converted) {
            let failure = format!(
                "{file}:{}: it is no ResourceClaimTemplate: {error}",
                root.place
            );
            converted.failures.push(failure);
        }
    }
    Ok(converted)
}

/// The definition of a Network, or its template.
fn of_network(network: &Network, namespace: Option<&str>, to: To, converted: &mut Converted) {
    let name = network.metadata.name.as_deref().unwrap_or_default();
    if name.is_empty() {
        let failure = "a Network without a name has no definition".to_owned();
        converted.failures.push(failure);
        return;
    }
    let is_by_dra = network.spec.advertise == Advertise::Dra;
    if to == To::ClaimTemplate {
        claim::of_network(name, is_by_dra, namespace, converted);
        return;
    }
    if is_by_dra {
        converted.failures.push(format!(
            "{name}: its devices are advertised by DRA, and Multus hands over those of the device plugin only: it has no \
             definition while it says advertise: DRA (--to claim-template has a template)"
        ));
        return;
    }
    let comment = format!("{name}: for Multus; all settings are those of the Network {name}");
    let definition = attachment_definition(name, namespace);
    converted.objects.push((vec![comment], definition));
    let attach = network.spec.attach.as_ref();
    if let Some(interface) = attach.and_then(|attach| attach.interface_name.as_ref()) {
        converted.warnings.push(format!(
            "{name}: interfaceName {interface}: Multus names interfaces itself, net1 and so on; a pod says another as {name}@{interface}0"
        ));
    }
    let allowed = network.spec.allowed_namespaces.as_ref();
    if allowed.is_some_and(|allowed| allowed.from == NamespacesFrom::Selector) {
        converted.warnings.push(format!(
            "{name}: allowedNamespaces: a definition is of one namespace; make one in each that the Network allows"
        ));
    }
}

/// The Network that a definition amounts to.
fn of_definition(
    definition: Definition,
    taken: &mut BTreeSet<String>,
    converted: &mut Converted,
) -> anyhow::Result<()> {
    let called = definition.called();
    let ours = definition.network().map(str::to_owned);
    let question = definition.interface_question("colvin convert");
    let settings = definition.settings.clone();
    let resource = definition.resource.clone();
    let group = Group {
        base: ours.clone().unwrap_or_else(|| definition.name.clone()),
        definitions: vec![definition],
    };
    let Some((name, network)) = of_group(&group, taken) else {
        return Ok(());
    };
    let warnings = &mut converted.warnings;
    if ours.is_some() {
        warnings.push(format!(
            "{name}: {called} is for colvin-cni and says no more of the Network: what there is of its settings is in the cluster, \
             kubectl get networks.{GROUP} {name} -o yaml"
        ));
    } else if question.is_some() {
        let pool = resource.map_or_else(String::new, |resource| {
            format!(" (its devices come from the pool {resource}; colvin import sriov-device-plugin reads that)")
        });
        warnings.push(format!(
            "{name}: {called} names no uplink, so members is empty{pool}: write members, or say colvin convert --interface {called}=NETDEV"
        ));
    }
    let dropped = settings.dropped.iter();
    warnings.extend(dropped.map(|dropped| format!("{name}: not carried over: {dropped}")));
    warnings.extend(namespaces_told(&group, &name).filter(|_| ours.is_none()));
    let mut above = vec![format!("{name}: from {called}, of {}", settings.plugin)];
    if !settings.carried.is_empty() {
        above.push(format!("carried over: {}", settings.carried.join(", ")));
    }
    let object = manifest::spare(&network).context("cannot write JSON")?;
    debug_assert_eq!(object.get("apiVersion"), Some(&Value::from(API_VERSION)));
    converted.objects.push((above, object));
    taken.insert(name);
    Ok(())
}
