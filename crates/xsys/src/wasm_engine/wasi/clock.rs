//! WASI's clocks.

use std::time::{Duration, Instant, SystemTime};

use crate::wasm_engine::guest::Guest;
use crate::wasm_engine::wasi::State;
use crate::wasm_engine::wasi::errno::{Done, Errno};

/// `clockid`.
const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;
const PROCESS_CPU: u32 = 2;
const THREAD_CPU: u32 = 3;

/// Nanoseconds since 1970; times before that are 0.
pub(super) fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, whole)
}

fn whole(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The time of a clock; monotonic time starts with the program.
pub(super) fn now(started: Instant, clock: u32) -> Done<u64> {
    match clock {
        REALTIME => Ok(nanoseconds(SystemTime::now())),
        MONOTONIC => Ok(whole(started.elapsed())),
        PROCESS_CPU | THREAD_CPU => cpu_time(clock),
        _ => Err(Errno::Inval),
    }
}

#[cfg(unix)]
fn cpu_time(clock: u32) -> Done<u64> {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(match clock {
        PROCESS_CPU => ClockId::ProcessCPUTime,
        _ => ClockId::ThreadCPUTime,
    });
    let part = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(part(time.tv_sec) * 1_000_000_000 + part(time.tv_nsec))
}

#[cfg(not(unix))]
fn cpu_time(_: u32) -> Done<u64> {
    Err(Errno::Notsup)
}

pub(super) fn res_get(_: &mut State, guest: &mut Guest<'_>, clock: u32, out: u32) -> Done {
    if clock > THREAD_CPU {
        return Err(Errno::Inval);
    }
    // The resolution that std promises, as it cannot be asked for.
    Ok(guest.put_u64(out.into(), 1)?)
}

pub(super) fn time_get(
    state: &mut State,
    guest: &mut Guest<'_>,
    clock: u32,
    _: u64,
    out: u32,
) -> Done {
    let now = now(state.started, clock)?;
    Ok(guest.put_u64(out.into(), now)?)
}
