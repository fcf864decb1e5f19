//! The kubelet for drivers behaves as Kubernetes' does, seen by a driver that is made here.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use colvin_kubelet_api::dra::v1;
use colvin_kubelet_api::dra::v1::dra_plugin_server::{DraPlugin, DraPluginServer};
use colvin_kubelet_api::registration::v1 as watcher;
use colvin_kubelet_api::registration::v1::registration_server::{Registration, RegistrationServer};
use colvin_kubelet_api::uds;
use tokio::net::UnixListener;
use tonic::{Request, Response, Status};

use super::options::{HEALTH_V1, HEALTH_V1ALPHA1, PLUGIN_V1, PLUGIN_V1BETA1};
use super::*;

const TOY: &str = "toy.example.com";
const LIMIT: Duration = Duration::from_secs(20);

/// A driver that does as it is told.
#[derive(Clone)]
struct Toy {
    endpoint: String,
    services: Vec<&'static str>,
    /// What it answers for a claim; for those that are not in it, nothing.
    answers: Arc<Mutex<HashMap<String, Result<&'static str, &'static str>>>>,
    told: Arc<Mutex<Vec<String>>>,
}

impl Toy {
    /// One that is found by a socket of this name.
    fn serve(kubelet: &DraKubelet, name: &str, services: &[&'static str]) -> Self {
        let endpoint = kubelet.folder().join("plugins/toy.sock");
        let toy = Self {
            endpoint: endpoint.to_str().unwrap().to_owned(),
            services: services.to_vec(),
            answers: Arc::default(),
            told: Arc::default(),
        };
        if !endpoint.exists() {
            let listener = UnixListener::bind(&endpoint).unwrap();
            let server =
                tonic::transport::Server::builder().add_service(DraPluginServer::new(toy.clone()));
            tokio::runtime::Handle::current()
                .spawn(server.serve_with_incoming(uds::incoming(listener)));
        }
        let hidden = kubelet.plugins_registry().join(format!(".{name}"));
        let listener = UnixListener::bind(&hidden).unwrap();
        let server =
            tonic::transport::Server::builder().add_service(RegistrationServer::new(toy.clone()));
        tokio::runtime::Handle::current()
            .spawn(server.serve_with_incoming(uds::incoming(listener)));
        std::fs::rename(hidden, kubelet.plugins_registry().join(name)).unwrap();
        toy
    }

    fn answer(&self, uid: &str, with: Result<&'static str, &'static str>) {
        self.answers.lock().unwrap().insert(uid.to_owned(), with);
    }
}

#[tonic::async_trait]
impl Registration for Toy {
    async fn get_info(
        &self,
        _: Request<watcher::InfoRequest>,
    ) -> Result<Response<watcher::PluginInfo>, Status> {
        Ok(Response::new(watcher::PluginInfo {
            r#type: "DRAPlugin".to_owned(),
            name: TOY.to_owned(),
            endpoint: self.endpoint.clone(),
            supported_versions: self.services.iter().map(ToString::to_string).collect(),
        }))
    }

    async fn notify_registration_status(
        &self,
        request: Request<watcher::RegistrationStatus>,
    ) -> Result<Response<watcher::RegistrationStatusResponse>, Status> {
        self.told.lock().unwrap().push(request.into_inner().error);
        Ok(Response::new(watcher::RegistrationStatusResponse {}))
    }
}

#[tonic::async_trait]
impl DraPlugin for Toy {
    async fn node_prepare_resources(
        &self,
        request: Request<v1::NodePrepareResourcesRequest>,
    ) -> Result<Response<v1::NodePrepareResourcesResponse>, Status> {
        let answers = self.answers.lock().unwrap().clone();
        let claims = request.into_inner().claims.into_iter().filter_map(|claim| {
            let answer = match answers.get(&claim.uid)? {
                Ok(request) => v1::NodePrepareResourceResponse {
                    devices: vec![v1::Device {
                        request_names: vec![(*request).to_owned()],
                        ..v1::Device::default()
                    }],
                    error: String::new(),
                },
                Err(error) => v1::NodePrepareResourceResponse {
                    devices: vec![],
                    error: (*error).to_owned(),
                },
            };
            Some((claim.uid, answer))
        });
        let claims = claims.collect();
        Ok(Response::new(v1::NodePrepareResourcesResponse { claims }))
    }

    async fn node_unprepare_resources(
        &self,
        request: Request<v1::NodeUnprepareResourcesRequest>,
    ) -> Result<Response<v1::NodeUnprepareResourcesResponse>, Status> {
        let claims = request.into_inner().claims.into_iter();
        let none = v1::NodeUnprepareResourceResponse::default();
        let claims = claims.map(|claim| (claim.uid, none.clone())).collect();
        Ok(Response::new(v1::NodeUnprepareResourcesResponse { claims }))
    }
}

fn rules(kubelet: &DraKubelet) -> Vec<&'static str> {
    kubelet
        .breaches()
        .iter()
        .map(|breach| breach.rule)
        .collect()
}

fn quiet() -> Options {
    Options {
        health_services: vec![],
        ..Options::default()
    }
}

const ALL: [&str; 4] = [PLUGIN_V1, PLUGIN_V1BETA1, HEALTH_V1, HEALTH_V1ALPHA1];

#[tokio::test]
async fn claims_are_prepared_once_and_again_behind_a_restart() {
    let kubelet = DraKubelet::start(quiet()).unwrap();
    let toy = Toy::serve(&kubelet, "toy-reg.sock", &ALL);
    let used = |kubelet: &DraKubelet| kubelet.drivers(TOY).len() == 1;
    kubelet.until(LIMIT, used).await.unwrap();
    let claim = [ClaimName::new("net", "u1")];
    toy.answer("u1", Err("not today"));
    let started = kubelet.start_pod("web", TOY, &claim).await.unwrap();
    let told = started.unwrap_err().to_string();
    assert_eq!(told, "claim u1: not today");
    toy.answer("u1", Ok("main"));
    for _ in 0..2 {
        let started = kubelet.start_pod("web", TOY, &claim).await.unwrap();
        assert_eq!(started.unwrap()[0].requests, ["main"]);
    }
    let other = [ClaimName::new("net", "u2")];
    let old = kubelet.start_pod("db", TOY, &other).await.unwrap();
    assert_eq!(old, Err(PodError::OldClaim("u1".into())));
    kubelet.restart().unwrap();
    kubelet.until(LIMIT, used).await.unwrap();
    kubelet
        .start_pod("web", TOY, &claim)
        .await
        .unwrap()
        .unwrap();
    kubelet.end_pod("web").await.unwrap().unwrap();
    let asked = kubelet.happened();
    let prepared = asked.iter().filter(|it| matches!(it, What::Prepare { .. }));
    assert_eq!((prepared.count(), kubelet.claims().len()), (3, 0));
    assert_eq!(rules(&kubelet), [""; 0]);
}

#[tokio::test]
async fn what_breaks_the_protocol_is_recorded() {
    let kubelet = DraKubelet::start(quiet()).unwrap();
    let toy = Toy::serve(&kubelet, "toy-reg.sock", &[PLUGIN_V1BETA1, PLUGIN_V1]);
    let used = |kubelet: &DraKubelet| kubelet.drivers(TOY).len() == 1;
    kubelet.until(LIMIT, used).await.unwrap();
    assert_eq!(rules(&kubelet), ["DRA-04"]);
    // its order counts, not the kubelet's
    let by_beta =
        |it: &What| matches!(it, What::Registered { service, .. } if service == PLUGIN_V1BETA1);
    assert!(kubelet.happened().iter().any(by_beta));
    let twice = Toy::serve(&kubelet, "again-reg.sock", &ALL);
    let refused = |_: &DraKubelet| !twice.told.lock().unwrap().is_empty();
    kubelet.until(LIMIT, refused).await.unwrap();
    assert!(twice.told.lock().unwrap()[0].contains("already registered"));
    std::fs::remove_file(kubelet.plugins_registry().join("toy-reg.sock")).unwrap();
    let other = |kubelet: &DraKubelet| {
        kubelet
            .happened()
            .iter()
            .any(|it| matches!(it, What::Gone { .. }))
            && used(kubelet)
    };
    kubelet.until(LIMIT, other).await.unwrap();
    let skipped = kubelet.start_pod("web", TOY, &[ClaimName::new("net", "u1")]);
    let skipped = skipped.await.unwrap().unwrap_err();
    assert_eq!(skipped, PodError::Skipped("u1".into()));
    toy.answer("u1", Ok("main/sub"));
    let started = kubelet.start_pod("web", TOY, &[ClaimName::new("net", "u1")]);
    started.await.unwrap().unwrap();
    let rules = rules(&kubelet);
    assert!(rules.ends_with(&["DRA-10", "DRA-13"]), "{rules:?}");
    assert!(rules.contains(&"DRA-06"));
}

#[tokio::test]
async fn health_that_nobody_serves_is_a_breach_where_all_are_asked() {
    let kubelet = DraKubelet::start(Options::v1_36()).unwrap();
    let _toy = Toy::serve(&kubelet, "toy-reg.sock", &ALL);
    let breach = |kubelet: &DraKubelet| rules(kubelet).contains(&"DRA-33");
    kubelet.until(LIMIT, breach).await.unwrap();
    assert_eq!(kubelet.health("p", "d"), (Health::Unknown, String::new()));
    kubelet.stop();
}
