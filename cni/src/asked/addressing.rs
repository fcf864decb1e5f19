//! Where an attachment's addresses come from: the `ipam` section, or the Network's.
//!
//! Left to others: giving them (`colvin-ipam`), putting them on links (`colvin-attach`).

use std::time::Duration;

use colvin_attach::pool::Pool;
use colvin_attach::record::NetworkIpam;
use colvin_attach::{Addressing, IpamCall};
use colvin_ipam::{Method, RawConfig};

use super::Wish;
use crate::config::Config;
use crate::environment::Environment;
use crate::failure::{Code, Failure};

impl Wish<'_> {
    /// Where addresses come from.
    ///
    /// # Errors
    /// Code 7 when the `ipam` section does not serve, or is another than the Network's.
    pub fn addressing(
        self,
        bytes: &[u8],
        environment: &Environment,
    ) -> Result<Addressing, Failure> {
        let call = ipam_call(bytes, environment);
        let network = self.found.network.as_ref();
        let Some((network, ipam)) = network.and_then(|it| Some((it, it.attach.ipam.as_ref()?)))
        else {
            if self.config.is_chained() {
                return Ok(Addressing::None);
            }
            return self.own_addressing(call);
        };
        if self.config.ipam.is_some_and(|ipam| ipam.get() != "{}") {
            let message = format!(
                "key `ipam`: addresses of network {} are the Network's: leave it out",
                network.network
            );
            return Err(Failure::new(Code::Config, message));
        }
        match ipam {
            NetworkIpam::Slaac => Ok(Addressing::Slaac {
                wait: Duration::ZERO,
            }),
            NetworkIpam::Dhcp => Ok(Addressing::Ipam(IpamCall {
                config: dhcp_config(self.config),
                ..call
            })),
            NetworkIpam::Pool { .. } => {
                let pool = Pool::of(network).map(|pool| pool.config(self.state));
                let config = pool.transpose();
                let config = config.map_err(|no| Failure::new(Code::TryAgain, no.to_string()))?;
                Ok(config.map_or(Addressing::None, |config| {
                    Addressing::Ipam(IpamCall { config, ..call })
                }))
            }
        }
    }

    fn own_addressing(self, call: IpamCall) -> Result<Addressing, Failure> {
        let method = method_of(&call)?;
        if self.config.runtime.has_ips && matches!(method, Method::None) {
            let message = "capability `ips` needs key `ipam`, such as {\"type\": \"static\"}";
            return Err(Failure::new(Code::Config, message));
        }
        if let (Method::HostLocal, Some(network), true) = (
            &method,
            &self.found.network,
            self.arguments.is_of_kubernetes(),
        ) {
            let message = format!(
                "key `ipam`: host-local gives addresses of one node, and network {} is on several: they would meet twice",
                network.network
            );
            return Err(Failure::new(Code::Config, message));
        }
        Ok(match method {
            Method::None => Addressing::None,
            Method::Slaac(slaac) => Addressing::Slaac {
                wait: slaac.wait.unwrap_or_default(),
            },
            Method::Static | Method::HostLocal | Method::Delegate(_) => Addressing::Ipam(call),
        })
    }
}

/// How IPAM is called for this configuration.
pub fn ipam_call(bytes: &[u8], environment: &Environment) -> IpamCall {
    IpamCall {
        config: String::from_utf8_lossy(bytes).into_owned(),
        path: environment.path.clone(),
        args: environment.arguments.text.clone(),
    }
}

/// What the `ipam` section asks for.
///
/// # Errors
/// Code 7 when it is none.
pub fn method_of(call: &IpamCall) -> Result<Method, Failure> {
    let config = RawConfig::new(call.config.as_bytes())
        .map_err(|error| Failure::caused(Code::Config, "key `ipam`", &error))?;
    Ok(config.method().clone())
}

/// The configuration that the plugin `dhcp` is given for a Network that says `dhcp`.
fn dhcp_config(config: &Config<'_>) -> String {
    let (version, name) = (config.version, &config.name);
    format!(
        r#"{{"cniVersion":"{version}","name":"{name}","type":"colvin-cni","ipam":{{"type":"dhcp"}}}}"#
    )
}
