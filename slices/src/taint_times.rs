//! Since when a device has a taint (DRA-27): a taint that was there keeps the time that the server holds,
//! or what tolerates it for a while would begin anew with each write.
//!
//! Left to others: which taints there are.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::resource::v1::{Device, DeviceTaint};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Unit;

/// The times of a slice's taints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TaintTimes(BTreeMap<Taint, Time>);

/// A device, and a taint's key, value and effect.
type Taint = (String, String, String, String);

impl TaintTimes {
    /// Those of the devices of a stored slice.
    pub(crate) fn of(devices: &[Device]) -> Self {
        let mut times = BTreeMap::new();
        for device in devices {
            for taint in device.taints.iter().flatten() {
                if let Some(time) = &taint.time_added {
                    times.insert(key(device, taint), time.clone());
                }
            }
        }
        Self(times)
    }

    /// Forgets those of taints that these devices do not have.
    pub(crate) fn retain(&mut self, devices: &[Device]) {
        let taints = |device: &Device| {
            let taints = device.taints.iter().flatten();
            taints.map(|taint| key(device, taint)).collect::<Vec<_>>()
        };
        let there: BTreeSet<Taint> = devices.iter().flat_map(taints).collect();
        self.0.retain(|taint, _| there.contains(taint));
    }

    /// The devices with the time of each taint that was there, and whole seconds for the others': the
    /// server keeps no parts of a second. One without a time gets the server's.
    pub(crate) fn fill(&self, mut devices: Vec<Device>) -> Vec<Device> {
        for device in &mut devices {
            let mut taints = device.taints.take();
            for taint in taints.iter_mut().flatten() {
                let stored = self.0.get(&key(device, taint)).cloned();
                taint.time_added = stored.or_else(|| taint.time_added.take().map(whole));
            }
            device.taints = taints;
        }
        devices
    }
}

fn key(device: &Device, taint: &DeviceTaint) -> Taint {
    let value = taint.value.clone().unwrap_or_default();
    (
        device.name.clone(),
        taint.key.clone(),
        value,
        taint.effect.clone(),
    )
}

/// The nearest whole second.
fn whole(time: Time) -> Time {
    // beyond the calendar there is none, and the server will say so
    time.0.round(Unit::Second).map_or(time, Time)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::jiff::Timestamp;

    use super::*;
    use crate::samples::{device, taint, tainted};

    fn at(key: &str, millis: i64) -> DeviceTaint {
        DeviceTaint {
            time_added: Some(Time(Timestamp::from_millisecond(millis).unwrap())),
            ..taint(key)
        }
    }

    fn with(taints: Vec<DeviceTaint>) -> Vec<Device> {
        vec![Device {
            taints: Some(taints),
            ..device("a")
        }]
    }

    /// DRA-27: for an unchanged key, value and effect the server's time stays, whatever is wanted.
    #[test]
    fn a_taint_that_was_there_keeps_its_time() {
        let times = TaintTimes::of(&with(vec![at("x", 5_000)]));
        let filled = times.fill(vec![tainted("a", &["x"])]);
        assert_eq!(filled, with(vec![at("x", 5_000)]));
        let filled = times.fill(with(vec![at("x", 9_000), at("y", 9_000)]));
        assert_eq!(filled, with(vec![at("x", 5_000), at("y", 9_000)]));
    }

    /// DRA-27: another value or effect, or the same taint of another device, is a new one.
    #[test]
    fn another_taint_has_its_own_time() {
        let times = TaintTimes::of(&with(vec![at("x", 5_000)]));
        let mut other = vec![tainted("a", &["x"]), tainted("b", &["x"])];
        other[0].taints.as_mut().unwrap()[0].value = Some("v".to_owned());
        assert_eq!(times.fill(other.clone()), other);
        let mut other = with(vec![taint("x")]);
        other[0].taints.as_mut().unwrap()[0].effect = "NoExecute".to_owned();
        assert_eq!(times.fill(other.clone()), other);
    }

    /// DRA-27: times are rounded to seconds.
    #[test]
    fn a_new_time_is_rounded_to_a_second() {
        let filled = TaintTimes::default().fill(with(vec![at("x", 1_499), at("y", 1_500)]));
        assert_eq!(filled, with(vec![at("x", 1_000), at("y", 2_000)]));
    }
}
