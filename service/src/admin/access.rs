//! Who may read `/metrics`: who has a bearer token whose owner the cluster lets `get` the path.
//!
//! The API server is asked by `TokenReview` and `SubjectAccessReview`; its answers are kept for a minute.
//! How often it is asked is bounded, so that a flood of invented tokens stays here. Left to others:
//! the rule itself, which is a `ClusterRole` with `nonResourceURLs: [/metrics]`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec, UserInfo};
use k8s_openapi::api::authorization::v1::{
    NonResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec,
};
use kube::api::PostParams;
use kube::{Api, Client};
use tracing::warn;

use crate::{Budget, Uptime};

/// How long an answer of the API server holds.
const KEPT: Duration = Duration::from_mins(1);
/// How many answers are kept at most.
const ANSWERS: usize = 64;
/// The longest token that is looked at, in bytes.
const LONGEST_TOKEN: usize = 16 * 1024;
/// How long the API server may take for an answer.
const ASK_LIMIT: Duration = Duration::from_secs(5);
/// How often the API server is asked: a burst, then one per interval.
const ASK_BURST: u32 = 20;
const ASK_EVERY: Duration = Duration::from_secs(1);

/// Who may read `/metrics`.
#[derive(Clone, Debug)]
pub enum Access {
    /// Everybody who reaches the port.
    Open,
    /// Who has a token that the cluster allows.
    Token(TokenAccess),
}

impl Access {
    /// Asks the cluster behind `client` about each token.
    pub fn token(client: Client) -> Self {
        Self::Token(TokenAccess::new(client))
    }

    pub(super) async fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        match self {
            Self::Open => Ok(()),
            Self::Token(access) => access.check(headers).await,
        }
    }
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No token, or one that the cluster does not know.
    Unknown,
    /// The token's owner may not.
    Forbidden,
    /// Too many tokens were asked about.
    TooMany,
    /// The API server does not say.
    NoAnswer,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::Unknown => (StatusCode::UNAUTHORIZED, "a bearer token is needed\n"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "get on /metrics is not allowed\n"),
            Self::TooMany => (
                StatusCode::TOO_MANY_REQUESTS,
                "too many tokens, try later\n",
            ),
            Self::NoAnswer => (
                StatusCode::SERVICE_UNAVAILABLE,
                "the API server does not say\n",
            ),
        };
        (status, text).into_response()
    }
}

/// Asks a cluster about tokens, and keeps its answers for a while. Clones share them.
#[derive(Clone)]
pub struct TokenAccess {
    client: Client,
    clock: Uptime,
    answers: Arc<Mutex<Answers>>,
}

impl std::fmt::Debug for TokenAccess {
    /// Without the tokens.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenAccess").finish_non_exhaustive()
    }
}

impl TokenAccess {
    fn new(client: Client) -> Self {
        Self {
            client,
            clock: Uptime::start(),
            answers: Arc::new(Mutex::new(Answers::new())),
        }
    }

    async fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let token = bearer(headers).ok_or(Refusal::Unknown)?;
        let now = self.clock.now();
        if let Some(answer) = self.with(|answers| answers.find(token, now)) {
            return answer;
        }
        self.with(|answers| answers.budget.take(now))
            .map_err(|_wait| Refusal::TooMany)?;
        let asked = tokio::time::timeout(ASK_LIMIT, ask(&self.client, token)).await;
        let answer = match asked {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                warn!(
                    error = format!("{error:#}"),
                    "cannot ask who may read metrics"
                );
                return Err(Refusal::NoAnswer);
            }
            Err(_elapsed) => return Err(Refusal::NoAnswer),
        };
        self.with(|answers| answers.keep(token, answer, now));
        answer
    }

    fn with<T>(&self, work: impl FnOnce(&mut Answers) -> T) -> T {
        // an answer is kept whole or not at all: whoever panicked left it so
        work(&mut self.answers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The token of `Authorization: Bearer TOKEN`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    let usable = !token.is_empty() && token.len() <= LONGEST_TOKEN;
    (scheme.eq_ignore_ascii_case("bearer") && usable).then_some(token)
}

type Answer = Result<(), Refusal>;

async fn ask(client: &Client, token: &str) -> Result<Answer, kube::Error> {
    let review = TokenReview {
        spec: TokenReviewSpec {
            token: token.to_owned(),
            ..TokenReviewSpec::default()
        },
        ..TokenReview::default()
    };
    let params = PostParams::default();
    let reviewed = Api::all(client.clone()).create(&params, &review).await?;
    let status = reviewed.status.unwrap_or_default();
    let user = match status.user {
        Some(user) if status.authenticated == Some(true) => user,
        _ => return Ok(Err(Refusal::Unknown)),
    };
    let review = access_review(user);
    let reviewed = Api::all(client.clone()).create(&params, &review).await?;
    let allowed = reviewed.status.is_some_and(|status| status.allowed);
    Ok(if allowed {
        Ok(())
    } else {
        Err(Refusal::Forbidden)
    })
}

fn access_review(user: UserInfo) -> SubjectAccessReview {
    let UserInfo {
        extra,
        groups,
        uid,
        username,
    } = user;
    SubjectAccessReview {
        spec: SubjectAccessReviewSpec {
            extra,
            groups,
            uid,
            user: username,
            non_resource_attributes: Some(NonResourceAttributes {
                path: Some("/metrics".to_owned()),
                verb: Some("get".to_owned()),
            }),
            resource_attributes: None,
        },
        ..SubjectAccessReview::default()
    }
}

/// What the API server said lately. Pure: time is an argument.
struct Answers {
    known: HashMap<String, (Answer, Duration)>,
    budget: Budget,
}

impl Answers {
    fn new() -> Self {
        Self {
            known: HashMap::new(),
            budget: Budget::new(ASK_BURST, ASK_EVERY),
        }
    }

    fn find(&self, token: &str, now: Duration) -> Option<Answer> {
        let (answer, asked) = self.known.get(token)?;
        (now.saturating_sub(*asked) < KEPT).then_some(*answer)
    }

    /// Keeps an answer; where there are too many, the oldest goes.
    fn keep(&mut self, token: &str, answer: Answer, now: Duration) {
        self.known
            .retain(|_, (_, asked)| now.saturating_sub(*asked) < KEPT);
        if self.known.len() >= ANSWERS {
            let oldest = self.known.iter().min_by_key(|(_, (_, asked))| *asked);
            if let Some(oldest) = oldest.map(|(token, _)| token.clone()) {
                self.known.remove(&oldest);
            }
        }
        self.known.insert(token.to_owned(), (answer, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn with_authorization(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())])
    }

    #[test]
    fn only_a_bearer_token_counts() {
        assert_eq!(bearer(&with_authorization("Bearer abc")), Some("abc"));
        assert_eq!(bearer(&with_authorization("bearer abc")), Some("abc"));
        for other in ["Basic abc", "abc", "Bearer", "Bearer  "] {
            assert_eq!(bearer(&with_authorization(other)), None, "{other}");
        }
        assert_eq!(bearer(&HeaderMap::new()), None);
        let long = format!("Bearer {}", "a".repeat(LONGEST_TOKEN + 1));
        assert_eq!(bearer(&with_authorization(&long)), None);
    }

    #[test]
    fn an_answer_holds_for_a_minute() {
        let mut answers = Answers::new();
        answers.keep("good", Ok(()), at(10));
        answers.keep("bad", Err(Refusal::Forbidden), at(20));
        assert_eq!(answers.find("good", at(69)), Some(Ok(())));
        assert_eq!(answers.find("good", at(70)), None);
        assert_eq!(answers.find("bad", at(70)), Some(Err(Refusal::Forbidden)));
        assert_eq!(answers.find("other", at(20)), None);
    }

    #[test]
    fn the_oldest_answer_goes_when_there_are_too_many() {
        let mut answers = Answers::new();
        for number in 0..=ANSWERS {
            let millis = u64::try_from(number).unwrap();
            answers.keep(&number.to_string(), Ok(()), Duration::from_millis(millis));
        }
        assert_eq!(answers.known.len(), ANSWERS);
        assert_eq!(answers.find("0", at(1)), None);
        assert_eq!(answers.find("1", at(1)), Some(Ok(())));
    }

    #[test]
    fn the_owner_of_the_token_is_asked_about_with_all_that_is_known_of_him() {
        let user = UserInfo {
            username: Some("system:serviceaccount:monitoring:prometheus".to_owned()),
            groups: Some(vec!["system:authenticated".to_owned()]),
            ..UserInfo::default()
        };
        let spec = access_review(user).spec;
        assert_eq!(
            spec.user.unwrap(),
            "system:serviceaccount:monitoring:prometheus"
        );
        assert_eq!(spec.groups.unwrap(), ["system:authenticated"]);
        let asked = spec.non_resource_attributes.unwrap();
        assert_eq!(asked.path.unwrap(), "/metrics");
        assert_eq!(asked.verb.unwrap(), "get");
    }
}
