//! What a driver asked the API server from an instant on. Left to others: how much is too much.

use std::time::{Duration, SystemTime};

use anyhow::Result;
use colvin_testkit::kube::Request;

use crate::world::World;

/// How long what may still come is waited for.
const LATE: Duration = Duration::from_secs(1);

/// An instant from which on requests are counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Since(SystemTime);

impl Since {
    /// From now on.
    pub(crate) fn now() -> Self {
        Self(SystemTime::now())
    }

    /// All that the driver asked whose requests begin with this, and what it may ask in another second.
    pub(crate) fn requests(self, world: &World, agent: &str) -> Result<Vec<Request>> {
        // whether more comes is what is asked
        std::thread::sleep(LATE);
        self.so_far(world, agent)
    }

    /// All that it asked that is known of yet.
    pub(crate) fn so_far(self, world: &World, agent: &str) -> Result<Vec<Request>> {
        let plane = &world.bench.plane;
        plane.api_requests(|it| it.time >= self.0 && it.user_agent.starts_with(agent))
    }

    /// Those of them that write slices, refused ones too.
    pub(crate) fn writes(self, world: &World, agent: &str) -> Result<Vec<Request>> {
        let mut requests = self.requests(world, agent)?;
        requests.retain(is_write);
        Ok(requests)
    }
}

/// Whether it writes a slice.
pub(crate) fn is_write(request: &Request) -> bool {
    let writes = ["create", "update", "patch", "delete", "deletecollection"];
    request.resource == "resourceslices" && writes.contains(&request.verb.as_str())
}
