//! Signals: the first one asks the run to finish what it has begun, the second to stop at once. A cancelled GitHub job sends
//! SIGINT, SIGTERM 7.5 s later, SIGKILL 2.5 s after that; any two signals count alike.

use charter_executor::Interrupt;
use tokio::sync::watch;

/// Watches for signals until the process ends.
pub(crate) fn watch() -> std::io::Result<watch::Receiver<Interrupt>> {
    let (sender, receiver) = watch::channel(Interrupt::None);
    let mut signals = Signals::new()?;
    tokio::spawn(async move {
        signals.next().await;
        let _ = sender.send(Interrupt::Graceful);
        signals.next().await;
        let _ = sender.send(Interrupt::Now);
        // Kept alive so that the receivers never see a closed channel.
        std::future::pending::<()>().await;
    });
    Ok(receiver)
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
