//! A made-up API server with claims, and the devices that they may be allocated.

use std::collections::BTreeMap;
use std::sync::Mutex;

use colvin_dra_driver::{
    AllocationResult, ClaimAllocation, ClaimReadError, ClaimReader, DRIVER, Device, Devices,
    ReadClaim,
};
use colvin_model::offer::{Extras, Kind, OfferedDevice};
use colvin_testkit::kubelet::dra::ClaimName;

use crate::node::{POOL, device_id, device_name};

/// That many VFs of one PF on the network green.
pub(crate) fn devices(count: u8) -> Devices {
    let device = |number| {
        let id = device_id(number);
        let is = OfferedDevice {
            kind: Kind::VirtualFunction,
            address: id.as_str().parse().ok(),
            uplink: "0000:3b:00.0".parse().ok(),
            vf_index: Some(u16::from(number)),
            numa_node: None,
            ill: None,
            extras: Extras::default(),
        };
        Device {
            pool: POOL.into(),
            id,
            network: "green".parse().unwrap(),
            is,
            notice: None,
            children: vec![],
        }
    };
    Devices(
        (1..=count)
            .map(|it| (device_name(it), device(it)))
            .collect(),
    )
}

pub(crate) fn result(request: &str, number: u8) -> AllocationResult {
    AllocationResult {
        request: request.into(),
        driver: DRIVER.into(),
        pool: POOL.into(),
        device: device_name(number).to_string(),
        ..AllocationResult::default()
    }
}

/// A made-up API server.
#[derive(Default)]
pub(crate) struct Api {
    claims: Mutex<BTreeMap<String, ReadClaim>>,
    pub(crate) is_away: Mutex<bool>,
    pub(crate) hangs: Mutex<bool>,
    pub(crate) reads: Mutex<usize>,
}

impl Api {
    /// A claim of the namespace `default` that was allocated these; nobody is said to use it.
    pub(crate) fn allocate(
        &self,
        name: &str,
        uid: &str,
        results: Vec<AllocationResult>,
    ) -> ClaimName {
        let allocation = ClaimAllocation {
            results,
            config: vec![],
        };
        let claim = ReadClaim {
            uid: uid.parse().unwrap(),
            pod_claim_name: None,
            allocation: Some(allocation),
        };
        self.claims.lock().unwrap().insert(name.into(), claim);
        ClaimName::new(name, uid)
    }

    pub(crate) fn delete(&self, name: &str) {
        self.claims.lock().unwrap().remove(name);
    }
}

#[tonic::async_trait]
impl ClaimReader for Api {
    async fn get(&self, namespace: &str, name: &str) -> Result<ReadClaim, ClaimReadError> {
        *self.reads.lock().unwrap() += 1;
        assert_eq!(namespace, "default");
        if *self.hangs.lock().unwrap() {
            std::future::pending::<()>().await;
        }
        if *self.is_away.lock().unwrap() {
            return Err(ClaimReadError::Unavailable("connection refused".into()));
        }
        let claims = self.claims.lock().unwrap();
        claims.get(name).cloned().ok_or(ClaimReadError::NotFound)
    }
}
