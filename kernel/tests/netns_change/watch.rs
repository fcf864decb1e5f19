//! Waiting for addresses and links.

use std::time::{Duration, Instant};

use colvin_kernel::netlink::change::{AssignedAddress, ChangeError, NewAddress, Watch};
use colvin_testkit::netns::Netns;

use crate::{LIMIT, Place};

#[test]
#[ignore = "netns"]
fn what_comes_after_the_first_look_is_not_missed() {
    let mut pod = Place::with_cable();
    let v0 = pod.index("v0");
    let mut watch = pod.namespace.run(Watch::open).unwrap().unwrap();
    let mut looks = 0;
    let wanted = "192.0.2.9".parse().unwrap();
    let found = watch
        .until(LIMIT, || {
            looks += 1;
            let all = pod.socket.addresses(v0)?;
            if looks == 1 {
                pod.socket.add_address(v0, &NewAddress::new(wanted, 24))?;
            }
            Ok(all.into_iter().find(|found| found.address == wanted))
        })
        .unwrap();
    assert_eq!(found.map(|found| found.prefix_length), Some(24));
    assert!(looks > 1);
}

#[test]
#[ignore = "netns"]
fn the_end_of_duplicate_detection_is_seen() {
    let mut pod = Place::with_cable();
    let v0 = pod.index("v0");
    let mut watch = pod.namespace.run(Watch::open).unwrap().unwrap();
    let new = NewAddress::new("2001:db8::9".parse().unwrap(), 64);
    pod.socket.add_address(v0, &new).unwrap();
    let mut was_tentative = false;
    let found = watch
        .until(LIMIT, || {
            let all = pod.socket.addresses(v0)?;
            let found = all.into_iter().find(|found| found.address == new.address);
            was_tentative |= found.as_ref().is_some_and(AssignedAddress::is_tentative);
            Ok(found.filter(|found| !found.is_tentative()))
        })
        .unwrap();
    assert!(was_tentative && found.is_some());
}

#[test]
#[ignore = "netns"]
fn waiting_ends_with_the_limit_and_with_an_error() {
    let namespace = Netns::new().unwrap();
    let mut watch = namespace.run(Watch::open).unwrap().unwrap();
    let limit = Duration::from_millis(50);
    let (began, mut looks) = (Instant::now(), 0);
    let found = watch.until(limit, || {
        looks += 1;
        Ok(None::<()>)
    });
    assert_eq!(found.unwrap(), None);
    assert!(began.elapsed() >= limit);
    assert!(looks < 5, "it does not ask over and over: {looks}");
    let mut looks = 0;
    let found = watch.until(Duration::ZERO, || {
        looks += 1;
        Ok(None::<()>)
    });
    assert_eq!((found.unwrap(), looks), (None, 1), "it looks once");
    let failed = watch.until::<()>(LIMIT, || {
        Err(ChangeError::Undecodable {
            what: "look".to_owned(),
        })
    });
    assert!(failed.is_err());
}
