//! What is said of a network's `DeviceClass`. Left to others: how it is ([`crate::classes`]).

use colvin_crds::v1alpha1::network::attachment_definition::resource_name;
use colvin_crds::v1alpha1::network::device_class::{API_VERSION, class_name};

use super::{Verdict, cut};
use crate::classes::Classed;
use crate::reason::Reason;

/// Whether its class is missing or not whole; `None` where that is not known.
pub(super) fn unclassed(network: &str, classed: &Classed) -> Option<Verdict> {
    let class = class_name(network);
    Some(match classed {
        Classed::Unknown => return None,
        Classed::NoneAsked => Verdict::no(Reason::ByDevicePlugin, "it does not say advertise: DRA"),
        Classed::KindMissing => Verdict::yes(
            Reason::ClassKindMissing,
            format!("the cluster has no DeviceClasses of {API_VERSION}"),
        ),
        Classed::Forbidden => Verdict::yes(
            Reason::ClassesForbidden,
            "the controller may not read DeviceClasses",
        ),
        Classed::Made => Verdict::no(Reason::ClassMade, format!("its DeviceClass is {class}")),
        Classed::WithoutExtendedName => Verdict::yes(
            Reason::ExtendedNameDropped,
            format!(
                "DeviceClass {class} is there, and the API server drops its extendedResourceName {}",
                resource_name(network)
            ),
        ),
        Classed::Foreign => Verdict::yes(
            Reason::ClassForeign,
            format!("DeviceClass {class} is somebody else's, and is let alone"),
        ),
        Classed::Refused(words) => Verdict::yes(
            Reason::ClassRefused,
            format!("DeviceClass {class}: {}", cut(words)),
        ),
        Classed::Pending => pending(),
    })
}

/// What is said before anything is known.
pub(super) fn pending() -> Verdict {
    Verdict::yes(Reason::ClassPending, "it is not made yet")
}
