//! Tests of the supervisor, with a clock that only moves while all wait.
//!
//! Left to others: signals, which `tests/signals.rs` sends to a process of its own.

use anyhow::{anyhow, bail};

use super::*;

async fn until_told(stop: CancellationToken) -> anyhow::Result<()> {
    stop.cancelled().await;
    Ok(())
}

#[tokio::test]
async fn a_program_that_is_told_to_end_ends_well() {
    let mut supervisor = Supervisor::new().unwrap();
    let stop = supervisor.stop();
    supervisor.start("one", until_told);
    supervisor.start("two", |stop| async move {
        stop.cancelled().await;
        Ok(())
    });
    stop.cancel();
    supervisor.run().await.unwrap();
}

#[tokio::test]
async fn a_task_that_ends_untold_brings_the_program_down_by_name() {
    let mut supervisor = Supervisor::new().unwrap();
    supervisor.start("steady", until_told);
    supervisor.start("short", |_stop| async { Ok(()) });
    let error = supervisor.run().await.unwrap_err();
    assert_eq!(error.to_string(), "short ended without being told to");
}

#[tokio::test]
async fn a_task_that_fails_brings_the_program_down_with_its_reason() {
    let mut supervisor = Supervisor::new().unwrap();
    supervisor.start("steady", until_told);
    supervisor.start("weak", |_stop| async { bail!("no more frames") });
    let error = supervisor.run().await.unwrap_err();
    assert_eq!(format!("{}", Chain(&error)), "weak failed: no more frames");
}

#[tokio::test]
async fn a_task_that_panics_is_named() {
    let mut supervisor = Supervisor::new().unwrap();
    supervisor.start("steady", until_told);
    supervisor.start("wild", |_stop| async { panic!("on purpose") });
    let error = supervisor.run().await.unwrap_err();
    assert_eq!(error.to_string(), "wild broke down");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_does_not_heed_the_end_is_named_after_the_limit() {
    let mut supervisor = Supervisor::new()
        .unwrap()
        .with_limit(Duration::from_secs(5));
    supervisor.start("deaf", |_stop| std::future::pending());
    supervisor.start("steady", until_told);
    supervisor.stop().cancel();
    let error = supervisor.run().await.unwrap_err();
    assert_eq!(error.to_string(), "still running 5 s after the end: deaf");
}

#[tokio::test]
async fn what_fails_while_all_end_is_not_lost() {
    let mut supervisor = Supervisor::new().unwrap();
    supervisor.start("last words", |stop| async move {
        stop.cancelled().await;
        Err(anyhow!("could not write the last state"))
    });
    supervisor.stop().cancel();
    let error = supervisor.run().await.unwrap_err();
    let text = "last words failed: could not write the last state";
    assert_eq!(format!("{}", Chain(&error)), text);
}

#[tokio::test]
async fn a_thread_has_its_name_and_ends_like_a_task() {
    let mut supervisor = Supervisor::new().unwrap();
    let stop = supervisor.stop();
    let named = |_stop: CancellationToken| {
        let name = std::thread::current().name().map(str::to_owned);
        bail!("I am {name:?}")
    };
    supervisor.start_thread("frames", named).unwrap();
    let error = supervisor.run().await.unwrap_err();
    assert_eq!(
        format!("{}", Chain(&error)),
        "frames failed: I am Some(\"frames\")"
    );
    assert!(stop.is_cancelled());
}

#[tokio::test]
async fn a_thread_that_panics_is_named() {
    let mut supervisor = Supervisor::new().unwrap();
    let wild = |_stop: CancellationToken| panic!("on purpose");
    supervisor.start_thread("frames", wild).unwrap();
    let error = supervisor.run().await.unwrap_err();
    assert_eq!(error.to_string(), "frames broke down");
}
