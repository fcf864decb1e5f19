//! What is wrong or surprising in a config file, for people: where, what we do, what the SR-IOV network device
//! plugin does, and what to write. Left to others: finding it.

use std::fmt;

/// Something that a person should know of a config file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line of the text, counted from 1.
    pub line: usize,
    /// The resource as pods name it, or which entry it is (`entry 3`), or `None` when it is about the file.
    pub entry: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// What it is, as a word for programs.
    pub reason: Reason,
    /// What is wrong, and what is served nevertheless.
    pub message: String,
    /// What the SR-IOV network device plugin does with it.
    pub original: Original,
    /// What to do.
    pub advice: String,
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something to know: all is served as it is meant.
    Note,
    /// What is served may not be what was meant.
    Warning,
    /// An entry, or a part of one, is not served.
    Error,
}

/// What the SR-IOV network device plugin does with what a problem is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Original {
    /// The same as is done here.
    Alike,
    /// It selects nothing by it and says nothing, or in its log alone.
    Silent,
    /// It does the same, with a line in its log alone.
    LogsAlike,
    /// It does not register the resource, with a line in its log.
    Unregistered,
    /// It reads over it and says nothing.
    Ignores,
    /// It leaves the entry out, with a line in its log.
    SkipsEntry,
    /// It does not start with such a file.
    RefusesFile,
    /// It ends, with exit code 0.
    Ends,
    /// The kubelet refuses the name, and it ends.
    KubeletRefuses,
    /// It gives the device away, except where its own netdev has an IPv4 default route.
    GivesAway,
    /// It drops the device when it starts anew, though a pod may hold it.
    Drops,
}

impl Original {
    /// As part of a sentence.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alike => "the SR-IOV network device plugin does the same",
            Self::Silent => {
                "the SR-IOV network device plugin selects nothing by it and tells nobody but its log"
            }
            Self::LogsAlike => {
                "the SR-IOV network device plugin does the same, and tells nobody but its log"
            }
            Self::Unregistered => {
                "the SR-IOV network device plugin does not register the resource, and tells nobody but its log"
            }
            Self::Ignores => "the SR-IOV network device plugin reads over it in silence",
            Self::SkipsEntry => {
                "the SR-IOV network device plugin leaves the entry out, with a line in its log"
            }
            Self::RefusesFile => "the SR-IOV network device plugin does not start with such a file",
            Self::Ends => "the SR-IOV network device plugin ends, with exit code 0",
            Self::KubeletRefuses => {
                "the SR-IOV network device plugin ends when the kubelet refuses the name"
            }
            Self::GivesAway => {
                "the SR-IOV network device plugin gives it away, unless its own netdev has an IPv4 default route"
            }
            Self::Drops => {
                "the SR-IOV network device plugin drops it when it starts anew, even from under a pod"
            }
        }
    }
}

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $name:ident: $severity:ident, $original:ident;)+) => {
        /// What a problem is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Reason {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word for programs.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)+
                }
            }

            /// How bad such a problem is.
            pub const fn severity(self) -> Severity {
                match self {
                    $(Self::$name => Severity::$severity,)+
                }
            }

            /// What the SR-IOV network device plugin does.
            pub const fn original(self) -> Original {
                match self {
                    $(Self::$name => Original::$original,)+
                }
            }
        }
    };
}

reasons! {
    /// A key that means nothing (SDP-07).
    UnknownKey: Note, Ignores;
    /// A selector that is written beside `selectors`, or for a device type that has none such: the pool is wider
    /// than it reads (SDP-10).
    UnusedSelector: Warning, Ignores;
    /// A key that is there twice: the last counts.
    RepeatedKey: Warning, Alike;
    /// A file without entries.
    NoEntries: Warning, Ends;
    /// An entry with a value of the wrong type.
    BadEntry: Error, RefusesFile;
    /// A selector with a value of the wrong type (REG-9).
    BadSelector: Error, SkipsEntry;
    /// An entry that selects by nothing.
    NoSelectors: Error, RefusesFile;
    /// A name that no resource can have (SDP-02).
    BadName: Error, RefusesFile;
    /// A name that the kubelet refuses (DP-02).
    NotForKubelet: Error, KubeletRefuses;
    /// A name that some other program refuses (SDP-02).
    OddName: Note, Alike;
    /// A resource that an entry above has (SDP-02).
    RepeatedName: Error, RefusesFile;
    /// Two resources whose environment variables are one.
    SameVariable: Warning, Ignores;
    /// A device type that there is not (SDP-04).
    UnknownDeviceType: Error, RefusesFile;
    /// `isRdma` and `vdpaType` in one selector (SDP-16).
    RdmaAndVdpa: Error, RefusesFile;
    /// A `vdpaType` that there is not (SDP-17).
    UnknownVdpaType: Error, Silent;
    /// No `auxTypes`, or others than `sf` (SDP-19).
    BadAuxTypes: Error, RefusesFile;
    /// A `#` range that does not read (SDP-11).
    MalformedRange: Error, Silent;
    /// A `#` range that ends before it begins (SDP-11).
    BackwardRange: Warning, Silent;
    /// A PF that is there twice in a list: both count (SDP-11).
    RepeatedFunction: Warning, Silent;
    /// A value that no device has, by the way it is written (SDP-08).
    NeverMatches: Warning, Silent;
    /// A pool without devices.
    Empty: Warning, Unregistered;
    /// Devices that an entry above took (SDP-06).
    Overlap: Warning, LogsAlike;
    /// A device that is kept back because the node's own traffic goes by it (SDP-30).
    Protected: Warning, GivesAway;
    /// A device that is kept back because it is a port of a bond or bridge (SDP-30).
    PortOf: Warning, GivesAway;
    /// A PF that is kept back because it has VFs (SDP-30).
    HasFunctions: Note, Alike;
    /// A PF that is given away as a whole although it has VFs.
    GivenWithFunctions: Warning, Alike;
    /// A PF that is in the pool itself, because it has no VFs.
    WholeFunction: Note, Alike;
    /// A PF whose netdev is not in sight, so that its VFs cannot be selected by its name (REG-7).
    UnnamedFunction: Warning, Silent;
    /// A PF that the node does not have.
    NoSuchFunction: Note, Silent;
    /// Indexes that the PF has no VFs for.
    BeyondFunctions: Note, Silent;
    /// Devices of which the kernel does not tell what a selector asks (SDP-13, SDP-16).
    Hidden: Warning, Drops;
    /// A device with a name that the kubelet does not take (DP-12).
    NoId: Error, Alike;
}

impl Problem {
    pub(crate) fn new(
        reason: Reason,
        line: usize,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            line,
            entry: None,
            severity: reason.severity(),
            reason,
            message: message.into(),
            original: reason.original(),
            advice: advice.into(),
        }
    }

    pub(crate) fn of(mut self, entry: impl Into<String>) -> Self {
        self.entry = Some(entry.into());
        self
    }

    /// What is wrong with which entry, and what the SR-IOV network device plugin does with it: all but the place and
    /// the advice, which stand before and behind it.
    pub fn sentence(&self) -> String {
        let entry = self.entry.as_ref();
        let entry = entry.map_or(String::new(), |entry| format!("{entry}: "));
        format!("{entry}{}; {}", self.message, self.original.as_str())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}: {}; {}",
            self.line,
            self.sentence(),
            self.advice
        )
    }
}

impl Severity {
    /// The word for people and programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "Note",
            Self::Warning => "Warning",
            Self::Error => "Error",
        }
    }
}
