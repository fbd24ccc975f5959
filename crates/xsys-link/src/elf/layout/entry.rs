//! The entry point of the program.
//!
//! Spec: GNU ld manual, "Setting the Entry Point".

use super::Addresses;
use crate::elf::sections::refs::{SymRef, ValueSource};
use crate::elf::symbols::script_symbols::ScriptSymbols;
use crate::options::ElfOptions;

/// The entry symbol: `-e`, else ENTRY, else `_start`.
pub(crate) fn name<'n>(options: &'n ElfOptions, script_symbols: &ScriptSymbols<'n>) -> &'n str {
    let asked = options.symbols.entry.as_deref().or(script_symbols.entry);
    asked.unwrap_or("_start")
}

/// `e_entry`: the address of a symbol, or a number; `None` if the name is neither.
pub(crate) fn address(addresses: &Addresses<'_, '_>, name: &str) -> Option<u64> {
    let symbol = addresses
        .resolution
        .find(name.as_bytes())
        .map(SymRef::Global);
    let defined = symbol.filter(|symbol| {
        !matches!(
            symbol.value_source(addresses.resolution, addresses.sections),
            ValueSource::Undefined | ValueSource::UndefinedWeak | ValueSource::Discarded
        )
    });
    let at = defined.and_then(|symbol| addresses.of_symbol(symbol, 0));
    at.or_else(|| match name.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => name.parse().ok(),
    })
}
