//! How well devices are, told again and again (DRA-32): the whole list each time, at every change and before the
//! kubelet forgets it.
//!
//! A device is ill when whoever has it cannot use it. A lost link and another cable are said in words, and act by
//! taints and conditions (invariant 11). Left to others: the wire.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::stream::{self, BoxStream, StreamExt as _};
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::driver::Driver;
use crate::{Device, Devices, Report};

/// The most characters of a message (LIM-14).
const LONGEST_MESSAGE: usize = 1024;

/// After so many lists that did not come the kubelet forgets a device's health.
const LISTS: u32 = 3;

/// How one device is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeviceHealth {
    pub(crate) pool: String,
    pub(crate) device: String,
    pub(crate) is_usable: bool,
    pub(crate) message: String,
}

/// How all devices are at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Health {
    pub(crate) devices: Vec<DeviceHealth>,
    /// When it was looked at, in seconds of Unix time.
    pub(crate) at_secs: i64,
    /// Seconds after which it counts for nothing.
    pub(crate) holds_secs: i64,
}

/// A stream of lists, in either version of the wire.
pub(crate) type Lists<T> = BoxStream<'static, Result<T, Status>>;

/// What a stream goes on from.
struct Watch {
    devices: watch::Receiver<Arc<Devices>>,
    /// Whether somebody still tells of devices.
    open: bool,
    ticks: Interval,
    holds_secs: i64,
    ended: CancellationToken,
    report: Arc<dyn Report>,
}

/// The lists for one caller, until the end.
pub(crate) fn lists<T: 'static>(
    driver: &Driver,
    ended: CancellationToken,
    on_wire: fn(Health) -> T,
) -> Lists<T> {
    let every = driver.settings.pace.health;
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let holds = every.saturating_mul(LISTS).as_secs().max(1);
    let watch = Watch {
        devices: driver.inputs.devices.clone(),
        open: true,
        ticks,
        holds_secs: i64::try_from(holds).unwrap_or(i64::MAX),
        ended,
        report: Arc::clone(&driver.report),
    };
    stream::unfold(watch, move |mut watch| async move {
        let health = watch.next().await?;
        Some((Ok(on_wire(health)), watch))
    })
    .boxed()
}

impl Watch {
    async fn next(&mut self) -> Option<Health> {
        tokio::select! {
            biased;
            () = self.ended.cancelled() => return None,
            _ = self.ticks.tick() => {}
            changed = self.devices.changed(), if self.open => {
                self.open = changed.is_ok();
                self.ticks.reset();
            }
        }
        let devices = health(&self.devices.borrow_and_update());
        let usable = devices.iter().filter(|it| it.is_usable).count();
        self.report.health_sent(devices.len(), usable);
        Some(Health {
            devices,
            at_secs: now_secs(),
            holds_secs: self.holds_secs,
        })
    }
}

fn now_secs() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map(|now| now.as_secs()).unwrap_or_default();
    i64::try_from(now).unwrap_or(i64::MAX)
}

fn health(devices: &Devices) -> Vec<DeviceHealth> {
    let each = devices.0.iter().map(|(name, device)| DeviceHealth {
        pool: device.pool.clone(),
        device: name.to_string(),
        is_usable: device.is_usable(),
        message: message(device),
    });
    each.collect()
}

fn message(device: &Device) -> String {
    let ill = device.is.ill.as_ref().map(ToString::to_string);
    ill.or_else(|| device.notice.map(str::to_owned))
        .unwrap_or_default()
        .chars()
        .take(LONGEST_MESSAGE)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{devices, name};
    use colvin_model::offer::Ill;

    /// DRA-32.
    #[test]
    fn all_devices_are_told_with_words_where_something_is_wrong() {
        let mut devices = devices(3);
        for (number, ill) in [(1, Ill::LinkDown), (2, Ill::NoDriver)] {
            devices.0.get_mut(&name(number)).unwrap().is.ill = Some(ill);
        }
        devices.0.get_mut(&name(3)).unwrap().notice = Some("The uplink has no carrier.");
        let told = health(&devices);
        let usable: Vec<_> = told.iter().map(|it| it.is_usable).collect();
        assert_eq!(usable, [true, false, true]);
        assert!(told[0].message.contains("carrier"), "{}", told[0].message);
        assert_eq!(told[1].message, Ill::NoDriver.to_string());
        assert_eq!(told[2].message, "The uplink has no carrier.");
        assert_eq!(told[0].pool, "n1/0000-3b-00-0-0");
    }
}
