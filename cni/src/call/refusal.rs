//! Which code of the protocol a failed attachment is. Left to others: the words.

use colvin_attach::{AttachError, Class};

use crate::failure::{Code, Failure};

impl From<Class> for Code {
    fn from(class: Class) -> Self {
        match class {
            Class::Config => Self::Config,
            Class::Io => Self::Io,
            Class::Netns => Self::Namespace,
            Class::TryAgain => Self::TryAgain,
            Class::Exists => Self::Exists,
            Class::NoDevice => Self::Device,
            Class::Kernel => Self::Kernel,
            Class::Ipam => Self::Address,
            Class::Drift => Self::Differs,
        }
    }
}

impl From<&AttachError> for Failure {
    fn from(error: &AttachError) -> Self {
        let causes = std::iter::successors(std::error::Error::source(error), |it| it.source());
        let causes: Vec<String> = causes.map(ToString::to_string).collect();
        Self::new(error.class().into(), error.to_string()).with_details(causes.join(": "))
    }
}

impl From<AttachError> for Failure {
    fn from(error: AttachError) -> Self {
        Self::from(&error)
    }
}
