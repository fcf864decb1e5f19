//! Any history of our calls, another program's and reboots: no address is given twice or lost.

use std::collections::BTreeMap;
use std::fs;

use colvin_ipam::{IpamError, Owner};
use proptest::prelude::*;

use super::range;
use super::site::Site;

#[derive(Clone, Copy, Debug)]
enum Step {
    Add(u8),
    Del(u8),
    Other(u8),
    OtherGone(u8),
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..8_u8).prop_map(Step::Add),
        3 => (0..8_u8).prop_map(Step::Del),
        1 => (8..12_u8).prop_map(Step::Other),
        1 => (8..12_u8).prop_map(Step::OtherGone),
        1 => Just(Step::Restart),
    ];
    proptest::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// After any history each container that runs has one address, its own, and DEL frees it.
    #[test]
    fn no_history_gives_an_address_twice_or_loses_one(steps in steps()) {
        let mut site = Site::new(&range(r#""subnet": "10.1.0.0/28""#));
        fs::create_dir_all(site.network_dir()).unwrap();
        let mut running = BTreeMap::new();
        let mut boot = 0;
        for step in steps {
            match step {
                Step::Add(number) => {
                    let container = format!("c{number}");
                    match site.add(&container) {
                        Ok(lease) => {
                            let address = lease.ips[0].address.address().to_string();
                            prop_assert!(running.values().all(|other| *other != address));
                            prop_assert!(running.insert(container, address).is_none());
                        }
                        Err(IpamError::Held { .. }) => prop_assert!(running.contains_key(&container)),
                        Err(error) => prop_assert!(false, "{error}"),
                    }
                }
                Step::Del(number) => {
                    let container = format!("c{number}");
                    site.del(&container).unwrap();
                    running.remove(&container);
                    let text = format!(" {container}\r");
                    prop_assert!(site.reservations().iter().all(|one| !one.contains(&text)));
                }
                Step::Other(number) => {
                    let container = format!("c{number}");
                    let free = (2..14).map(|last| format!("10.1.0.{last}")).find(|name| !site.network_dir().join(name).exists());
                    if let (Some(free), false) = (free, running.contains_key(&container)) {
                        site.write(&free, &format!("{container}\r\neth0"));
                        running.insert(container, free);
                    }
                }
                Step::OtherGone(number) => {
                    if let Some(address) = running.remove(&format!("c{number}")) {
                        site.remove(&address);
                    }
                }
                Step::Restart => {
                    // a reservation of the other program is seen by us before, so its boot is known
                    site.add("seer").unwrap();
                    site.del("seer").unwrap();
                    boot += 1;
                    site = site.restarted(&boot.to_string());
                    running.clear();
                    for number in 8..12 {
                        site.del(&format!("c{number}")).unwrap();
                    }
                }
            }
            for (container, address) in &running {
                let file = fs::read_to_string(site.network_dir().join(address)).unwrap();
                prop_assert_eq!(file, format!("{container}\r\neth0"));
            }
        }
        let valid: Vec<Owner> = running.keys().map(|name| Owner::new(name.as_str(), "eth0")).collect();
        site.gc(Some(&valid)).unwrap();
        prop_assert_eq!(site.reservations().len(), running.len());
    }
}
