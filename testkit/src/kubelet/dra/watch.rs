//! Looks again and again for sockets in `plugins_registry/`, asks each who it is, and forgets those that have gone.
//!
//! Left to others: the health of drivers (`health`).

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use colvin_kubelet_api::registration::v1::registration_client::RegistrationClient;
use colvin_kubelet_api::registration::v1::{InfoRequest, PluginInfo, RegistrationStatus};
use colvin_kubelet_api::uds;
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};
use tonic::transport::Channel;

use super::Shared;
use super::health;
use super::options::{HEALTH_V1, HEALTH_V1ALPHA1, PLUGIN_V1, PLUGIN_V1BETA1};
use super::record::What;
use super::state::Plugin;

/// How long a plugin may take to say who it is.
const INFO_LIMIT: Duration = Duration::from_secs(1);

/// How long it may take to hear what became of it.
const NOTIFY_LIMIT: Duration = Duration::from_secs(5);

/// How long it may take to be dialled.
const DIAL_LIMIT: Duration = Duration::from_secs(10);

/// The services that a driver which can do all of it offers, in the order in which it does.
const ALL: [&str; 4] = [PLUGIN_V1, PLUGIN_V1BETA1, HEALTH_V1, HEALTH_V1ALPHA1];

/// A socket as it was found; one that is made anew is another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    inode: u64,
    changed: (i64, i64),
}

/// Sockets that were refused: until when they are left alone, and for how long that is.
type Failed = BTreeMap<Found, (Instant, Duration)>;

/// Watches for as long as the kubelet runs.
pub(super) async fn watch(shared: Arc<Shared>) {
    let registry = shared.folder.join("plugins_registry");
    let mut failed = Failed::new();
    loop {
        let there = look(&registry);
        let used: BTreeSet<Found> = shared.change(|state| {
            state.retain(&there);
            state.plugins.iter().map(|it| it.found.clone()).collect()
        });
        failed.retain(|found, _| there.contains(found));
        for found in there.difference(&used) {
            let waits = failed.get(found);
            if waits.is_some_and(|(until, _)| *until > Instant::now()) {
                continue;
            }
            if let Err(reason) = greet(&shared, found).await {
                let last = waits.map(|(_, pause)| *pause * 2);
                let pause = last.unwrap_or(shared.options.back_off);
                failed.insert(found.clone(), (Instant::now() + pause, pause));
                let socket = found.path.clone();
                shared.change(|state| state.happened(What::Refused { socket, reason }));
            }
        }
        sleep(shared.options.round).await;
    }
}

/// The sockets that are there; names with a dot in front are nobody's.
fn look(registry: &Path) -> BTreeSet<Found> {
    let entries = registry.read_dir().into_iter().flatten().flatten();
    let found = entries.filter_map(|entry| {
        let seen = entry.metadata().ok()?;
        let hidden = entry.file_name().as_bytes().starts_with(b".");
        (seen.file_type().is_socket() && !hidden).then(|| Found {
            path: entry.path(),
            inode: seen.ino(),
            changed: (seen.ctime(), seen.ctime_nsec()),
        })
    });
    found.collect()
}

/// Registers the driver, or tells it why not. The error is that it is not used.
async fn greet(shared: &Arc<Shared>, found: &Found) -> Result<(), String> {
    let dialled = timeout(DIAL_LIMIT, uds::connect(&found.path)).await;
    let channel = dialled.map_err(|_elapsed| "it cannot be dialled".to_owned())?;
    let mut client = RegistrationClient::new(channel.map_err(|error| error.to_string())?);
    let info = match timeout(INFO_LIMIT, client.get_info(InfoRequest {})).await {
        Ok(Ok(info)) => info.into_inner(),
        Ok(Err(status)) => return Err(status.to_string()),
        Err(_elapsed) => {
            let text = format!("no GetInfo within {INFO_LIMIT:?}");
            shared.change(|state| state.breach("DRA-03", text.clone()));
            return Err(text);
        }
    };
    let used = used(shared, found, &info).await;
    notify(shared, &mut client, &used).await?;
    used
}

/// Uses a driver, when it can be used.
async fn used(shared: &Arc<Shared>, found: &Found, info: &PluginInfo) -> Result<(), String> {
    let wrong = |rule, text: String| {
        shared.change(|state| state.breach(rule, text.clone()));
        text
    };
    let PluginInfo {
        r#type: kind,
        name: driver,
        endpoint,
        supported_versions: offered,
    } = info;
    if kind != "DRAPlugin" {
        return Err(wrong("DRA-03", format!("nobody handles the type {kind:?}")));
    }
    if !Path::new(endpoint).is_absolute() {
        return Err(wrong("DRA-03", format!("{endpoint:?} is no absolute path")));
    }
    if *offered != ALL {
        wrong(
            "DRA-04",
            format!("{offered:?} are not all services in order"),
        );
    }
    if let Some(reason) = shared.change(|state| state.refuses.clone()) {
        return Err(reason);
    }
    let options = &shared.options;
    let knows = |known: &[&'static str], offer: &String| {
        known.iter().find(|known| *known == offer).copied()
    };
    // the driver's list is walked, not ours
    let mut services = offered.iter();
    let service = services.find_map(|offer| knows(&options.plugin_services, offer));
    let service = service.ok_or_else(|| format!("no service is known of {offered:?}"))?;
    let mut healths = options.health_services.iter().copied();
    let health =
        healths.find(|known| options.health_of_all || offered.iter().any(|it| it == known));
    if uds::connect(Path::new(endpoint)).await.is_err() {
        wrong("DRA-05", format!("registered before it serves {endpoint}"));
    }
    let plugin = Plugin {
        driver: driver.clone(),
        endpoint: endpoint.into(),
        service,
        found: found.clone(),
    };
    let registered = plugin.clone();
    shared.change(|state| state.register(plugin, health))?;
    if let Some(health) = health {
        let follow = health::follow(Arc::clone(shared), registered, health);
        Handle::current().spawn(follow);
    }
    Ok(())
}

/// Tells the driver what became of it.
async fn notify(
    shared: &Arc<Shared>,
    client: &mut RegistrationClient<Channel>,
    became: &Result<(), String>,
) -> Result<(), String> {
    let status = RegistrationStatus {
        plugin_registered: became.is_ok(),
        error: became.as_ref().err().cloned().unwrap_or_default(),
    };
    let told = timeout(NOTIFY_LIMIT, client.notify_registration_status(status)).await;
    let wrong = match told {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(status)) => format!("NotifyRegistrationStatus: {status}"),
        Err(_elapsed) => format!("no NotifyRegistrationStatus within {NOTIFY_LIMIT:?}"),
    };
    shared.change(|state| state.breach("DRA-03", wrong.clone()));
    Err(wrong)
}
