//! The one admin port: `/healthz`, `/readyz`, `/metrics`.
//!
//! `/healthz` fails when a loop of the program is stuck, `/readyz` while a condition is not met, each
//! with a line for every cause. The port is opened with `SO_REUSEPORT`, so that the next version of
//! the program opens it before this one has left; on a port of the node itself it opens it once it is ready, or its
//! answers could pass for this one's ([`Admin::take`]). Left to others: what the causes are
//! ([`crate::health`]), who may read metrics ([`Access`]).

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::registry::Registry;
use tokio::net::TcpSocket;
use tokio_util::sync::CancellationToken;

use crate::health::Health;
use connection::Bounded;

mod access;
mod connection;
pub use access::{Access, TokenAccess};

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 64;

/// The admin port cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct AdminError {
    address: SocketAddr,
    source: io::Error,
}

/// The admin port; [`Admin::serve`] answers on it.
#[derive(Debug)]
pub struct Admin {
    address: SocketAddr,
    port: Port,
    router: Router,
}

#[derive(Debug)]
enum Port {
    /// Nobody else can have it, and connections go to a program that shares and opens it, if there is one.
    Taken(TcpSocket),
    Open(Bounded),
}

#[derive(Clone, Debug)]
struct Served {
    health: Health,
    registry: Arc<Registry>,
    access: Access,
}

impl Admin {
    /// Opens the port. Port 0 takes any free one: [`Self::local_address`] tells which.
    ///
    /// # Errors
    /// [`AdminError`] when the address cannot be had.
    pub fn open(
        address: SocketAddr,
        health: Health,
        registry: Registry,
        access: Access,
    ) -> Result<Self, AdminError> {
        let mut admin = Self::take(address, health, registry, access)?;
        admin.port = Port::Open(admin.port.open(address)?);
        Ok(admin)
    }

    /// Takes the port, which [`Self::serve`] opens: till then the version before this one answers alone.
    ///
    /// # Errors
    /// [`AdminError`] when the address cannot be had.
    pub fn take(
        address: SocketAddr,
        health: Health,
        registry: Registry,
        access: Access,
    ) -> Result<Self, AdminError> {
        let socket = bind(address).map_err(|source| AdminError { address, source })?;
        let served = Served {
            health,
            registry: Arc::new(registry),
            access,
        };
        let router = Router::new()
            .route("/healthz", get(healthz))
            .route("/readyz", get(readyz))
            .route("/metrics", get(metrics))
            .with_state(served);
        Ok(Self {
            address,
            port: Port::Taken(socket),
            router,
        })
    }

    /// The address it listens on, now or later.
    ///
    /// # Errors
    /// What the system says when it does not tell.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        match &self.port {
            Port::Taken(socket) => socket.local_addr(),
            Port::Open(listener) => listener.local_addr(),
        }
    }

    /// Answers until it is told to end; then answers what was asked before, and closes the port.
    ///
    /// # Errors
    /// When the port cannot be opened or fails, which it does not for a connection's sake.
    pub async fn serve(self, stop: CancellationToken) -> anyhow::Result<()> {
        let listener = self.port.open(self.address)?;
        let serving = axum::serve(listener, self.router);
        serving
            .with_graceful_shutdown(stop.cancelled_owned())
            .await?;
        Ok(())
    }
}

impl Port {
    fn open(self, address: SocketAddr) -> Result<Bounded, AdminError> {
        match self {
            Self::Open(listener) => Ok(listener),
            Self::Taken(socket) => match socket.listen(BACKLOG) {
                Ok(listener) => Ok(Bounded::new(listener)),
                Err(source) => Err(AdminError { address, source }),
            },
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn healthz(State(served): State<Served>) -> Response {
    verdict(served.health.alive())
}

async fn readyz(State(served): State<Served>) -> Response {
    verdict(served.health.ready())
}

fn verdict(found: Result<(), String>) -> Response {
    match found {
        Ok(()) => "ok\n".into_response(),
        Err(causes) => (StatusCode::SERVICE_UNAVAILABLE, causes).into_response(),
    }
}

async fn metrics(State(served): State<Served>, headers: HeaderMap) -> Response {
    if let Err(refusal) = served.access.check(&headers).await {
        return refusal.into_response();
    }
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    let open_metrics = accepted.is_some_and(|list| list.contains("application/openmetrics-text"));
    let mut body = String::new();
    let (form, written) = if open_metrics {
        let form = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        (form, text::encode(&mut body, &served.registry))
    } else {
        let form = "text/plain; version=0.0.4; charset=utf-8";
        (form, prometheus_text::encode(&mut body, &served.registry))
    };
    match written {
        Ok(()) => ([(CONTENT_TYPE, form)], body).into_response(),
        Err(_format) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
