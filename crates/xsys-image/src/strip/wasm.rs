//! Wasm: custom sections of names and debug information are left out, everything else is copied.
//!
//! Spec: WebAssembly core, "Binary Format", "Modules"; tool-conventions, "Debugging" and "Linking".

use xsys_diag::Diagnostic;

use super::{Strip, is_debug};

pub(super) fn strip(content: &[u8], strip: Strip) -> Result<Vec<u8>, Diagnostic> {
    // The layer is the upper half of the version.
    if content.get(6..8) != Some(&[0, 0]) {
        return Err(Diagnostic::error("it is a component, not a module")
            .help("strip the module, then make the component of it"));
    }
    let mut out = content[..8].to_vec();
    let mut rest = &content[8..];
    while !rest.is_empty() {
        let (section, name, after) = section(rest).ok_or_else(|| {
            Diagnostic::error("the wasm file is corrupt: a section leads outside the file")
        })?;
        if name.is_some_and(|name| name == "linking" || name.starts_with("reloc.")) {
            return Err(Diagnostic::error("it is an object, not a linked file")
                .note("linkers need its symbols")
                .help("strip the program that is linked from it"));
        }
        if !name.is_some_and(|name| goes(name, strip)) {
            out.extend(section);
        }
        rest = after;
    }
    Ok(out)
}

fn goes(name: &str, strip: Strip) -> bool {
    is_debug(name)
        || ["external_debug_info", "sourceMappingURL", "build_id.debug"].contains(&name)
        || strip == Strip::All && name == "name"
}

/// The first section, its name if it is a custom one, and what follows.
fn section(bytes: &[u8]) -> Option<(&[u8], Option<&str>, &[u8])> {
    let (&id, after) = bytes.split_first()?;
    let (size, content) = number(after)?;
    let body = content.get(..size)?;
    let end = bytes.len() - content.len() + size;
    let name = match id {
        0 => {
            let (length, text) = number(body)?;
            Some(std::str::from_utf8(text.get(..length)?).ok()?)
        }
        _ => None,
    };
    let (section, after) = bytes.split_at(end);
    Some((section, name, after))
}

/// An unsigned LEB128 number of 32 bits.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_u64;
    for (at, &byte) in bytes.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(value).ok()?, &bytes[at + 1..]));
        }
    }
    None
}
