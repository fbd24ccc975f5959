//! Which crate a symbol or a file belongs to.
//!
//! Spec: Rust symbol mangling v0 and legacy, as `rustc-demangle` prints them; cargo's file names.

/// The crate that an object comes from, by the name of the file: `libfoo-0123456789abcdef.rlib` for
/// members of archives, else `foo-0123456789abcdef.x.rcgu.o`.
pub fn of_file(file: &str, is_archive: bool) -> &str {
    let stem = file.strip_prefix("lib").filter(|_| is_archive);
    let stem = stem.unwrap_or(file);
    let stem = stem.split('.').next().unwrap_or(stem);
    match stem.rsplit_once('-') {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => {
            name
        }
        _ => stem,
    }
}

/// The crate in a mangled name; `None` for names that are not Rust's.
pub fn of_symbol(name: &str) -> Option<String> {
    let readable = format!("{:#}", rustc_demangle::try_demangle(name).ok()?);
    of_path(&readable).map(str::to_owned)
}

/// The crate in a demangled name: `core` in `<core::fmt::Error as core::fmt::Debug>::fmt`.
pub fn of_path(name: &str) -> Option<&str> {
    let Some(inside) = name.strip_prefix('<') else {
        return path_start(name);
    };
    // `<[u8] as core::fmt::Debug>::fmt`: if the type has no crate, that of the trait is taken.
    path_start(inside).or_else(|| path_start(inside.split_once(" as ")?.1))
}

/// The first part of a path, after references and the like.
fn path_start(text: &str) -> Option<&str> {
    const BEFORE: [&str; 9] = [
        "<", "&", "*const ", "*mut ", "mut ", "dyn ", "(", "[", "impl ",
    ];
    let mut text = text;
    while let Some(shorter) = BEFORE.iter().find_map(|prefix| text.strip_prefix(prefix)) {
        text = shorter;
    }
    let end = text.find(|letter: char| !(letter.is_alphanumeric() || letter == '_'))?;
    let (name, after) = text.split_at(end);
    (!name.is_empty() && after.starts_with("::")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_are_told_from_symbols() {
        for (name, expected) in [
            ("_ZN4core9panicking5panic17h0123456789abcdefE", Some("core")),
            ("_RNvCs1234_7mycrate3foo", Some("mycrate")),
            (
                "_ZN58_$LT$alloc..string..String$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE",
                Some("alloc"),
            ),
            ("memcpy", None),
            ("_ZN3foo3barEv", None),
        ] {
            assert_eq!(of_symbol(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn crates_are_told_from_paths() {
        for (name, expected) in [
            ("core::fmt::Formatter::pad", Some("core")),
            (
                "<alloc::string::String as core::fmt::Write>::write_str",
                Some("alloc"),
            ),
            ("<&T as core::fmt::Debug>::fmt", Some("core")),
            (
                "<&mut alloc::vec::Vec<u8> as std::io::Write>::write",
                Some("alloc"),
            ),
            ("<[T] as my_crate::Trait>::f", Some("my_crate")),
            ("<dyn core::any::Any>::is", Some("core")),
            ("hello::main::{{closure}}", Some("hello")),
            ("memcpy", None),
            ("_start", None),
            ("", None),
        ] {
            assert_eq!(of_path(name), expected, "{name}");
        }
    }
}
