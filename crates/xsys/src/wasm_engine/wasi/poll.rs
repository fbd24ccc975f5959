//! `poll_oneoff`: sleeping, and waiting for input.
//!
//! Files and output are always ready. So a call either answers at once, or waits for standard
//! input and the earliest clock.

use std::time::Duration;

use crate::wasm_engine::guest::Guest;
use crate::wasm_engine::wasi::errno::{Done, Errno};
use crate::wasm_engine::wasi::table::Object;
use crate::wasm_engine::wasi::{State, clock, streams};

/// `eventtype`.
const CLOCK: u8 = 0;
const FD_READ: u8 = 1;
const FD_WRITE: u8 = 2;

/// `subclockflags`: the time is absolute, not relative to now.
const ABSOLUTE: u16 = 1;

const SUBSCRIPTION: u64 = 48;
const EVENT: u64 = 32;

/// What a subscription waits for.
enum Wait {
    /// A duration.
    Time(Duration),
    Input,
    /// Nothing: it is ready with this many bytes, or an error.
    Ready(Done<u64>),
}

struct Subscription {
    user_data: u64,
    kind: u8,
    wait: Wait,
}

pub(super) fn oneoff(
    state: &mut State,
    guest: &mut Guest<'_>,
    list: u32,
    events: u32,
    count: u32,
    out: u32,
) -> Done {
    if count == 0 {
        return Err(Errno::Inval);
    }
    guest.bytes(list.into(), u64::from(count) * SUBSCRIPTION)?;
    guest.bytes(events.into(), u64::from(count) * EVENT)?;
    let mut subscriptions = Vec::new();
    for at in 0..u64::from(count) {
        let subscription = guest.bytes(u64::from(list) + at * SUBSCRIPTION, SUBSCRIPTION)?;
        subscriptions.push(subscribe(state, subscription)?);
    }
    let (slept, input) = wait(&subscriptions)?;
    let mut happened = 0u32;
    for subscription in &subscriptions {
        let ready = match subscription.wait {
            Wait::Time(time) if time <= slept => Ok(0),
            // The number of bytes is unknown; it is one at least, or the end of file.
            Wait::Input if input => Ok(1),
            Wait::Ready(ready) => ready,
            Wait::Time(_) | Wait::Input => continue,
        };
        let mut event = [0; EVENT as usize];
        event[0..8].copy_from_slice(&subscription.user_data.to_le_bytes());
        let error = ready.err().map_or(0, |errno| errno as u16);
        event[8..10].copy_from_slice(&error.to_le_bytes());
        event[10] = subscription.kind;
        event[16..24].copy_from_slice(&ready.unwrap_or(0).to_le_bytes());
        guest.put(u64::from(events) + u64::from(happened) * EVENT, &event)?;
        happened += 1;
    }
    Ok(guest.put_u32(out.into(), happened)?)
}

fn subscribe(state: &mut State, bytes: &[u8]) -> Done<Subscription> {
    let u64_at = |at: usize| {
        let mut word = [0; 8];
        word.copy_from_slice(&bytes[at..at + 8]);
        u64::from_le_bytes(word)
    };
    let u32_at = |at: usize| u64_at(at) as u32;
    let kind = bytes[8];
    let wait = match kind {
        CLOCK => {
            let (clock, time, flags) = (u32_at(16), u64_at(24), u32_at(40) as u16);
            match clock::now(state.started, clock) {
                Ok(now) if flags & ABSOLUTE != 0 => {
                    Wait::Time(Duration::from_nanos(time.saturating_sub(now)))
                }
                Ok(_) => Wait::Time(Duration::from_nanos(time)),
                Err(errno) => Wait::Ready(Err(errno)),
            }
        }
        FD_READ => match state.table.get_mut(u32_at(16)).map(|fd| &mut fd.object) {
            Ok(Object::Input) => Wait::Input,
            Ok(Object::File(file)) => {
                use std::io::Seek;
                let position = file.stream_position().unwrap_or(0);
                let len = file.metadata().map_or(0, |metadata| metadata.len());
                Wait::Ready(Ok(len.saturating_sub(position)))
            }
            Ok(_) => Wait::Ready(Err(Errno::Badf)),
            Err(errno) => Wait::Ready(Err(errno)),
        },
        FD_WRITE => match state.table.get(u32_at(16)).map(|fd| &fd.object) {
            Ok(Object::Input | Object::Directory { .. }) => Wait::Ready(Err(Errno::Badf)),
            Ok(_) => Wait::Ready(Ok(1)),
            Err(errno) => Wait::Ready(Err(errno)),
        },
        _ => return Err(Errno::Inval),
    };
    Ok(Subscription {
        user_data: u64_at(0),
        kind,
        wait,
    })
}

/// Waits for the first of them: which clocks are due, and whether there is input.
fn wait(subscriptions: &[Subscription]) -> Done<(Duration, bool)> {
    let ready = subscriptions
        .iter()
        .any(|subscription| matches!(subscription.wait, Wait::Ready(_)));
    let input = subscriptions
        .iter()
        .any(|subscription| matches!(subscription.wait, Wait::Input));
    let time = |subscription: &Subscription| match subscription.wait {
        Wait::Time(time) => Some(time),
        _ => None,
    };
    let first = subscriptions.iter().filter_map(time).min();
    let most = if ready { Some(Duration::ZERO) } else { first };
    if input && streams::wait_for_input(most)? {
        return Ok((Duration::ZERO, true));
    }
    match most {
        Some(most) => {
            if !input {
                std::thread::sleep(most);
            }
            Ok((most, false))
        }
        None => Ok((Duration::ZERO, false)),
    }
}
