//! The variables that tell build scripts which compiler to use, with the names of the crate `cc`.
//!
//! `CC_<target>` comes before `TARGET_CC` and `CC`. If the user has set one of them, in the
//! environment or in `[env]` of a cargo configuration, that choice is kept.

use std::ffi::OsString;
use std::path::Path;

use super::compiler::Compiler;

/// Looks up a variable as build scripts will see it.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The names under which a variable may be set for a target, in order of precedence.
pub(crate) fn forms(name: &str, target: &str) -> [String; 4] {
    [
        format!("{name}_{target}"),
        format!("{name}_{}", underscored(target)),
        format!("TARGET_{name}"),
        name.to_owned(),
    ]
}

/// A target's name as written in variables.
pub(crate) fn underscored(target: &str) -> String {
    target.replace(['-', '.'], "_")
}

/// The name that takes effect, if any is set.
fn set(name: &str, target: &str, lookup: Lookup<'_>) -> Option<(String, OsString)> {
    forms(name, target)
        .into_iter()
        .find_map(|form| lookup(&form).map(|value| (form, value)))
        .filter(|(_, value)| !value.is_empty())
}

/// The user's own choice of a compiler: the variable's name.
pub(crate) fn own_compiler(target: &str, lookup: Lookup<'_>) -> Option<String> {
    set("CC", target, lookup).map(|(form, _)| form).or_else(|| {
        let prefix = lookup("CROSS_COMPILE").filter(|value| !value.is_empty())?;
        Some(format!("CROSS_COMPILE={}", prefix.to_string_lossy()))
    })
}

/// Whether build scripts may search for libraries for the target with pkg-config or by a variable
/// of their own; `crate_name` is that of a `-sys` crate.
pub(crate) fn may_find(crate_name: &str, target: &str, lookup: Lookup<'_>) -> bool {
    let library = crate_name
        .trim_end_matches("-sys")
        .replace('-', "_")
        .to_uppercase();
    let ours = |part: &str| {
        let name = format!("{library}_{part}");
        let target = underscored(target);
        lookup(&name).is_some() || lookup(&format!("{}_{name}", target.to_uppercase())).is_some()
    };
    let pkg_config = [
        "PKG_CONFIG_ALLOW_CROSS",
        "PKG_CONFIG_SYSROOT_DIR",
        "PKG_CONFIG",
    ]
    .iter()
    .any(|name| set(name, target, lookup).is_some());
    pkg_config || ["DIR", "LIB_DIR", "NO_PKG_CONFIG"].into_iter().any(ours)
}

/// Makes build scripts call us for archives.
pub(crate) fn archivers(
    target: &str,
    archiver: &Path,
    lookup: Lookup<'_>,
) -> Vec<(String, OsString)> {
    let ranlib = archiver.with_file_name(ranlib_name());
    [("AR", archiver.to_owned()), ("RANLIB", ranlib)]
        .into_iter()
        .filter(|(variable, _)| set(variable, target, lookup).is_none())
        .map(|(variable, path)| (format!("{variable}_{}", underscored(target)), path.into()))
        .collect()
}

/// Cargo's environment for build scripts to call this compiler, and us for archives.
pub(crate) fn variables(
    target: &str,
    compiler: &Compiler,
    clang_flags: Option<&[String]>,
    archiver: &Path,
    lookup: Lookup<'_>,
) -> Vec<(String, OsString)> {
    let name = underscored(target);
    let mut list = vec![(format!("CC_{name}"), compiler.program.clone().into())];
    list.extend(archivers(target, archiver, lookup));
    let mut add = |variable: &str, value: OsString| {
        if set(variable, target, lookup).is_none() {
            list.push((format!("{variable}_{name}"), value));
        }
    };
    if let Some(cxx) = &compiler.cxx {
        add("CXX", cxx.into());
    }
    if let Some(flags) = clang_flags
        && !flags.is_empty()
    {
        add("BINDGEN_EXTRA_CLANG_ARGS", joined(flags).into());
    }
    let spaces = compiler.flags.iter().any(|flag| flag.contains(' '));
    if spaces && lookup("CC_SHELL_ESCAPED_FLAGS").is_none() {
        list.push(("CC_SHELL_ESCAPED_FLAGS".to_owned(), "1".into()));
    }
    for variable in ["CFLAGS", "CXXFLAGS"] {
        if variable == "CXXFLAGS" && compiler.cxx.is_none() || compiler.flags.is_empty() {
            continue;
        }
        let mut value = OsString::from(joined(&compiler.flags));
        // Older versions of `cc` only read the first name that is set.
        if let Some((_, users)) = set(variable, target, lookup) {
            value.push(" ");
            value.push(users);
        }
        // Both spellings, because otherwise the user's own with hyphens would come first.
        let dashed = format!("{variable}_{target}");
        if lookup(&dashed).is_some() {
            list.push((dashed, value.clone()));
        }
        list.push((format!("{variable}_{name}"), value));
    }
    list
}

/// The name of the archiver when it makes an archive's index.
pub(crate) fn ranlib_name() -> String {
    format!("xsys-ranlib{}", std::env::consts::EXE_SUFFIX)
}

/// Flags in one variable: separated by spaces, in quotes where they have some.
fn joined(flags: &[String]) -> String {
    let quoted = |flag: &String| {
        if flag.contains(' ') {
            format!("'{flag}'")
        } else {
            flag.clone()
        }
    };
    flags.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiler(flags: &[&str]) -> Compiler {
        Compiler {
            program: "/bin/x-gcc".into(),
            name: "x-gcc".to_owned(),
            flags: flags.iter().map(|&flag| flag.to_owned()).collect(),
            cxx: None,
        }
    }

    fn check(user: &[(&str, &str)], flags: &[&str], expected: &[(&str, &str)]) {
        let lookup = |name: &str| {
            let row = user.iter().find(|(known, _)| *known == name)?;
            Some(OsString::from(row.1))
        };
        let list = variables(
            "a-b.c",
            &compiler(flags),
            None,
            Path::new("/x/xsys-ar"),
            &lookup,
        );
        let list: Vec<(String, String)> = list
            .into_iter()
            .filter(|(name, _)| !name.starts_with("RANLIB"))
            .map(|(name, value)| (name, value.into_string().unwrap()))
            .collect();
        let list: Vec<(&str, &str)> = list.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(list, expected, "{user:?}");
    }

    #[test]
    fn ours_and_the_users_go_together() {
        let cc = ("CC_a_b_c", "/bin/x-gcc");
        let ar = ("AR_a_b_c", "/x/xsys-ar");
        check(&[], &["-x", "-y"], &[cc, ar, ("CFLAGS_a_b_c", "-x -y")]);
        check(&[], &[], &[cc, ar]);
        check(&[("AR", "ar")], &[], &[cc]);
        check(
            &[("CFLAGS", "-O3")],
            &["-x"],
            &[cc, ar, ("CFLAGS_a_b_c", "-x -O3")],
        );
        check(
            &[("CFLAGS_a-b.c", "-O3")],
            &["-x"],
            &[
                cc,
                ar,
                ("CFLAGS_a-b.c", "-x -O3"),
                ("CFLAGS_a_b_c", "-x -O3"),
            ],
        );
        check(
            &[],
            &["-isystem", "/a b"],
            &[
                cc,
                ar,
                ("CC_SHELL_ESCAPED_FLAGS", "1"),
                ("CFLAGS_a_b_c", "-isystem '/a b'"),
            ],
        );
    }

    #[test]
    fn a_choice_is_seen_in_every_form() {
        for name in ["CC", "TARGET_CC", "CC_a-b", "CC_a_b", "CROSS_COMPILE"] {
            let lookup = |asked: &str| (asked == name).then(|| OsString::from("x"));
            assert!(own_compiler("a-b", &lookup).is_some(), "{name}");
        }
        assert_eq!(own_compiler("a-b", &|_| None), None);
        assert_eq!(own_compiler("a-b", &|_| Some(OsString::new())), None);
    }

    #[test]
    fn variables_say_where_libraries_are() {
        for (name, expected) in [
            ("OPENSSL_DIR", true),
            ("A_B_OPENSSL_LIB_DIR", true),
            ("PKG_CONFIG_ALLOW_CROSS", true),
            ("PKG_CONFIG_SYSROOT_DIR_a_b", true),
            ("ZLIB_DIR", false),
        ] {
            let lookup = |asked: &str| (asked == name).then(|| OsString::from("1"));
            assert_eq!(may_find("openssl-sys", "a-b", &lookup), expected, "{name}");
        }
    }
}
