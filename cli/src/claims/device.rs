//! The devices of the driver's slices. Left to others: who has them.

use std::collections::BTreeMap;

use colvin_model::claimable::{CHILDREN, TaintKey};
use k8s_openapi::api::resource::v1::{Device as Listed, DeviceToleration, ResourceSlice};

use super::DRIVER;
use crate::taint;

/// A device of a slice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Device {
    /// Its pool.
    pub(crate) pool: String,
    /// Its name there.
    pub(crate) name: String,
    /// Its node.
    pub(crate) node: String,
    /// The network that it is on now.
    pub(crate) network: Option<String>,
    /// What it is, such as `VirtualFunction`.
    pub(crate) kind: Option<String>,
    /// Its uplink's id.
    pub(crate) uplink: Option<String>,
    /// Its PCI address.
    pub(crate) address: Option<String>,
    /// Its index below the PF.
    pub(crate) vf_index: Option<u16>,
    /// What keeps pods from it.
    pub(crate) taints: Vec<Taint>,
    /// How many claims may have it: one, or of an uplink as many as it has children.
    pub(crate) room: u64,
}

/// A taint that keeps pods away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taint {
    key: String,
    value: String,
    effect: String,
}

impl Device {
    fn of(listed: Listed, pool: &str, node: &str) -> Self {
        let attributes = listed.attributes.unwrap_or_default();
        // an attribute without a domain has the driver's
        let attribute = |name: &str| {
            let full = format!("{DRIVER}/{name}");
            attributes.get(name).or_else(|| attributes.get(&full))
        };
        let text = |name: &str| attribute(name)?.string.clone();
        let shared = listed.allow_multiple_allocations.unwrap_or_default();
        let children = listed.capacity.as_ref().filter(|_| shared);
        let children = children.and_then(|all| all.get(CHILDREN));
        let room = children.and_then(|it| it.value.0.parse().ok());
        let taints = listed.taints.unwrap_or_default().into_iter();
        let hard = taints.filter(|it| matches!(it.effect.as_str(), "NoSchedule" | "NoExecute"));
        Self {
            pool: pool.to_owned(),
            name: listed.name,
            node: node.to_owned(),
            network: text("network"),
            kind: text("kind"),
            uplink: text("pf"),
            address: text("resource.kubernetes.io/pciBusID"),
            vf_index: attribute("vf").and_then(|it| u16::try_from(it.int?).ok()),
            room: room.unwrap_or(1),
            taints: hard
                .map(|it| Taint {
                    key: it.key,
                    value: it.value.unwrap_or_default(),
                    effect: it.effect,
                })
                .collect(),
        }
    }

    /// Why no new pod may have it, in a word for programs.
    pub(crate) fn ill(&self) -> Option<String> {
        self.taints.first().map(Taint::reason)
    }

    /// The taints that this does not tolerate.
    pub(crate) fn against<'a>(
        &'a self,
        tolerations: &'a [DeviceToleration],
    ) -> impl Iterator<Item = &'a Taint> {
        let taints = self.taints.iter();
        taints.filter(|taint| !tolerations.iter().any(|it| taint.is_tolerated(it)))
    }
}

impl Taint {
    /// As `kubectl` writes it.
    pub(crate) fn words(&self) -> String {
        self.plain().words()
    }

    /// The word for it: of ours without domain and dashes, as `LinkDown`.
    fn reason(&self) -> String {
        let Some(ours) = self.key.strip_prefix("colvin.dev/") else {
            return self.key.clone();
        };
        reason(ours)
    }

    fn is_tolerated(&self, by: &DeviceToleration) -> bool {
        self.plain().is_tolerated(taint::Toleration {
            key: by.key.as_deref(),
            operator: by.operator.as_deref(),
            value: by.value.as_deref(),
            effect: by.effect.as_deref(),
        })
    }

    fn plain(&self) -> taint::Taint<'_> {
        taint::Taint {
            key: &self.key,
            value: &self.value,
            effect: &self.effect,
        }
    }
}

/// What a reason of a taint of ours means.
pub(crate) fn meaning(said: &str) -> Option<&'static str> {
    let mut keys = TaintKey::ALL.into_iter();
    let key = keys.find(|key| reason(key.as_str()) == said)?;
    Some(key.meaning().trim_end_matches('.'))
}

/// `link-down` as `LinkDown`.
fn reason(key: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|it| it.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    key.split('-').map(word).collect()
}

/// The devices of the driver's slices; of a pool those of its newest generation.
pub(super) fn newest(
    slices: impl IntoIterator<Item = ResourceSlice>,
) -> BTreeMap<(String, String), Device> {
    let ours = slices.into_iter().filter(|it| it.spec.driver == DRIVER);
    let ours: Vec<ResourceSlice> = ours.collect();
    let mut generations: BTreeMap<String, i64> = BTreeMap::new();
    for slice in &ours {
        let pool = &slice.spec.pool;
        let known = generations.entry(pool.name.clone()).or_default();
        *known = (*known).max(pool.generation);
    }
    let mut devices = BTreeMap::new();
    for slice in ours {
        let pool = slice.spec.pool;
        if generations.get(&pool.name) != Some(&pool.generation) {
            continue;
        }
        let node = slice.spec.node_name.unwrap_or_default();
        for listed in slice.spec.devices.unwrap_or_default() {
            let device = Device::of(listed, &pool.name, &node);
            devices.insert((pool.name.clone(), device.name.clone()), device);
        }
    }
    devices
}
