//! Which chip a UF2 file is for.

use std::str::FromStr;

use crate::Error;

/// A chip family's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Family(pub u32);

/// From the registry beside the specification (`uf2families.json`) and, for Raspberry Pi's
/// chips, the RP2350 data sheet, section 5.5.3.
const FAMILIES: [(&str, u32); 15] = [
    ("rp2040", 0xe48b_ff56),
    ("absolute", 0xe48b_ff57),
    ("data", 0xe48b_ff58),
    ("rp2350-arm-s", 0xe48b_ff59),
    ("rp2350-riscv", 0xe48b_ff5a),
    ("rp2350-arm-ns", 0xe48b_ff5b),
    ("samd21", 0x68ed_2b88),
    ("samd51", 0x5511_4460),
    ("nrf52", 0x1b57_745f),
    ("nrf52840", 0xada5_2840),
    ("stm32f4", 0x5775_5a57),
    ("esp32", 0x1c5f_21b0),
    ("esp32s2", 0xbfdd_4eee),
    ("esp32s3", 0xc47e_5767),
    ("esp32c3", 0xd42b_a06c),
];

impl Family {
    /// The names that [`FromStr`] understands.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FAMILIES.iter().map(|&(name, _)| name)
    }
}

impl FromStr for Family {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let lower = text.to_ascii_lowercase();
        if let Some(&(_, id)) = FAMILIES.iter().find(|(name, _)| *name == lower) {
            return Ok(Self(id));
        }
        lower
            .strip_prefix("0x")
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .map(Self)
            .ok_or_else(|| Error::UnknownFamily(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_have_names_and_numbers() {
        assert_eq!("RP2040".parse(), Ok(Family(0xe48b_ff56)));
        assert_eq!("0xE48BFF59".parse(), Ok(Family(0xe48b_ff59)));
        let error = "rp2400".parse::<Family>().unwrap_err();
        assert_eq!(error, Error::UnknownFamily("rp2400".to_owned()));
        assert_eq!(
            error.into_diagnostic().help.last().unwrap(),
            "did you mean `rp2040`?"
        );
    }
}
