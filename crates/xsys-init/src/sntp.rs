//! The packets of SNTP (RFC 4330) and what their times mean.

/// Seconds between 1900, where NTP counts from, and 1970.
const TO_1970: u64 = 2_208_988_800;
const NANOS: i128 = 1_000_000_000;

/// A request. The server sends `mark` back, so that nobody can answer without having seen it.
pub fn question(mark: [u8; 8]) -> [u8; 48] {
    let mut packet = [0; 48];
    // Version 4, mode 3: client.
    packet[0] = 4 << 3 | 3;
    packet[40..].copy_from_slice(&mark);
    packet
}

/// How far this clock is behind the server's (negative: ahead of it), in nanoseconds. `sent` and `received`
/// are this clock's times of question and answer, in nanoseconds since 1970.
pub fn offset(
    packet: &[u8],
    mark: [u8; 8],
    sent: i128,
    received: i128,
) -> Result<i128, &'static str> {
    let packet: &[u8; 48] = packet
        .get(..48)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or("too short")?;
    let (leap, version, mode) = (packet[0] >> 6, packet[0] >> 3 & 7, packet[0] & 7);
    if mode != 4 || !(1..=4).contains(&version) {
        return Err("not an answer of a server");
    }
    if packet[24..32] != mark {
        return Err("not an answer to this question");
    }
    match packet[1] {
        0 => return Err("the server asks to be left alone"),
        1..=15 if leap != 3 => {}
        _ => return Err("the server's own clock is not set"),
    }
    let (arrived, left) = (time(&packet[32..40]), time(&packet[40..48]));
    if left == 0 || left < arrived {
        return Err("the server's times make no sense");
    }
    if received < sent {
        return Err("the clock was changed meanwhile");
    }
    Ok(((arrived - sent) + (left - received)) / 2)
}

/// NTP's 32 bits of seconds and 32 bits of fraction, as nanoseconds since 1970. Values that would
/// be before 1970 are after 2036, when the count restarts (RFC 4330, 3).
fn time(bytes: &[u8]) -> i128 {
    let word =
        |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let (seconds, parts) = (u64::from(word(0)), i128::from(word(4)));
    if seconds == 0 && parts == 0 {
        return 0;
    }
    let seconds = if seconds < TO_1970 {
        seconds + (1 << 32)
    } else {
        seconds
    };
    i128::from(seconds - TO_1970) * NANOS + ((parts * NANOS) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: [u8; 8] = *b"12345678";

    fn answer(seconds: u64) -> [u8; 48] {
        let mut packet = question([0; 8]);
        packet[0] = 4 << 3 | 4;
        packet[1] = 2;
        packet[24..32].copy_from_slice(&MARK);
        for at in [32, 40] {
            packet[at..at + 4].copy_from_slice(&((seconds + TO_1970) as u32).to_be_bytes());
        }
        packet
    }

    #[test]
    fn offsets() {
        let now = 1_764_000_000;
        let at = |seconds: i128| seconds * NANOS;
        // Half of the round trip is subtracted.
        assert_eq!(
            offset(&answer(now), MARK, at(0), at(2)),
            Ok(at(now as i128 - 1))
        );
        // 2040: the count has restarted in 2036.
        assert_eq!(
            offset(&answer(2_208_988_800), MARK, 0, 0),
            Ok(at(2_208_988_800))
        );
        assert_eq!(
            offset(
                &answer(now),
                MARK,
                at(now as i128 + 10),
                at(now as i128 + 10)
            ),
            Ok(at(-10))
        );
    }

    #[test]
    fn answers_that_are_none() {
        let good = answer(1_764_000_000);
        assert!(offset(&good[..47], MARK, 0, 0).is_err());
        // The first second of 1968: 2^31 seconds after 1900 are before 1970.
        let mut packet = good;
        packet[40..44].copy_from_slice(&(1u32 << 31).to_be_bytes());
        assert!(offset(&packet, MARK, 0, 0).is_ok_and(|offset| offset > 0));
        assert!(offset(&good, *b"abcdefgh", 0, 0).is_err());
        for (at, value) in [(0, 4 << 3 | 3), (0, 3 << 6 | 4 << 3 | 4), (1, 0), (1, 16)] {
            let mut packet = good;
            packet[at] = value;
            assert!(offset(&packet, MARK, 0, 0).is_err(), "{at} {value}");
        }
    }
}
