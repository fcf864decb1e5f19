//! One port: its neighbours, the oldest first, and its counters.
//!
//! It leaves which port a frame came from to [`super::Neighbors`].

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use super::{Limits, Outcome, Refusal};
use crate::{ETHERTYPE_LLDP, Frame, FrameError, FrameHeader, Lldpdu, MAX_LLDPDU};

/// Counters of one port, since it was first heard on (IEEE 802.1AB-2016, 9.2.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Frames received, good and bad (`statsFramesInTotal`).
    pub frames_in: u64,
    /// Frames refused, for whatever reason (`statsFramesDiscardedTotal`).
    pub frames_discarded: u64,
    /// Frames with an error, refused or only shortened by a TLV (`statsFramesInErrorsTotal`).
    pub frames_in_error: u64,
    /// Malformed TLVs of accepted frames (`statsTLVsDiscardedTotal`).
    pub tlvs_discarded: u64,
    /// Reserved types and unknown organizational TLVs of accepted frames (`statsTLVsUnrecognizedTotal`).
    pub tlvs_unrecognized: u64,
    /// TLVs of types 4 to 7 that another one of the same frame replaced.
    pub tlvs_duplicate: u64,
    /// Neighbours whose time was over (`statsAgeoutsTotal`).
    pub ageouts: u64,
    /// Neighbours added (`statsRemTablesInserts`).
    pub inserts: u64,
    /// Neighbours removed, by time, farewell or lost carrier (`statsRemTablesDeletes`).
    pub deletes: u64,
    /// Frames refused for lack of room (`statsRemTablesDrops`).
    pub drops: u64,
    /// Frames refused as our own.
    pub own_frames: u64,
}

/// Somebody who was heard, and what was said last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbor {
    lldpdu: Box<[u8]>,
    identity_length: usize,
    header: FrameHeader,
    first_heard: Duration,
    last_heard: Duration,
    last_changed: Duration,
    expires: Duration,
    in_a_row: u32,
}

impl Neighbor {
    fn new(frame: &Frame<'_>, now: Duration) -> Self {
        let lldpdu = frame.lldpdu();
        Self {
            lldpdu: lldpdu.as_bytes().into(),
            identity_length: lldpdu.identity().len(),
            header: frame.header(),
            first_heard: now,
            last_heard: now,
            last_changed: now,
            expires: expiry(lldpdu, now),
            in_a_row: 1,
        }
    }

    /// The Chassis ID and Port ID TLVs as they came: its name among the port's neighbours.
    pub fn identity(&self) -> &[u8] {
        self.lldpdu.get(..self.identity_length).unwrap_or_default()
    }

    /// The last LLDPDU's TLVs as they came.
    pub fn lldpdu_bytes(&self) -> &[u8] {
        &self.lldpdu
    }

    /// What was said last, decoded anew (that takes about 100 ns and allocates nothing).
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "it never panics: see below"
    )]
    pub fn lldpdu(&self) -> Lldpdu<'_> {
        // `lldpdu` is the prefix of a payload that Lldpdu::decode accepted, cut after its last TLV: the walk over
        // it takes the same steps, and ends where the bytes end.
        Lldpdu::decode(&self.lldpdu).expect("bytes that were decoded once decode again")
    }

    /// The last frame, without what was after its last TLV: to keep it, and to take it in again later.
    ///
    /// An End Of LLDPDU TLV closes it where that leaves the LLDPDU within its limit.
    pub fn to_frame(&self) -> Vec<u8> {
        let mut frame = Vec::with_capacity(self.lldpdu.len().saturating_add(20));
        frame.extend(self.header.destination.mac().0);
        frame.extend(self.header.source.0);
        if let Some(tag) = self.header.tag {
            frame.extend(tag.kind.ethertype().to_be_bytes());
            frame.extend(tag.tci.to_be_bytes());
        }
        frame.extend(ETHERTYPE_LLDP.to_be_bytes());
        frame.extend(&*self.lldpdu);
        if self.lldpdu.len().saturating_add(2) <= MAX_LLDPDU {
            frame.extend([0, 0]);
        }
        frame
    }

    /// The addresses and the tag of the last frame.
    pub fn header(&self) -> FrameHeader {
        self.header
    }

    /// When it was first heard.
    pub fn first_heard(&self) -> Duration {
        self.first_heard
    }

    /// When it was last heard.
    pub fn last_heard(&self) -> Duration {
        self.last_heard
    }

    /// When it last said something new.
    pub fn last_changed(&self) -> Duration {
        self.last_changed
    }

    /// When its time is over, unless it is heard before.
    pub fn expires(&self) -> Duration {
        self.expires
    }

    /// How many frames in a row said the same, from the same source address: 1 after a change.
    pub fn frames_in_a_row(&self) -> u32 {
        self.in_a_row
    }

    /// Take over what the frame says; tells whether it is what was known, byte for byte and from the same source.
    fn renew(&mut self, frame: &Frame<'_>, now: Duration) -> bool {
        let said = frame.lldpdu().as_bytes();
        let same = self.header.source == frame.source() && *self.lldpdu == *said;
        self.header = frame.header();
        self.last_heard = now;
        self.expires = expiry(frame.lldpdu(), now);
        if same {
            self.in_a_row = self.in_a_row.saturating_add(1);
        } else {
            self.lldpdu = said.into();
            self.last_changed = now;
            self.in_a_row = 1;
        }
        same
    }
}

fn expiry(lldpdu: &Lldpdu<'_>, now: Duration) -> Duration {
    now.saturating_add(Duration::from_secs(u64::from(lldpdu.ttl_secs())))
}

/// One port's neighbours and counters.
#[derive(Clone, Debug, Default)]
pub struct Port {
    neighbors: Vec<Neighbor>,
    pub(super) statistics: Statistics,
    too_many_until: Option<Duration>,
}

impl Port {
    /// The neighbours, the oldest first.
    pub fn neighbors(&self) -> &[Neighbor] {
        &self.neighbors
    }

    /// The counters.
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// Whether, at `now`, a neighbour that was refused for lack of room would still count
    /// (`tooManyNeighbors`).
    pub fn has_too_many_neighbors(&self, now: Duration) -> bool {
        self.too_many_until.is_some_and(|until| now < until)
    }

    pub(super) fn refuse_malformed(&mut self, error: FrameError) -> Outcome<'_> {
        self.statistics.frames_in_error += 1;
        self.refuse(Refusal::Malformed(error))
    }

    pub(super) fn refuse_own(&mut self) -> Outcome<'_> {
        self.statistics.own_frames += 1;
        self.refuse(Refusal::OwnAddress)
    }

    fn refuse(&mut self, refusal: Refusal) -> Outcome<'_> {
        self.statistics.frames_discarded += 1;
        Outcome::Refused(refusal)
    }

    pub(super) fn take(&mut self, frame: &Frame<'_>, limits: Limits, now: Duration) -> Outcome<'_> {
        let lldpdu = frame.lldpdu();
        self.count_tlvs(lldpdu);
        if lldpdu.is_shutdown() {
            return self.farewell(lldpdu);
        }
        let length = lldpdu.as_bytes().len();
        let limit = limits.octets_per_neighbor;
        if length > limit {
            self.statistics.drops += 1;
            return self.refuse(Refusal::TooLarge { length, limit });
        }
        let identity = lldpdu.identity();
        let Some(at) = self
            .neighbors
            .iter()
            .position(|one| one.identity() == identity)
        else {
            return self.add(frame, limits, now);
        };
        let mut neighbor = self.neighbors.remove(at);
        let same = neighbor.renew(frame, now);
        let neighbor = self.neighbors.insert_mut(at, neighbor);
        if same {
            Outcome::Refreshed(neighbor)
        } else {
            Outcome::Changed(neighbor)
        }
    }

    fn farewell(&mut self, lldpdu: &Lldpdu<'_>) -> Outcome<'_> {
        match self
            .neighbors
            .iter()
            .position(|one| one.identity() == lldpdu.identity())
        {
            Some(at) => {
                self.statistics.deletes += 1;
                Outcome::Removed(self.neighbors.remove(at))
            }
            None => self.refuse(Refusal::UnknownFarewell),
        }
    }

    fn add(&mut self, frame: &Frame<'_>, limits: Limits, now: Duration) -> Outcome<'_> {
        let limit = limits.neighbors_per_port;
        if self.neighbors.len() >= limit {
            self.statistics.drops += 1;
            self.too_many_until = self.too_many_until.max(Some(expiry(frame.lldpdu(), now)));
            return self.refuse(Refusal::TooManyNeighbors { limit });
        }
        self.statistics.inserts += 1;
        Outcome::New(self.neighbors.push_mut(Neighbor::new(frame, now)))
    }

    fn count_tlvs(&mut self, lldpdu: &Lldpdu<'_>) {
        let counts = lldpdu.counts();
        self.statistics.frames_in_error += u64::from(counts.malformed > 0);
        self.statistics.tlvs_discarded += u64::from(counts.malformed);
        self.statistics.tlvs_unrecognized += u64::from(counts.unrecognized);
        self.statistics.tlvs_duplicate += u64::from(counts.duplicates);
    }

    pub(super) fn clear(&mut self) -> Vec<Neighbor> {
        let gone = core::mem::take(&mut self.neighbors);
        self.too_many_until = None;
        self.statistics.deletes += u64::try_from(gone.len()).unwrap_or(u64::MAX);
        gone
    }

    pub(super) fn expire(&mut self, now: Duration) -> impl Iterator<Item = Neighbor> {
        let Self {
            neighbors,
            statistics,
            ..
        } = self;
        neighbors
            .extract_if(.., move |one| one.expires <= now)
            .inspect(|_| {
                statistics.ageouts += 1;
                statistics.deletes += 1;
            })
    }
}
