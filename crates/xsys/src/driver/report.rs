//! The report at the end of a build: files and their sizes, how full memory is, and where the time
//! went.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::images::Output;
use crate::linker::report::{LinkReport, find_report};
use crate::ui::{Ui, bytes, seconds};

/// How long the steps took, if known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times {
    pub sysroot: Option<Duration>,
    /// All of cargo, links included.
    pub cargo: Option<Duration>,
    /// Who linked, if not xsys: other linkers do not report their time.
    pub linker: Option<String>,
}

/// Shows one program's report on stderr.
pub(crate) fn tell(ui: &Ui, outputs: &[Output], reports: &Path, times: &Times) {
    if ui.quiet {
        return;
    }
    let link = link_report(outputs, reports);
    let directory = std::env::current_dir().unwrap_or_default();
    for (verb, text) in lines(outputs, link.as_ref(), times, &directory) {
        ui.status(verb, &text);
    }
}

/// What is known about a program's link.
pub(crate) fn link_report(outputs: &[Output], reports: &Path) -> Option<LinkReport> {
    let content = std::fs::read(&outputs.first()?.path).ok()?;
    find_report(reports, &content)
}

fn lines(
    outputs: &[Output],
    link: Option<&LinkReport>,
    times: &Times,
    directory: &Path,
) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let shown: Vec<(String, String)> = outputs
        .iter()
        .map(|output| {
            let path = output.path.strip_prefix(directory).unwrap_or(&output.path);
            (path.display().to_string(), bytes(output.size))
        })
        .collect();
    let (width, size_width) = widths(&shown);
    for (at, (path, size)) in shown.iter().enumerate() {
        let verb = if at == 0 { "Output" } else { "" };
        lines.push((verb, format!("{path:width$}  {size:>size_width$}")));
    }
    if let Some(link) = link {
        let regions: Vec<(String, String)> = link
            .regions
            .iter()
            .map(|region| (region.name.clone(), bytes(region.used)))
            .collect();
        let (width, used_width) = widths(&regions);
        for (at, ((name, used), region)) in regions.iter().zip(&link.regions).enumerate() {
            let verb = if at == 0 { "Memory" } else { "" };
            let percent = if region.length == 0 {
                0.0
            } else {
                region.used as f64 * 100.0 / region.length as f64
            };
            lines.push((
                verb,
                format!(
                    "{name:width$}  {used:>used_width$} of {}  {percent:.1} %",
                    bytes(region.length)
                ),
            ));
        }
    }
    let mut spent = Vec::new();
    if let Some(time) = times.sysroot {
        spent.push(format!("sysroot {}", seconds(time)));
    }
    if let Some(time) = times.cargo {
        spent.push(format!("cargo {}", seconds(time)));
    }
    if let Some(link) = link {
        let mut text = format!("link {}", seconds(Duration::from_millis(link.wall_ms)));
        if let Some(peak) = link.peak_kib {
            text.push_str(&format!(" ({} of memory)", bytes(peak * 1024)));
        }
        spent.push(text);
    }
    if let Some(linker) = &times.linker {
        spent.push(format!("linked by {linker}"));
    }
    if !spent.is_empty() {
        lines.push(("Time", spent.join(", ")));
    }
    lines
}

fn widths(rows: &[(String, String)]) -> (usize, usize) {
    let width = |text: &String| text.chars().count();
    (
        rows.iter().map(|row| width(&row.0)).max().unwrap_or(0),
        rows.iter().map(|row| width(&row.1)).max().unwrap_or(0),
    )
}

/// The same for programs, a line beside cargo's messages.
pub(crate) fn to_json(outputs: &[Output], reports: &Path, times: &Times) -> Value {
    let milliseconds = |time: Option<Duration>| {
        time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    };
    let link = link_report(outputs, reports);
    json!({
        "reason": "xsys-build",
        "outputs": outputs.iter().map(|output| json!({
            "path": absolute(&output.path),
            "format": output.format,
            "size": output.size,
        })).collect::<Vec<_>>(),
        "memory": link.as_ref().map(|link| &link.regions),
        "sysroot_ms": milliseconds(times.sysroot),
        "cargo_ms": milliseconds(times.cargo),
        "linker": times.linker.as_deref().unwrap_or("xsys"),
        "link_ms": link.as_ref().map(|link| link.wall_ms),
        "link_peak_kib": link.as_ref().and_then(|link| link.peak_kib),
    })
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linker::report::Region;

    fn outputs() -> Vec<Output> {
        [
            ("/w/target/pi/release/hello", "elf", 14_000),
            ("/w/target/pi/release/kernel8.img", "bin", 900),
        ]
        .map(|(path, format, size)| Output {
            path: path.into(),
            format: format.to_owned(),
            size,
            names: vec![],
        })
        .to_vec()
    }

    fn text(link: Option<&LinkReport>, times: &Times) -> String {
        let ui = Ui {
            color: false,
            json: false,
            quiet: false,
        };
        lines(&outputs(), link, times, Path::new("/w"))
            .iter()
            .map(|(verb, text)| ui.status_text(verb, text) + "\n")
            .collect()
    }

    #[test]
    fn everything_known_is_shown() {
        let region = |name: &str, length, used| Region {
            name: name.to_owned(),
            origin: 0,
            length,
            used,
        };
        let link = LinkReport {
            wall_ms: 12,
            peak_kib: Some(5_000),
            regions: vec![
                region("FLASH", 256 << 10, 14_336),
                region("RAM", 64 << 10, 120),
                region("NONE", 0, 0),
            ],
            ..LinkReport::default()
        };
        let times = Times {
            sysroot: Some(Duration::from_millis(4)),
            cargo: Some(Duration::from_millis(2_345)),
            linker: None,
        };
        let expected = "
      Output target/pi/release/hello        13.7 KiB
             target/pi/release/kernel8.img     900 B
      Memory FLASH  14.0 KiB of 256.0 KiB  5.5 %
             RAM       120 B of 64.0 KiB  0.2 %
             NONE        0 B of 0 B  0.0 %
        Time sysroot 4 ms, cargo 2.3 s, link 12 ms (4.9 MiB of memory)
";
        assert_eq!(text(Some(&link), &times), expected.trim_start_matches('\n'));
    }

    #[test]
    fn nothing_is_made_up() {
        let expected = "
      Output target/pi/release/hello        13.7 KiB
             target/pi/release/kernel8.img     900 B
";
        assert_eq!(
            text(None, &Times::default()),
            expected.trim_start_matches('\n')
        );
        let times = Times {
            linker: Some("rust-lld".to_owned()),
            ..Times::default()
        };
        let told = text(None, &times);
        assert!(
            told.ends_with("        Time linked by rust-lld\n"),
            "{told}"
        );
    }

    #[test]
    fn programs_get_the_same() {
        let value = to_json(&outputs(), Path::new("/no/such"), &Times::default());
        assert_eq!(value["reason"], "xsys-build");
        assert_eq!(value["outputs"][1]["format"], "bin");
        assert_eq!(value["outputs"][1]["size"], 900);
        assert_eq!(value["memory"], Value::Null);
        assert_eq!(value["linker"], "xsys");
    }
}
