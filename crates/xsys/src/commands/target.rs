//! `xsys target`: which targets rustc knows, what a target means for xsys, and whether a spec is
//! right.

mod check;
mod linkers;

use serde_json::json;
use xsys_diag::Diagnostic;
use xsys_sysroot::Toolchain;
use xsys_target::{CrateSet, Kind, What};

use crate::cli::Call;
use crate::cli::{CargoFlags, NamedArgs, TargetCommand, TargetsArgs};
use crate::driver::defaults::default_crates;
use crate::driver::linking::survey;
use crate::driver::which::Place;
use crate::driver::which::load_target;
use crate::error::Result;
use crate::launch::{Host, Launch, decide};
use crate::ui::{answer, table};

pub(super) fn run(call: &Call, command: TargetCommand) -> Result<u8> {
    let toolchain = Toolchain::detect(&call.directory, call.toolchain.as_deref())
        .map_err(|error| error.into_diagnostic())?;
    match command {
        TargetCommand::List {
            filter,
            linkers: true,
            json,
        } => linkers::run(&toolchain, filter.as_deref(), json),
        TargetCommand::List { filter, json, .. } => list(&toolchain, filter.as_deref(), json),
        TargetCommand::Show { what, json } => show(call, &toolchain, &named(call, &what)?, json),
        TargetCommand::Check { what, crates, json } => {
            let crates = crates.map(CrateSet::from);
            let what = named(call, &what)?;
            check::run(call, &toolchain, &what, crates, json)
        }
    }
}

fn named(call: &Call, what: &NamedArgs) -> Result<What> {
    if let Some(what) = what.what() {
        return Ok(what);
    }
    // A directory without a project names no target.
    let place = Place::find(
        &call.directory,
        call.toolchain.as_deref(),
        &CargoFlags::default(),
    );
    let of_project = place.and_then(|place| place.what(&TargetsArgs::default()));
    match of_project {
        Ok(mut all) if !all.is_empty() => Ok(all.swap_remove(0)),
        _ => Err(Diagnostic::error("no target given")
            .help("name a triple, a spec file or a board: `xsys target show thumbv7m-none-eabi`")
            .into()),
    }
}

fn list(toolchain: &Toolchain, filter: Option<&str>, as_json: bool) -> Result<u8> {
    let mut names = toolchain
        .rustc
        .target_list()
        .map_err(|error| error.into_diagnostic())?;
    names.retain(|name| filter.is_none_or(|part| name.contains(part)));
    if as_json {
        answer(&json!(names).to_string());
    } else {
        answer(&names.join("\n"));
    }
    Ok(u8::from(names.is_empty()))
}

fn show(call: &Call, toolchain: &Toolchain, what: &What, as_json: bool) -> Result<u8> {
    let target = load_target(what, toolchain)?;
    if as_json {
        answer(&target.canonical_json());
        return Ok(0);
    }
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let yes = |value: bool| if value { "yes" } else { "no" }.to_owned();
    let mut rows = vec![
        row("name", target.name.clone()),
        row(
            "kind",
            match target.kind {
                Kind::Json => "a spec of its own".to_owned(),
                Kind::Builtin => format!("built into rustc {}", toolchain.rustc.release()),
            },
        ),
        row("LLVM target", target.llvm_target().to_owned()),
        row(
            "architecture",
            format!(
                "{}, {} bits, {} endian",
                target.arch(),
                target.pointer_width(),
                if target.is_big_endian() {
                    "big"
                } else {
                    "little"
                }
            ),
        ),
        row("system", target.os().to_owned()),
        row("CPU", target.cpu().to_owned()),
        row("features", target.features().join(" ")),
        row(
            "panics",
            match target.panic_strategy() {
                xsys_target::PanicStrategy::Unwind => "unwind",
                xsys_target::PanicStrategy::Abort => "abort",
                xsys_target::PanicStrategy::ImmediateAbort => "abort at once",
            }
            .to_owned(),
        ),
        row(
            "atomics",
            format!("up to {} bits", target.max_atomic_width()),
        ),
        row("compare-and-swap", yes(target.has_atomic_cas())),
        row("output", target.binary_format().to_owned()),
        row(
            "standard library",
            target
                .board
                .as_ref()
                .and_then(|board| board.crates)
                .unwrap_or_else(|| default_crates(&target))
                .as_str()
                .to_owned(),
        ),
    ];
    let c_library = if target.uses_wasi_libc() {
        Some("wasi-libc, from the rust-std component")
    } else if target.uses_musl_static() && !target.is_wasm() {
        Some("musl, static, from the rust-std component")
    } else {
        None
    };
    rows.extend(c_library.map(|library| row("C library", library.to_owned())));
    let user = survey::user_config(&call.directory, toolchain, &target);
    for (crates, answer) in survey::survey(&target, &user, toolchain).rows {
        rows.push(row(&format!("linker {crates}"), survey::in_words(&answer)));
    }
    rows.push(row(
        "runs here",
        match decide(&target, None, Host::this()) {
            Ok(Launch::Native) => "natively".to_owned(),
            Ok(Launch::Wasm) => "in the built-in wasm engine".to_owned(),
            Ok(Launch::Node) => "in Node".to_owned(),
            Ok(Launch::Through { programs, .. }) => {
                format!("by {}", programs.first().map_or("", String::as_str))
            }
            Err(_) => "only with a `run` setting".to_owned(),
        },
    ));
    rows.push(row("digest", target.digest()));
    answer(&table(&rows));
    Ok(0)
}
