//! The metrics that both programs have.
//!
//! Each family starts with a sample at zero for every label set that can come, so that a rate over
//! it sees the first event. Left to others: metrics of one program.

use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// How a write to the API server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteResult {
    /// It was accepted.
    Ok,
    /// Somebody else had changed the object (409).
    Conflict,
    /// The API server was busy (429).
    Throttled,
    /// The API server refused it (other 4xx).
    Refused,
    /// The API server failed or did not answer.
    Failed,
}

impl WriteResult {
    const ALL: [Self; 5] = [
        Self::Ok,
        Self::Conflict,
        Self::Throttled,
        Self::Refused,
        Self::Failed,
    ];

    /// What an answer of kube's client means.
    pub fn of<T>(answer: &Result<T, kube::Error>) -> Self {
        answer.as_ref().map_or_else(Self::of_error, |_| Self::Ok)
    }

    /// What an error of kube's client means.
    pub fn of_error(error: &kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => match status.code {
                409 => Self::Conflict,
                429 => Self::Throttled,
                400..=499 => Self::Refused,
                _ => Self::Failed,
            },
            _ => Self::Failed,
        }
    }

    /// The value of the label `result`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Conflict => "conflict",
            Self::Throttled => "throttled",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Write {
    object: &'static str,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Loop {
    r#loop: &'static str,
}

/// Writes to the API server, made and saved.
#[derive(Clone, Debug)]
pub struct Publishing {
    writes: Family<Write, Counter>,
    suppressed: Counter,
}

impl Publishing {
    /// Registers `publish_writes{object,result}` for these kinds of object, and `publish_suppressed`.
    pub fn register(registry: &mut Registry, objects: &[&'static str]) -> Self {
        let this = Self {
            writes: Family::default(),
            suppressed: Counter::default(),
        };
        for object in objects {
            for result in WriteResult::ALL {
                drop(this.writes.get_or_create(&Write {
                    object,
                    result: result.as_str(),
                }));
            }
        }
        let help = "Writes to the API server, by kind of object and how they ended";
        registry.register("publish_writes", help, this.writes.clone());
        let help = "Writes not made, because the object would not have changed";
        registry.register("publish_suppressed", help, this.suppressed.clone());
        this
    }

    /// Counts a write.
    pub fn wrote(&self, object: &'static str, result: WriteResult) {
        let result = result.as_str();
        self.writes.get_or_create(&Write { object, result }).inc();
    }

    /// Counts a write that was not needed.
    pub fn suppressed(&self) {
        self.suppressed.inc();
    }
}

/// When each loop of the program last did its work to the end.
#[derive(Clone, Debug)]
pub struct LastSuccess(Family<Loop, Gauge>);

impl LastSuccess {
    /// Registers `last_success_timestamp_seconds{loop}` for these loops.
    pub fn register(registry: &mut Registry, loops: &[&'static str]) -> Self {
        let family: Family<Loop, Gauge> = Family::default();
        for name in loops {
            drop(family.get_or_create(&Loop { r#loop: name }));
        }
        let help = "When each loop last did its work to the end, in seconds since 1970; 0 is never";
        registry.register("last_success_timestamp_seconds", help, family.clone());
        Self(family)
    }

    /// Says that a loop did its work just now.
    pub fn mark(&self, name: &'static str) {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        let seconds =
            since_1970.map_or(0, |time| i64::try_from(time.as_secs()).unwrap_or(i64::MAX));
        self.0.get_or_create(&Loop { r#loop: name }).set(seconds);
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;

    use super::*;

    fn text(registry: &Registry) -> String {
        let mut text = String::new();
        encode(&mut text, registry).unwrap();
        text
    }

    #[test]
    fn writes_are_counted_by_object_and_result_from_zero() {
        let mut registry = Registry::with_prefix("colvin");
        let publishing = Publishing::register(&mut registry, &["Network"]);
        publishing.wrote("Network", WriteResult::Ok);
        publishing.suppressed();
        let text = text(&registry);
        for sample in [
            r#"colvin_publish_writes_total{object="Network",result="ok"} 1"#,
            r#"colvin_publish_writes_total{object="Network",result="conflict"} 0"#,
            r#"colvin_publish_writes_total{object="Network",result="failed"} 0"#,
            "colvin_publish_suppressed_total 1",
        ] {
            assert!(
                text.lines().any(|line| line == sample),
                "{sample} in {text}"
            );
        }
    }

    #[test]
    fn a_loop_that_never_succeeded_says_zero() {
        let mut registry = Registry::with_prefix("colvin");
        let success = LastSuccess::register(&mut registry, &["a", "b"]);
        success.mark("b");
        let text = text(&registry);
        let never = r#"colvin_last_success_timestamp_seconds{loop="a"} 0"#;
        assert!(text.lines().any(|line| line == never), "{text}");
        let now = r#"colvin_last_success_timestamp_seconds{loop="b"} 1"#;
        assert!(text.lines().any(|line| line.starts_with(now)), "{text}");
    }

    #[test]
    fn an_answer_of_the_api_server_is_one_of_five_results() {
        let answer = |code| {
            let status = kube::core::Status::failure("", "").with_code(code);
            WriteResult::of(&Err::<(), _>(kube::Error::Api(Box::new(status))))
        };
        assert_eq!(WriteResult::of(&Ok(())), WriteResult::Ok);
        assert_eq!(answer(409), WriteResult::Conflict);
        assert_eq!(answer(429), WriteResult::Throttled);
        assert_eq!(answer(422), WriteResult::Refused);
        assert_eq!(answer(500), WriteResult::Failed);
    }
}
