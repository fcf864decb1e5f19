//! Questions about the API server itself and about rights: its version, its clock, what a user may do, what a program
//! says of its readiness.
//!
//! Left to others: what follows from the answers (`colvin doctor --cluster`).

use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec, SubjectAccessReview,
    SubjectAccessReviewSpec,
};
use k8s_openapi::apimachinery::pkg::version::Info;
use k8s_openapi::jiff::{Timestamp, fmt::rfc2822};
use kube::Api;
use kube::api::{ListParams, PostParams};
use kube::client::Body;
use kube::core::Request;

use super::connection::Connection;
use super::{Asked, Unanswered};

/// What the reviews are called, where they are refused.
pub(crate) const REVIEWS: Asked = Asked {
    resource: "subjectaccessreviews.authorization.k8s.io",
    ours: false,
};
/// What the server is called, where it does not answer.
pub(crate) const VERSION: Asked = Asked {
    resource: "its version",
    ours: false,
};

/// Something that somebody may or may not do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Right<'a> {
    /// The verb.
    pub(crate) verb: &'a str,
    /// The API group; empty for Kubernetes' own.
    pub(crate) group: &'a str,
    /// The plural, with `/part` for a part of it.
    pub(crate) resource: &'a str,
    /// The namespace; none for the whole cluster.
    pub(crate) namespace: Option<&'a str>,
    /// The one object, where only that is meant.
    pub(crate) name: Option<&'a str>,
}

impl Right<'_> {
    fn attributes(self) -> ResourceAttributes {
        let (resource, part) = match self.resource.split_once('/') {
            Some((resource, part)) => (resource, Some(part.to_owned())),
            None => (self.resource, None),
        };
        ResourceAttributes {
            group: Some(self.group.to_owned()),
            resource: Some(resource.to_owned()),
            subresource: part,
            verb: Some(self.verb.to_owned()),
            namespace: self.namespace.map(str::to_owned),
            name: self.name.map(str::to_owned),
            ..ResourceAttributes::default()
        }
    }
}

impl Connection {
    /// The API server's version.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub(crate) fn version(&self) -> Result<Info, Unanswered> {
        self.ask(self.client().apiserver_version())
    }

    /// The host in the server's address.
    pub(crate) fn server_host(&self) -> Option<String> {
        let (_, rest) = self.server().split_once("://")?;
        let host = rest.split(['/', ':', '[']).next()?;
        Some(host.to_owned()).filter(|host| !host.is_empty())
    }

    /// What time the API server has, to the second; `None` where it does not say.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub(crate) fn date(&self) -> Result<Option<Timestamp>, Unanswered> {
        let answer = self.ask(async {
            let request = Request::new("/version").list(&ListParams::default());
            let request = request.map_err(kube::Error::BuildRequest)?;
            self.client().send(request.map(Body::from)).await
        })?;
        let date = answer.headers().get("date");
        let date = date.and_then(|date| date.to_str().ok());
        Ok(date.and_then(|date| Some(rfc2822::parse(date).ok()?.timestamp())))
    }

    /// Whether who asks may do this.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub(crate) fn may_i(&self, right: Right<'_>) -> Result<bool, Unanswered> {
        let review = SelfSubjectAccessReview {
            spec: SelfSubjectAccessReviewSpec {
                resource_attributes: Some(right.attributes()),
                ..SelfSubjectAccessReviewSpec::default()
            },
            ..SelfSubjectAccessReview::default()
        };
        let api: Api<SelfSubjectAccessReview> = Api::all(self.client().clone());
        let answer = self.ask(api.create(&PostParams::default(), &review))?;
        Ok(answer.status.is_some_and(|status| status.allowed))
    }

    /// Whether this user may do this.
    ///
    /// # Errors
    /// [`Unanswered`]; only administrators may ask.
    pub(crate) fn may(&self, user: &str, right: Right<'_>) -> Result<bool, Unanswered> {
        let review = SubjectAccessReview {
            spec: SubjectAccessReviewSpec {
                user: Some(user.to_owned()),
                groups: Some(groups(user)),
                resource_attributes: Some(right.attributes()),
                ..SubjectAccessReviewSpec::default()
            },
            ..SubjectAccessReview::default()
        };
        let api: Api<SubjectAccessReview> = Api::all(self.client().clone());
        let answer = self.ask(api.create(&PostParams::default(), &review))?;
        Ok(answer.status.is_some_and(|status| status.allowed))
    }

    /// Why a pod's program is not ready, by its own word; `None` where nobody says.
    pub(crate) fn unready(&self, namespace: &str, pod: &str, port: u16) -> Option<String> {
        let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}:{port}/proxy/readyz");
        let answer = self.ask(async {
            let request = Request::new(path).list(&ListParams::default());
            let request = request.map_err(kube::Error::BuildRequest)?;
            let answer = self.client().send(request.map(Body::from)).await?;
            answer.into_body().collect_bytes().await
        });
        let text = String::from_utf8(answer.ok()?.to_vec()).ok()?;
        let text = text.trim();
        // an object is the API server's own refusal
        let is_said = !text.is_empty() && !text.starts_with('{') && text.len() < 4096;
        is_said.then(|| text.lines().collect::<Vec<_>>().join("; "))
    }
}

/// The groups that a service account is in.
fn groups(user: &str) -> Vec<String> {
    let mut groups = vec!["system:authenticated".to_owned()];
    if let Some(account) = user.strip_prefix("system:serviceaccount:") {
        let namespace = account.split(':').next().unwrap_or_default();
        groups.push("system:serviceaccounts".to_owned());
        groups.push(format!("system:serviceaccounts:{namespace}"));
    }
    groups
}
