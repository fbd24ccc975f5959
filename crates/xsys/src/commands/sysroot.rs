//! `xsys sysroot`: builds standard libraries without a project, and manages the cache.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde_json::json;
use xsys_diag::Diagnostic;
use xsys_sysroot::{Cache, Entry, Prune, Request, Sysroot, Toolchain, Verified};
use xsys_target::Kind;

use crate::cli::Call;
use crate::cli::{CargoFlags, SysrootBuildArgs, SysrootCommand};
use crate::commands::differences::differences;
use crate::driver::defaults::{apply, default_crates, spec_settings};
use crate::driver::library_flags;
use crate::driver::linking::missing;
use crate::driver::linking::user_flags;
use crate::driver::which::load_target;
use crate::error::{Failure, Result};
use crate::project::cargo_config::CargoConfig;
use crate::project::settings::{Level, SysrootSettings};
use crate::render::report_problems;
use crate::ui::{SysrootProgress, Ui, answer, bytes, seconds, table};

pub(super) fn run(call: &Call, command: SysrootCommand) -> Result<u8> {
    match command {
        SysrootCommand::Build(args) => build(call, &args),
        SysrootCommand::Path(args) => {
            answer(&ensure(call, &args)?.path.display().to_string());
            Ok(0)
        }
        SysrootCommand::List { json } => list(json),
        SysrootCommand::Verify { keys, json } => verify(call, &keys, json),
        SysrootCommand::Remove { keys } => remove(call, &keys),
        SysrootCommand::Prune { older_than } => prune(call, older_than),
    }
}

fn cache() -> Result<Cache> {
    Ok(Cache::from_env().map_err(|error| error.into_diagnostic())?)
}

fn build(call: &Call, args: &SysrootBuildArgs) -> Result<u8> {
    let sysroot = ensure(call, args)?;
    if !args.quiet {
        let state = if sysroot.built {
            format!(
                "built in {} with {} calls of rustc",
                seconds(sysroot.wall),
                sysroot.rustc_calls
            )
        } else {
            "was there already".to_owned()
        };
        call.ui
            .status("Sysroot", &format!("{} {state}", sysroot.key));
    }
    answer(&sysroot.path.display().to_string());
    Ok(0)
}

fn ensure(call: &Call, args: &SysrootBuildArgs) -> Result<Sysroot> {
    let toolchain = Toolchain::detect(&call.directory, call.toolchain.as_deref())
        .map_err(|error| error.into_diagnostic())?;
    let what = args.what.what().ok_or_else(|| {
        Diagnostic::error("no target given")
            .help("name one: `--target-spec FILE.json`, `--target TRIPLE` or `--board NAME`")
    })?;
    let mut target = load_target(&what, &toolchain)?;
    missing::backend(&target, &toolchain)?;
    if args.threads {
        target = target.with_threads()?;
    }
    if target.kind == Kind::Json {
        let problems = target
            .check(&toolchain.rustc)
            .map_err(|error| error.into_diagnostic())?;
        report_problems(&call.ui, problems)?;
    }
    let crates = args
        .crates
        .map(xsys_target::CrateSet::from)
        .or(target.board.as_ref().and_then(|board| board.crates))
        .unwrap_or_else(|| default_crates(&target));
    let config = CargoConfig::load(&call.directory, &toolchain.cargo, &CargoFlags::default())?;
    let user = user_flags::user_config(&config, &toolchain.rustc, &target)?;
    let own: Vec<String> = args
        .rustflags
        .iter()
        .flat_map(|line| line.split_whitespace())
        .map(str::to_owned)
        .collect();
    let mut settings = spec_settings(&target, &[user.rustflags.clone(), own.clone()].concat())?;
    settings.rustflags = library_flags::handed_on(&user.rustflags);
    apply(
        &mut settings,
        &SysrootSettings {
            opt_level: args.opt_level.clone().map(Level::Word),
            panic: args.panic.clone(),
            debug: args.debug.clone().map(Level::Word),
            features: args.features.clone(),
            rustflags: own,
        },
    )?;
    let cache = cache()?;
    let progress = SysrootProgress::new(Ui {
        quiet: call.ui.quiet || args.quiet,
        ..call.ui
    });
    let request = Request {
        target: &target,
        toolchain: &toolchain,
        crates,
        settings,
        offline: args.offline,
        cache: &cache,
        jobs: args.jobs,
    };
    Ok(xsys_sysroot::ensure(&request, &progress).map_err(|error| error.into_diagnostic())?)
}

fn list(as_json: bool) -> Result<u8> {
    let entries = cache()?.list().map_err(|error| error.into_diagnostic())?;
    let now = SystemTime::now();
    let age = |used: Option<SystemTime>| {
        used.and_then(|used| now.duration_since(used).ok())
            .map(|age| age.as_secs() / 86_400)
    };
    if as_json {
        let list: Vec<_> = entries
            .iter()
            .map(|entry| {
                json!({
                    "key": entry.key,
                    "path": entry.path,
                    "target": entry.target,
                    "crates": entry.crates,
                    "rustc": entry.release,
                    "bytes": entry.bytes,
                    "unused_days": age(entry.used),
                    "manifest": entry.manifest,
                })
            })
            .collect();
        answer(&format!("{:#}", json!(list)));
        return Ok(0);
    }
    let mut rows = vec![
        [
            "key",
            "target",
            "crates",
            "rustc",
            "size",
            "used",
            "differs in",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    let mut total = 0u64;
    let differences = all_differences(&entries);
    for (entry, differs) in entries.into_iter().zip(differences) {
        total = total.saturating_add(entry.bytes);
        rows.push(vec![
            entry.key.chars().take(12).collect(),
            entry.target,
            entry.crates,
            entry.release,
            bytes(entry.bytes),
            match age(entry.used) {
                Some(0) => "today".to_owned(),
                Some(1) => "yesterday".to_owned(),
                Some(days) => format!("{days} days ago"),
                None => "unknown".to_owned(),
            },
            differs,
        ]);
    }
    if rows.len() == 1 {
        answer("no sysroots yet");
    } else {
        answer(&format!("{}{} in all", table(&rows), bytes(total)));
    }
    Ok(0)
}

/// For each entry what distinguishes it from similar ones.
fn all_differences(entries: &[Entry]) -> Vec<String> {
    let mut all = vec![String::new(); entries.len()];
    let mut groups: BTreeMap<(&str, &str, &str), Vec<usize>> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        let looks = (&*entry.target, &*entry.crates, &*entry.release);
        groups.entry(looks).or_default().push(at);
    }
    for group in groups.values() {
        let inputs: Vec<_> = group
            .iter()
            .map(|&at| &entries[at].manifest["inputs"])
            .collect();
        for (&at, text) in group.iter().zip(differences(&inputs)) {
            all[at] = text;
        }
    }
    all
}

fn verify(call: &Call, keys: &[String], as_json: bool) -> Result<u8> {
    let entries = cache()?
        .verify(keys)
        .map_err(|error| error.into_diagnostic())?;
    let unknown = keys
        .iter()
        .filter(|key| !entries.iter().any(|entry| entry.key.starts_with(*key)));
    let mut problems: Vec<Diagnostic> = unknown
        .map(|key| {
            Diagnostic::error(format!("no sysroot has the key `{key}`"))
                .help("`xsys sysroot list` shows what there is")
        })
        .collect();
    if as_json {
        let list: Vec<_> = entries.iter().map(verified_json).collect();
        answer(&format!("{:#}", json!(list)));
    }
    let files: usize = entries.iter().map(|entry| entry.files).sum();
    let count = entries.len();
    let (damaged, whole): (Vec<_>, Vec<_>) =
        entries.iter().partition(|entry| !entry.damage.is_empty());
    if !as_json {
        problems.extend(damaged.iter().map(|entry| damaged_entry(entry)));
        let text = format!(
            "{} of {count} sysroots are whole ({files} files)",
            whole.len()
        );
        call.ui.status("Verified", &text);
    }
    match (problems.is_empty(), damaged.is_empty()) {
        (true, true) => Ok(0),
        // The JSON contains it.
        (true, false) => Err(Failure::silent(1)),
        _ => Err(problems.into()),
    }
}

fn verified_json(entry: &Verified) -> serde_json::Value {
    let damage = entry.damage.iter();
    let damage: Vec<_> = damage
        .map(|damage| json!({ "file": damage.file, "problem": damage.fault.to_string() }))
        .collect();
    json!({
        "key": entry.key,
        "target": entry.target,
        "files": entry.files,
        "damaged": damage,
    })
}

fn damaged_entry(entry: &Verified) -> Diagnostic {
    let problem = Diagnostic::error(format!(
        "the sysroot {} for {} is damaged",
        entry.key, entry.target
    ));
    let damage = entry.damage.iter();
    damage
        .fold(problem, |problem, damage| {
            problem.note(format!("`{}` {}", damage.file, damage.fault))
        })
        .help("the next build that needs it makes it again")
        .code("sysroot-damaged")
}

fn remove(call: &Call, keys: &[String]) -> Result<u8> {
    let cache = cache()?;
    let mut problems = Vec::new();
    for key in keys {
        match cache.remove(key) {
            Ok(entry) => told(call, &entry),
            Err(error) => problems.push(error.into_diagnostic()),
        }
    }
    if problems.is_empty() {
        Ok(0)
    } else {
        Err(problems.into())
    }
}

fn prune(call: &Call, days: u64) -> Result<u8> {
    let prune = Prune {
        unused_for: Some(Duration::from_secs(days.saturating_mul(86_400))),
        all: days == 0,
        ..Prune::default()
    };
    let cache = cache()?;
    let removed = cache
        .prune(&prune)
        .map_err(|error| error.into_diagnostic())?;
    for entry in &removed {
        told(call, entry);
    }
    let beside = cache
        .prune_beside(&prune)
        .map_err(|error| error.into_diagnostic())?;
    for kind in &beside {
        let text = format!(
            "{} files of the {}s for appliances ({})",
            kind.files,
            kind.what,
            bytes(kind.bytes)
        );
        call.ui.status("Removed", &text);
    }
    if removed.is_empty() && beside.is_empty() {
        call.ui.status("Pruned", "nothing: all of it is in use");
    }
    Ok(0)
}

fn told(call: &Call, entry: &Entry) {
    let text = format!("{} ({}, {})", entry.key, entry.target, bytes(entry.bytes));
    call.ui.status("Removed", &text);
}
