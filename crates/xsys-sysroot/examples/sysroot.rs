//! Builds a sysroot and says where it is:
//! `sysroot TRIPLE|FILE.json [core|alloc|std] [+TOOLCHAIN] [SETTING=VALUE…]`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people"
)]

use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

use xsys_sysroot::{Cache, CrateSet, Progress, Request, Settings, Toolchain, ensure};
use xsys_target::{Target, What};

struct Lines(Instant, Mutex<()>);

impl Lines {
    fn line(&self, text: &str) {
        let _one_at_a_time = self.1.lock();
        eprintln!("{:7.3} s {text}", self.0.elapsed().as_secs_f64());
    }
}

impl Progress for Lines {
    fn message(&self, text: &str) {
        self.line(text);
    }
    fn start(&self, total_units: usize) {
        self.line(&format!("{total_units} crates"));
    }
    fn unit_started(&self, name: &str) {
        self.line(&format!("start {name}"));
    }
    fn unit_finished(&self, name: &str) {
        self.line(&format!("done  {name}"));
    }
    fn waiting_for_lock(&self, path: &Path) {
        self.line(&format!("waiting for {}", path.display()));
    }
    fn finish(&self) {
        self.line("compiled");
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<String, String> {
    let progress = Lines(Instant::now(), Mutex::new(()));
    let plus = arguments.iter().find_map(|text| text.strip_prefix('+'));
    let toolchain = Toolchain::detect(Path::new("."), plus)
        .map_err(|error| error.into_diagnostic().to_string())?;
    progress.line("toolchain found");
    let what = match arguments.first() {
        Some(file) if file.ends_with(".json") => What::SpecFile(file.into()),
        Some(triple) => What::Triple(triple.clone()),
        None => return Err("which target?".to_owned()),
    };
    let target = Target::load(&what, &toolchain.rustc).map_err(|problems| {
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        texts.join("\n")
    })?;
    progress.line("target read");
    let mut settings = Settings::for_target(&target);
    let mut crates = CrateSet::Core;
    let (mut offline, mut jobs) = (false, None);
    let text = |error: xsys_sysroot::UnknownValue| error.to_string();
    for argument in arguments.iter().skip(1) {
        match argument.split_once('=') {
            None => match argument.as_str() {
                "core" => crates = CrateSet::Core,
                "alloc" => crates = CrateSet::Alloc,
                "std" => crates = CrateSet::Std,
                "test" => settings.test = true,
                "offline" => offline = true,
                _ => {}
            },
            Some(("opt-level", value)) => settings.opt_level = value.parse().map_err(text)?,
            Some(("panic", value)) => settings.panic = value.parse().map_err(text)?,
            Some(("debug", value)) => settings.debug = value.parse().map_err(text)?,
            Some(("jobs", value)) => jobs = value.parse().ok(),
            Some(("features", value)) => {
                settings.features = value.split(',').map(str::to_owned).collect();
            }
            Some((name, _)) => return Err(format!("no setting `{name}`")),
        }
    }
    let cache = Cache::from_env().map_err(|error| error.to_string())?;
    let request = Request {
        target: &target,
        toolchain: &toolchain,
        crates,
        settings,
        offline,
        cache: &cache,
        jobs,
    };
    let sysroot =
        ensure(&request, &progress).map_err(|error| error.into_diagnostic().to_string())?;
    Ok(format!("{sysroot:#?}"))
}
