//! What is told of what the keeper knows. Left to others: whom it is told.

use super::{Desk, Pace};
use crate::state::{Published, State, Trouble};

impl Desk {
    /// How the slices are, by the look that [`Self::next`] took.
    pub(crate) fn state(&self) -> State {
        let mut state = State {
            sight: self.sight.clone(),
            dropped: self.memory.dropped(),
            ..State::default()
        };
        let Some(wanted) = &self.wanted else {
            return state;
        };
        for slice in self.store.slices().filter(|slice| !slice.terminating) {
            if wanted.contents().contains_key(&slice.pool) && !self.pending.contains(&slice.pool) {
                let published = Published {
                    slice: slice.name.clone(),
                    generation: slice.generation,
                    devices: slice.form.devices.len(),
                };
                state.published.insert(slice.pool.clone(), published);
            }
        }
        for (pool, breach) in wanted.breaches() {
            state
                .troubles
                .insert(pool.clone(), Trouble::Breach(breach.clone()));
        }
        for pool in &self.pending {
            if let Some(failure) = self.paces.get(pool).and_then(Pace::failure) {
                state
                    .troubles
                    .insert(pool.clone(), Trouble::Failed(failure.clone()));
            }
        }
        state
    }
}
