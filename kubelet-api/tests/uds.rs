//! gRPC over unix sockets, both ends ours. Left to others: what is said.

#![expect(clippy::unwrap_used, reason = "test")]

use std::convert::Infallible;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::task::{Context, Poll};
use std::time::Duration;

use colvin_kubelet_api::registration::v1::registration_client::RegistrationClient;
use colvin_kubelet_api::registration::v1::registration_server::{Registration, RegistrationServer};
use colvin_kubelet_api::registration::v1::{
    InfoRequest, PluginInfo, RegistrationStatus, RegistrationStatusResponse,
};
use colvin_kubelet_api::uds::{self, ConnectError};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::server::NamedService;
use tonic::{Request, Response, Status};

/// A plugin that has a name.
struct Plugin;

#[tonic::async_trait]
impl Registration for Plugin {
    async fn get_info(&self, _: Request<InfoRequest>) -> Result<Response<PluginInfo>, Status> {
        let name = "colvin.dev/green".to_owned();
        Ok(Response::new(PluginInfo {
            name,
            ..PluginInfo::default()
        }))
    }

    async fn notify_registration_status(
        &self,
        _: Request<RegistrationStatus>,
    ) -> Result<Response<RegistrationStatusResponse>, Status> {
        Err(Status::unimplemented("nobody asks"))
    }
}

/// Tells the authority of each request before it is answered.
#[derive(Clone)]
struct Seen(RegistrationServer<Plugin>, mpsc::UnboundedSender<String>);

impl NamedService for Seen {
    const NAME: &'static str = RegistrationServer::<Plugin>::NAME;
}

impl Service<http::Request<Body>> for Seen {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = <RegistrationServer<Plugin> as Service<http::Request<Body>>>::Future;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: http::Request<Body>) -> Self::Future {
        let authority = req.uri().authority().map(ToString::to_string);
        self.1.send(authority.unwrap_or_default()).unwrap();
        self.0.call(req)
    }
}

/// DP-23: Go's servers refuse a path as authority, and Go's clients send `localhost` without a port. This server takes
/// the authority as it comes, as Go's do.
#[tokio::test]
async fn dp_23_the_authority_sent_is_localhost() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("plugin.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let (sender, mut seen) = mpsc::unbounded_channel();
    let server = tonic::transport::Server::builder()
        .add_service(Seen(RegistrationServer::new(Plugin), sender))
        .serve_with_incoming(UnixListenerStream::new(listener));
    let asks = async {
        let mut client = RegistrationClient::new(uds::connect(&socket).await.unwrap());
        client.get_info(InfoRequest {}).await.unwrap().into_inner()
    };
    let info = tokio::select! {
        info = asks => info,
        ended = server => unreachable_end(ended),
    };
    assert_eq!(info.name, "colvin.dev/green");
    assert_eq!(seen.recv().await.unwrap(), "localhost");
}

/// DP-23: The kubelet's plugin watcher makes the authority of the socket's path.
#[tokio::test]
async fn dp_23_an_authority_that_is_a_path_is_served_too() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("plugin.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let (sender, mut seen) = mpsc::unbounded_channel();
    let server = tonic::transport::Server::builder()
        .add_service(Seen(RegistrationServer::new(Plugin), sender))
        .serve_with_incoming(uds::incoming(listener));
    let path = b"/pluginregistration.Registration/GetInfo";
    let authority = b"%2Fvar%2Flib%2Fkubelet%2Fplugins_registry%2Fa.sock";
    let fields = [
        &[0x83, 0x86, 0x44, 40][..], // POST, http, :path
        path,
        &[0x41, 50], // :authority
        authority,
        &[0x0f, 0x10, 16], // content-type
        b"application/grpc",
    ]
    .concat();
    let length = u8::try_from(fields.len()).unwrap();
    let said = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        &[0, 0, 0, 4, 0, 0, 0, 0, 0][..],      // SETTINGS
        &[0, 0, length, 1, 4, 0, 0, 0, 1][..], // HEADERS of stream 1
        &fields,
        &[0, 0, 5, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0][..], // DATA: a message of no bytes, the end
    ]
    .concat();
    let asks = async {
        let mut client = UnixStream::connect(&socket).await.unwrap();
        client.write_all(&said).await.unwrap();
        let asked = timeout(Duration::from_secs(10), seen.recv()).await;
        asked.expect("the request arrives").unwrap()
    };
    let authority = tokio::select! {
        authority = asks => authority,
        ended = server => unreachable_end(ended).name,
    };
    assert_eq!(authority, "localhost");
}

/// The server ends only by an error.
fn unreachable_end(ended: Result<(), tonic::transport::Error>) -> PluginInfo {
    ended.unwrap();
    PluginInfo::default()
}

#[tokio::test]
async fn a_socket_on_which_nobody_listens_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("nobody.sock");
    let missing = uds::connect(&socket).await.unwrap_err();
    assert!(missing.to_string().contains("nobody.sock"), "{missing}");
    drop(UnixListener::bind(&socket).unwrap());
    let refused = uds::connect(&socket).await.unwrap_err();
    assert!(matches!(refused, ConnectError::Connect { path, .. } if path == socket));
}

#[tokio::test]
async fn a_path_that_is_not_utf_8_is_an_error() {
    let path = Path::new(OsStr::from_bytes(b"/tmp/\xff.sock"));
    let error = uds::connect(path).await.unwrap_err();
    assert!(matches!(error, ConnectError::Path(_)));
}
