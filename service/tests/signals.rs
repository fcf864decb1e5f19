//! The end by a signal: the only test in its process, as the signal reaches all of it.

use colvin_service::Supervisor;
use rustix::process::{Signal, getpid, kill_process};

#[tokio::test]
async fn sigterm_ends_the_program_and_every_task_is_told() {
    let mut supervisor = Supervisor::new().unwrap();
    let (told, mut heard) = tokio::sync::oneshot::channel();
    supervisor.start("worker", |stop| async move {
        stop.cancelled().await;
        told.send(()).unwrap();
        Ok(())
    });
    kill_process(getpid(), Signal::TERM).unwrap();
    supervisor.run().await.unwrap();
    assert_eq!(heard.try_recv(), Ok(()));
}
