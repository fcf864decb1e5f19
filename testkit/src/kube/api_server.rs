//! The API server of a control plane: stopped, started again, and what it costs.
//!
//! Left to others: its flags (`components`), what it was asked (`audit`).

use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::{ControlPlane, Program};
use crate::wait::try_wait_for;

/// How long it may take to be ready, on a busy machine.
const READY_LIMIT: Duration = Duration::from_secs(90);

/// How long it may take to end when it is asked to.
const STOP_LIMIT: Duration = Duration::from_secs(20);

impl ControlPlane {
    /// Stops the API server by `SIGTERM`, after a while by `SIGKILL`: an outage. Etcd goes on. Does
    /// nothing during one.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop_api_server(&mut self) -> Result<()> {
        let Some(mut server) = self.api_server.take() else {
            return Ok(());
        };
        if server.stop(STOP_LIMIT).is_err() {
            server.kill()?;
        }
        Ok(())
    }

    /// Starts the API server on the same port with the same data, and waits until it is ready.
    /// Does nothing while it runs.
    ///
    /// # Errors
    /// When it does not get ready: with its log.
    pub fn start_api_server(&mut self) -> Result<()> {
        if self.api_server.is_some() {
            return Ok(());
        }
        let command = self.layout.api_server(&self.options.api_server_flags);
        self.api_server = Some(self.program("kube-apiserver", &command)?);
        self.wait_until_served("/readyz")?;
        self.wait_until_served("/api/v1/namespaces/default")
    }

    /// Waits until the API server answers this path with success.
    pub(super) fn wait_until_served(&mut self, path: &str) -> Result<()> {
        let address = (std::net::Ipv4Addr::LOCALHOST, self.layout.ports.api_server);
        let served = try_wait_for(path, READY_LIMIT, || {
            self.still_alive()?;
            // a look that costs nothing before the one that starts kubectl
            if std::net::TcpStream::connect(address).is_err() {
                return Ok(None);
            }
            Ok(self.raw(path).ok())
        });
        let log = |program: &Program| program.log().unwrap_or_default();
        served.map(drop).with_context(|| {
            let api_server = self.api_server.as_ref().map(log).unwrap_or_default();
            format!("etcd: {}\nAPI server: {api_server}", log(&self.etcd))
        })
    }

    fn still_alive(&mut self) -> Result<()> {
        if !self.etcd.is_alive() {
            bail!("etcd has ended");
        }
        if !self.api_server.as_mut().is_some_and(Program::is_alive) {
            bail!("the API server has ended");
        }
        Ok(())
    }

    /// The time that the running API server has been on a CPU since it was started last.
    ///
    /// # Errors
    /// When it does not run.
    pub fn api_server_cpu(&self) -> Result<Duration> {
        self.running_api_server()?.cpu()
    }

    /// The memory that the API server has in RAM, in bytes.
    ///
    /// # Errors
    /// When it does not run.
    pub fn api_server_rss(&self) -> Result<u64> {
        self.running_api_server()?.rss()
    }

    fn running_api_server(&self) -> Result<&Program> {
        self.api_server
            .as_ref()
            .context("the API server is stopped")
    }
}
