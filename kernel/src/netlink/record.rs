//! Raw answers, as a recorded machine keeps them. Left to others: writing the files, hiding MACs.

use std::collections::BTreeMap;

use colvin_model::{Finding, FindingReason, IfName};

use super::dump::DumpError;
use super::source::{Live, Netlink, Topic};
use super::wire::{Message, Request};
use super::{address, devlink, driver, ethtool, genl, link, rdma, route};

/// The files that a record may have below `netlink/`: one per kind of answer.
pub const RECORD_FILES: [&str; 12] = [
    link::TOPIC.file,
    address::TOPIC.file,
    route::TOPIC.file,
    ethtool::PRIVATE_FLAGS.file,
    ethtool::LINK_MODES.file,
    devlink::DEVICES.file,
    devlink::INFO.file,
    devlink::PORTS.file,
    devlink::ESWITCH.file,
    devlink::PARAMETERS.file,
    rdma::TOPIC.file,
    driver::FILE,
];

impl Netlink {
    /// Every answer that this room knows to ask for, by the name of its file below `netlink/`:
    /// messages as they came, one behind the other, without sequence and port numbers. A family that
    /// is not there has no file; what could not be recorded is a finding.
    ///
    /// `rdma` says whether RDMA devices are to be asked for (see [`Netlink::rdma`]). A record gives an
    /// empty map.
    ///
    /// # Errors
    /// [`DumpError`] when not even the links could be recorded.
    pub fn record(
        &mut self,
        rdma: bool,
        findings: &mut Vec<Finding>,
    ) -> Result<BTreeMap<&'static str, Vec<u8>>, DumpError> {
        let names = self.links(&mut Vec::new())?.unwrap_or_default();
        let names: Vec<IfName> = names.into_values().map(|link| link.name).collect();
        let Some(live) = self.live_mut() else {
            return Ok(BTreeMap::new());
        };
        let mut files = BTreeMap::new();
        let links = live.raw(link::TOPIC, |_| link::dump_request())?;
        files.extend(links.map(|bytes| (link::TOPIC.file, bytes)));
        let mut keep = |topic: Topic, answer: Result<Option<Vec<u8>>, DumpError>| match answer {
            Ok(bytes) => files.extend(bytes.map(|bytes| (topic.file, bytes))),
            Err(error) => findings.push(Finding::of_node(
                FindingReason::SourceFailed,
                format!("{} are not in the record: {error}", topic.what),
            )),
        };
        keep(
            address::TOPIC,
            live.raw(address::TOPIC, |_| address::dump_request()),
        );
        keep(
            route::TOPIC,
            live.raw(route::TOPIC, |_| route::dump_request()),
        );
        for topic in [ethtool::LINK_MODES, ethtool::PRIVATE_FLAGS] {
            keep(
                topic,
                live.raw(topic, |family| ethtool::request(topic, family, None)),
            );
        }
        for (topic, command) in [
            (devlink::DEVICES, devlink::GET),
            (devlink::INFO, devlink::GET_INFO),
            (devlink::PORTS, devlink::GET_PORT),
        ] {
            keep(
                topic,
                live.raw(topic, |family| genl::dump_request(family, command)),
            );
        }
        keep(devlink::ESWITCH, live.raw_eswitches());
        keep(devlink::PARAMETERS, live.raw_parameters());
        if rdma {
            keep(rdma::TOPIC, live.raw(rdma::TOPIC, |_| rdma::dump_request()));
        }
        let mut drivers = String::new();
        for name in names {
            if let Some(info) = live.driver(&name)? {
                drivers.push_str(&info.line(&name));
            }
        }
        files.insert(driver::FILE, drivers.into_bytes());
        Ok(files)
    }
}

impl Live {
    fn raw(
        &mut self,
        topic: Topic,
        request: impl FnOnce(u16) -> Request,
    ) -> Result<Option<Vec<u8>>, DumpError> {
        self.ask(topic, request, Vec::new, append)
    }

    /// The embedded switch has no dump: each device is asked, and what refuses is left out.
    fn raw_eswitches(&mut self) -> Result<Option<Vec<u8>>, DumpError> {
        let all = |family| genl::dump_request(family, devlink::GET);
        let topic = devlink::DEVICES;
        let Some(devices) = self.ask(topic, all, devlink::Devices::new, devlink::take)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        for function in devices.into_keys() {
            let ask = |family| devlink::request(family, devlink::GET_ESWITCH, function);
            match self.raw(devlink::ESWITCH, ask) {
                Ok(answer) => bytes.extend(answer.unwrap_or_default()),
                Err(DumpError::Refused { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Some(bytes))
    }

    /// Of the parameters one is of interest: each device is asked for it, and what refuses is left out.
    fn raw_parameters(&mut self) -> Result<Option<Vec<u8>>, DumpError> {
        let all = |family| genl::dump_request(family, devlink::GET);
        let take = |handles: &mut Vec<String>, message: Message<'_>| {
            handles.extend(devlink::handle(genl::attributes(message)));
        };
        let Some(handles) = self.ask(devlink::DEVICES, all, Vec::new, take)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        for handle in handles {
            let ask = |family| devlink::parameter_request(family, &handle);
            match self.raw(devlink::PARAMETERS, ask) {
                Ok(answer) => bytes.extend(answer.unwrap_or_default()),
                Err(DumpError::Refused { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Some(bytes))
    }
}

/// Adds a message to a record.
fn append(record: &mut Vec<u8>, message: Message<'_>) {
    message.write_to(record);
}
