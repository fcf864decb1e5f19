//! The plugin's process: it serves when it is told to, and does what it is told by lines on its input.
//! Left to others: measuring it, but for the CPU time that only it can tell exactly.

use std::error::Error;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use colvin_device_plugin::{DeviceReader, Folders, NoReport, Registration, Settings, serve};
use colvin_model::offer::{DeviceId, DeviceNodes, Holders, NodeReader, NodesError, OfferedDevice};
use rustix::time::{ClockId, clock_gettime};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::offers::offers;

/// Devices that have no nodes and never go.
struct Nodes;

impl NodeReader for Nodes {
    fn nodes(&self, _: &DeviceId, _: &OfferedDevice) -> Result<DeviceNodes, NodesError> {
        Ok(DeviceNodes::default())
    }
}

impl DeviceReader for Nodes {
    fn exists(&self, _: &DeviceId, _: &OfferedDevice) -> bool {
        true
    }
}

/// Serves below the kubelet's folder until its input ends.
pub(crate) fn run(folder: &Path, way: &str) -> Result<(), Box<dyn Error>> {
    let own = tempfile::tempdir_in("/dev/shm")?;
    let settings = Settings {
        folders: Folders {
            kubelet: folder.to_owned(),
            run: own.path().join("run"),
            cdi: own.path().join("cdi"),
            device_info: own.path().join("devinfo"),
        },
        registration: match way {
            "watch" => Registration::Watcher,
            _ => Registration::Register,
        },
        ..Settings::default()
    };
    let (sender, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build()?;
    runtime.block_on(follow(settings, lines))
}

async fn follow(
    settings: Settings,
    mut lines: mpsc::UnboundedReceiver<String>,
) -> Result<(), Box<dyn Error>> {
    let (well, ill) = (Arc::new(offers(false)?), Arc::new(offers(true)?));
    let (offered, receiver) = watch::channel(Some(Arc::clone(&well)));
    let (holders, _held) = watch::channel(Arc::new(Holders::default()));
    let stop = CancellationToken::new();
    let _stopped = stop.clone().drop_guard();
    say("ready")?;
    let go = lines.recv().await;
    if go.is_none() {
        return Ok(());
    }
    let nodes = Arc::new(Nodes);
    let served = serve(
        settings,
        receiver,
        holders,
        nodes,
        Arc::new(NoReport),
        stop.clone(),
    );
    let mut served = std::pin::pin!(served);
    let mut is_ill = false;
    loop {
        let line = tokio::select! {
            ended = &mut served => return Ok(ended?),
            line = lines.recv() => line,
        };
        match line.as_deref() {
            Some("change") => {
                is_ill = !is_ill;
                let now = if is_ill { &ill } else { &well };
                offered.send_replace(Some(Arc::clone(now)));
            }
            Some("cpu") => {
                let used = clock_gettime(ClockId::ProcessCPUTime);
                say(&format!("{} {}", used.tv_sec, used.tv_nsec))?;
            }
            Some(_) => {}
            None => {
                stop.cancel();
                return Ok(served.await?);
            }
        }
    }
}

fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
