//! The connection to an API server: one thread of tokio that lives as long as the command, pages, time limits.
//!
//! Left to others: which cluster (`kubeconfig`), the words for what goes wrong (`refusal`), what the objects mean.

use std::time::Duration;

use anyhow::Context as _;
use kube::api::{ListParams, ObjectList};
use kube::{Api, Client};
use serde::de::DeserializeOwned;
use tokio::runtime::{Builder, Runtime};

use super::kubeconfig;
use super::refusal::{Asked, Unanswered};
use crate::args;

/// How many objects are asked for at a time.
const PAGE: u32 = 500;

/// How long a connection may take to be made.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// A connection. Nothing is sent before something is asked.
pub(crate) struct Connection {
    runtime: Runtime,
    client: Client,
    server: String,
    limit: Duration,
}

/// What a list brought.
#[derive(Debug)]
pub(crate) struct Listed<T> {
    /// The objects.
    pub(crate) items: Vec<T>,
    /// Why there may be more than these.
    pub(crate) cut_short: Option<String>,
}

impl Connection {
    /// Makes ready to talk to the cluster that the arguments name.
    ///
    /// # Errors
    /// When no cluster is named, or the kubeconfig does not serve.
    pub(crate) fn open(args: &args::cluster::Connection) -> anyhow::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start tokio")?;
        let (client, server) = runtime.block_on(async {
            let mut config = kubeconfig::config(args).await?;
            config.connect_timeout = Some(CONNECT_LIMIT.min(args.request_timeout));
            let server = config.cluster_url.to_string();
            let client = Client::try_from(config).context("cannot set up the connection")?;
            anyhow::Ok((client, server.trim_end_matches('/').to_owned()))
        })?;
        Ok(Self {
            runtime,
            client,
            server,
            limit: args.request_timeout,
        })
    }

    /// The client, for questions of other kinds; they are asked by [`Connection::ask`].
    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    /// The server's address.
    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// Waits for an answer, at most as long as was said.
    ///
    /// # Errors
    /// [`Unanswered`], which has words for people: [`Connection::told`].
    pub(crate) fn ask<T>(
        &self,
        question: impl Future<Output = kube::Result<T>>,
    ) -> Result<T, Unanswered> {
        self.runtime.block_on(self.within_limit(question))
    }

    async fn within_limit<T>(
        &self,
        question: impl Future<Output = kube::Result<T>>,
    ) -> Result<T, Unanswered> {
        match tokio::time::timeout(self.limit, question).await {
            Ok(answer) => answer.map_err(Unanswered::Kube),
            Err(_elapsed) => Err(Unanswered::TooSlow(self.limit)),
        }
    }

    /// The words for a question that has no answer.
    pub(crate) fn told(&self, why: &Unanswered, asked: Asked) -> anyhow::Error {
        why.told(asked, &self.server)
    }

    /// All objects, page by page: `page` asks for one, `keep` says what is kept of each object.
    ///
    /// When a later page fails, what came before it stands and is marked. Pages that expire meanwhile are
    /// asked for once more from the start.
    ///
    /// # Errors
    /// When not even the first page came.
    pub(crate) fn list<T: Clone, R>(
        &self,
        asked: Asked,
        page: impl AsyncFn(ListParams) -> kube::Result<ObjectList<T>>,
        keep: impl Fn(T) -> Option<R>,
    ) -> Result<Listed<R>, Unanswered> {
        self.runtime.block_on(async {
            let mut again = true;
            let mut items = Vec::new();
            let mut params = ListParams::default().limit(PAGE);
            loop {
                match self.within_limit(page(params.clone())).await {
                    Ok(list) => {
                        items.extend(list.items.into_iter().filter_map(&keep));
                        match list.metadata.continue_.filter(|token| !token.is_empty()) {
                            None => {
                                return Ok(Listed {
                                    items,
                                    cut_short: None,
                                });
                            }
                            Some(token) => params.continue_token = Some(token),
                        }
                    }
                    Err(error) if error.is_expired() && again => {
                        again = false;
                        items.clear();
                        params.continue_token = None;
                    }
                    Err(error) if params.continue_token.is_none() => return Err(error),
                    Err(error) => {
                        let cut_short = Some(format!("{:#}", self.told(&error, asked)));
                        return Ok(Listed { items, cut_short });
                    }
                }
            }
        })
    }

    /// One object of the whole cluster, or `None` when it is not there.
    ///
    /// # Errors
    /// [`Unanswered`] when there is no answer, or the object cannot be read.
    pub(crate) fn get<K>(&self, name: &str) -> Result<Option<K>, Unanswered>
    where
        K: kube::Resource<DynamicType = (), Scope = kube::core::ClusterResourceScope>
            + Clone
            + std::fmt::Debug
            + DeserializeOwned,
    {
        let api: Api<K> = Api::all(self.client.clone());
        match self.ask(api.get(name)) {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
