//! The admin port, asked over TCP as Kubernetes and Prometheus ask it.
#![expect(clippy::unwrap_used, reason = "test")]

use std::net::SocketAddr;
use std::time::Duration;

use colvin_service::metrics::LastSuccess;
use colvin_service::{Access, Admin, Health, Supervisor, telemetry};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const ANY: &str = "127.0.0.1:0";

fn open(health: &Health, access: Access) -> Admin {
    let mut registry = telemetry::registry("colvin-test", "1.2.3");
    LastSuccess::register(&mut registry, &["publish"]);
    Admin::open(ANY.parse().unwrap(), health.clone(), registry, access).unwrap()
}

/// The status line's code and the body of the answer to a request without keep-alive.
async fn ask(address: SocketAddr, path: &str, headers: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let code = head.split(' ').nth(1).unwrap().parse().unwrap();
    (code, body.to_owned())
}

/// Runs a program that has an admin port only, while `test` asks it.
async fn with_admin<T>(admin: Admin, test: impl AsyncFnOnce(SocketAddr) -> T) -> T {
    let address = admin.local_address().unwrap();
    let mut supervisor = Supervisor::new().unwrap();
    let stop = supervisor.stop();
    supervisor.start("admin", |stop| admin.serve(stop));
    let (ended, seen) = tokio::join!(supervisor.run(), async {
        let seen = test(address).await;
        stop.cancel();
        seen
    });
    ended.unwrap();
    seen
}

#[tokio::test]
async fn readiness_follows_the_conditions_and_names_those_not_met() {
    let health = Health::new();
    let condition = health.condition("networks", "the first list of networks");
    with_admin(open(&health, Access::Open), async |address| {
        let waiting = "networks: the first list of networks\n".to_owned();
        assert_eq!(ask(address, "/readyz", "").await, (503, waiting));
        assert_eq!(ask(address, "/healthz", "").await, (200, "ok\n".to_owned()));
        condition.met();
        assert_eq!(ask(address, "/readyz", "").await, (200, "ok\n".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_stuck_loop_makes_the_program_unhealthy() {
    let health = Health::new();
    let _pulse = health.pulse("publish", Duration::ZERO);
    with_admin(open(&health, Access::Open), async |address| {
        let (code, body) = ask(address, "/healthz", "").await;
        assert_eq!((code, body.as_str()), (503, "publish: silent for 0 s\n"));
    })
    .await;
}

#[tokio::test]
async fn metrics_come_as_the_asker_wants_them() {
    with_admin(open(&Health::new(), Access::Open), async |address| {
        let (code, plain) = ask(address, "/metrics", "").await;
        assert_eq!(code, 200);
        let sample = "colvin_last_success_timestamp_seconds{loop=\"publish\"} 0";
        assert!(plain.contains(sample), "{plain}");
        assert!(!plain.contains("# EOF"), "{plain}");
        let wanted = "Accept: application/openmetrics-text; version=1.0.0\r\n";
        let (_, open_metrics) = ask(address, "/metrics", wanted).await;
        assert!(open_metrics.contains("# EOF"), "{open_metrics}");
    })
    .await;
}

#[tokio::test]
async fn a_second_program_opens_the_same_port_and_stays_when_the_first_leaves() {
    let first = open(&Health::new(), Access::Open);
    let address = first.local_address().unwrap();
    let registry = telemetry::registry("colvin-test", "1.2.4");
    let second = Admin::open(address, Health::new(), registry, Access::Open).unwrap();
    with_admin(first, async |address| {
        // answered by either: the connection is the kernel's to give
        drop(TcpStream::connect(address).await.unwrap());
    })
    .await;
    with_admin(second, async |address| {
        let (_, text) = ask(address, "/metrics", "").await;
        assert!(text.contains("version=\"1.2.4\""), "{text}");
    })
    .await;
}

/// A probe of the first that the second answered by "not ready" would have the first ended too early.
#[tokio::test]
async fn a_second_program_that_has_only_taken_the_port_answers_nobody() {
    let first = open(&Health::new(), Access::Open);
    let address = first.local_address().unwrap();
    let waiting = Health::new();
    let ready = waiting.condition("networks", "the first list of networks");
    let registry = telemetry::registry("colvin-test", "1.2.4");
    let second = Admin::take(address, waiting, registry, Access::Open).unwrap();
    with_admin(first, async |address| {
        for _ in 0..64 {
            assert_eq!(ask(address, "/readyz", "").await, (200, "ok\n".to_owned()));
        }
    })
    .await;
    assert_eq!(second.local_address().unwrap(), address);
    ready.met();
    let mut supervisor = Supervisor::new().unwrap();
    let stop = supervisor.stop();
    supervisor.start("admin", |stop| second.serve(stop));
    let asking = async {
        while TcpStream::connect(address).await.is_err() {
            tokio::task::yield_now().await;
        }
        assert_eq!(ask(address, "/readyz", "").await.0, 200);
        stop.cancel();
    };
    tokio::join!(supervisor.run(), asking).0.unwrap();
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_the_end() {
    let admin = open(&Health::new(), Access::Open);
    let stream = with_admin(admin, async |address| TcpStream::connect(address).await).await;
    let mut rest = Vec::new();
    stream.unwrap().read_to_end(&mut rest).await.unwrap();
    assert!(rest.is_empty());
}

#[tokio::test]
async fn an_address_of_somebody_else_is_an_error_that_names_it() {
    let address = "192.0.2.1:9809".parse().unwrap();
    let registry = telemetry::registry("colvin-test", "0");
    let error = Admin::open(address, Health::new(), registry, Access::Open).unwrap_err();
    assert_eq!(error.to_string(), "cannot listen on 192.0.2.1:9809");
}
