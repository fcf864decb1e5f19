//! Switches: each a real `lldpd` on the far ends of cables in a network namespace of the test's own.
//!
//! A switch says what a leaf says (chassis, port, description, VLAN and its name) from its first
//! frame on, once a second. It needs root, because lldpd drops its privileges itself.
//!
//! Left to others: what hears it (`crate::vm`, tests).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::netns::Netns;
use crate::vm::Bench;
use crate::vm::process::{Tether, checked, environment, folder, within};
use crate::wait::try_wait_for;

mod everything;
mod port;

pub use everything::{MED, everything};
pub use port::Port;

/// What a switch is.
#[derive(Clone, Debug)]
pub struct SwitchConfig {
    /// System name.
    pub system_name: String,
    /// System description.
    pub system_description: String,
    /// Chassis ID, subtype MAC address.
    pub chassis: String,
    /// Management address.
    pub management_address: String,
    /// Seconds between frames; the TTL is four times as long.
    pub interval_secs: u32,
    /// More arguments for lldpd, such as `-M 4` (LLDP-MED, network connectivity device).
    pub flags: Vec<String>,
    /// Its ports.
    pub ports: Vec<Port>,
}

impl SwitchConfig {
    /// Leaf number `number`: named `leaf<number>`, chassis ID `02:00:5e:00:00:<number>`, management
    /// address `192.0.2.<number>`, a frame each second, no ports.
    pub fn leaf(number: u8) -> Self {
        Self {
            system_name: format!("leaf{number}"),
            system_description: "Bench leaf switch".to_owned(),
            chassis: format!("02:00:5e:00:00:{number:02x}"),
            management_address: format!("192.0.2.{number}"),
            interval_secs: 1,
            flags: Vec::new(),
            ports: Vec::new(),
        }
    }

    /// The same switch with one more port.
    #[must_use]
    pub fn port(mut self, port: Port) -> Self {
        self.ports.push(port);
        self
    }
}

/// A running switch; it ends (and says so to its neighbours) when dropped, and also when this
/// process dies in any way.
#[derive(Debug)]
pub struct Switch {
    name: String,
    ports: Vec<Port>,
    bench: Bench,
    daemon: Tether,
    folder: TempDir,
}

/// lldpd wants its own user and folder: given in a mount namespace, so that the machine needs none.
const ENTER: &str = r#"
mount --make-rprivate / && mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group &&
mount -t tmpfs run /run && mkdir /run/lldpd || exit 1
shift
exec "$@""#;

impl Switch {
    /// Starts the switch in the network namespace where its ports' interfaces are, and waits until
    /// it sends. It makes there a veth pair named after it, which bears the chassis ID's address.
    ///
    /// # Errors
    /// Without root, or when lldpd does not start or refuses its configuration: then with its log.
    pub fn start(bench: &Bench, netns: &Netns, config: &SwitchConfig) -> Result<Self> {
        let folder = folder("switch")?;
        let at = folder.path();
        let name = &config.system_name;
        let chassis = &config.chassis;
        netns
            .ip(&format!(
                "link add {name} address {chassis} up type veth peer name {name}-c"
            ))
            .context("making the chassis' own port")?;

        for (file, entry) in [
            (
                "passwd",
                "_lldpd:x:64999:64999::/run/lldpd:/usr/sbin/nologin\n",
            ),
            ("group", "_lldpd:x:64999:\n"),
        ] {
            let path = Path::new("/etc").join(file);
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let others: String = text
                .split_inclusive('\n')
                .filter(|line| !line.starts_with("_lldpd:"))
                .collect();
            fs::write(at.join(file), others + entry).context("writing lldpd's user")?;
        }
        fs::write(at.join("conf"), configuration(config)).context("writing the configuration")?;

        let mut lldpd = bench.lldp("lldpd");
        lldpd
            .args(["-d", "-C", name, "-m", &config.management_address])
            .arg("-u")
            .arg(at.join("socket"))
            .arg("-L")
            .arg(bench.lldp("lldpcli").get_program())
            .arg("-O")
            .arg(at.join("conf"))
            .args(&config.flags);
        let daemon = Tether::spawn(
            name,
            &within(netns, &in_mounts(&lldpd, at)),
            &at.join("log"),
        )?;
        let mut switch = Self {
            name: name.clone(),
            ports: config.ports.clone(),
            bench: bench.clone(),
            daemon,
            folder,
        };
        let up = try_wait_for(
            "lldpd takes its configuration",
            Duration::from_secs(20),
            || {
                if !switch.daemon.is_alive() {
                    bail!("lldpd has ended");
                }
                Ok(switch
                    .log()
                    .contains("should resume operations")
                    .then_some(()))
            },
        );
        up.with_context(|| format!("{name}'s log:\n{}", switch.log()))?;
        Ok(switch)
    }

    /// Its system name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What lldpd has logged.
    pub fn log(&self) -> String {
        let bytes = fs::read(self.folder.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The daemon's control socket, for `lldpcli -u`.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// What `lldpcli` answers to `arguments`, such as `["-f", "json0", "show", "neighbors"]`.
    ///
    /// # Errors
    /// When lldpcli fails: then with its output.
    pub fn lldpcli(&self, arguments: &[&str]) -> Result<String> {
        let mut command: Command = self.bench.lldp("lldpcli");
        command.arg("-u").arg(self.socket()).args(arguments);
        checked(&mut command)
    }

    /// The port at `interface`, or `None` when this switch has none there.
    pub fn port(&self, interface: &str) -> Option<&Port> {
        self.ports.iter().find(|port| port.interface == interface)
    }

    /// Plugs a cable in: the first frame on it is already the port's own.
    ///
    /// # Errors
    /// When lldpcli refuses.
    pub fn plug(&mut self, port: &Port) -> Result<()> {
        self.ports.push(port.clone());
        self.lldpcli(&["pause"])?;
        self.watch_ports()?;
        for line in port.configuration() {
            let words: Vec<&str> = line.iter().map(String::as_str).collect();
            self.lldpcli(&words)?;
        }
        self.lldpcli(&["resume"]).map(drop)
    }

    /// Pulls the cable at `interface` out, and gives the port it was in. Nothing is sent on it any
    /// more, not even a goodbye.
    ///
    /// # Errors
    /// When no port of this switch is at `interface`, or lldpcli refuses.
    pub fn unplug(&mut self, interface: &str) -> Result<Port> {
        let Some(at) = self
            .ports
            .iter()
            .position(|port| port.interface == interface)
        else {
            bail!("{} has no port at {interface}", self.name);
        };
        let port = self.ports.remove(at);
        self.watch_ports()?;
        Ok(port)
    }

    /// Tells lldpd which ports it has, and no others.
    fn watch_ports(&self) -> Result<()> {
        let ports = pattern(&self.ports);
        self.lldpcli(&["configure", "system", "interface", "pattern", &ports])
            .map(drop)
    }
}

/// Every port by its exact name, also those that lldpd would take for virtual ones.
fn pattern(ports: &[Port]) -> String {
    let names: Vec<String> = ports
        .iter()
        .map(|port| format!("!!{}", port.interface))
        .collect();
    if names.is_empty() {
        "!*".to_owned()
    } else {
        names.join(",")
    }
}

fn configuration(config: &SwitchConfig) -> String {
    let mut text = format!(
        "configure system hostname {}\nconfigure system description \"{}\"\n\
         configure system interface pattern {}\nconfigure lldp tx-interval {}\n",
        config.system_name,
        config.system_description,
        pattern(&config.ports),
        config.interval_secs
    );
    for port in &config.ports {
        for line in port.configuration() {
            let words: Vec<String> = line.iter().map(|word| format!("\"{word}\"")).collect();
            text.push_str(&words.join(" "));
            text.push('\n');
        }
    }
    text
}

fn in_mounts(program: &Command, folder: &Path) -> Command {
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-c", ENTER, "lldpd"])
        .arg(folder);
    command
        .arg(program.get_program())
        .args(program.get_args())
        .envs(environment(program));
    command
}
