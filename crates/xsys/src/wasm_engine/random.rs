//! Random numbers from the operating system.

/// Fills bytes; the system's source of randomness hardly ever fails.
pub(super) fn fill(bytes: &mut [u8]) -> Result<(), wasmi::Error> {
    getrandom::fill(bytes).map_err(|error| wasmi::Error::new(format!("no random numbers: {error}")))
}
