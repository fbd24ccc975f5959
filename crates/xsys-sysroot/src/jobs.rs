//! How many compilers may run at once.
//!
//! Builds nest: make or cargo may have started us, and every rustc starts code generation threads
//! of its own. GNU make's jobserver protocol keeps all of them together within one limit: a process
//! owns one job from birth and takes a token for each further one. We join the jobserver we are
//! given, else make one, and hand it to every rustc.
//!
//! Spec: <https://www.gnu.org/software/make/manual/html_node/POSIX-Jobserver.html>.

use std::io;

use jobserver::Client;

/// The jobserver of this build, inherited or made for `limit` jobs (default: one per CPU).
pub(crate) fn client(limit: Option<usize>) -> io::Result<Client> {
    if let Some(client) = inherited() {
        return Ok(client);
    }
    let limit = limit
        .or_else(|| std::thread::available_parallelism().ok().map(usize::from))
        .unwrap_or(1);
    Client::new(limit.saturating_sub(1))
}

fn inherited() -> Option<Client> {
    #[expect(
        unsafe_code,
        reason = "adopts the descriptors that the parent names in MAKEFLAGS; checked to be pipes first"
    )]
    // SAFETY: the environment says that these descriptors are ours to use. Nothing in xsys closes
    // or reuses inherited descriptors, and the check refuses numbers that are no pipes by now.
    let found = unsafe { Client::from_env_ext(true) };
    found.client.ok()
}
