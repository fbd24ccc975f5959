//! The status page, as HTML that needs only a browser, and as JSON for programs.
//!
//! Everything on it comes from services, networks and disks, so everything is escaped.

use crate::json::Writer;
use crate::ring::{Line, utc};
use std::fmt::Write;

/// A snapshot of everything on the page.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub hostname: String,
    pub version: String,
    pub kernel: String,
    pub uptime_s: u64,
    /// Seconds since 1970, and whether the clock is right.
    pub clock: u64,
    pub clock_state: String,
    /// Why the boot before this one ended.
    pub last_boot: String,
    pub services: Vec<ServiceLine>,
    /// In bytes.
    pub memory_total: u64,
    pub memory_available: u64,
    pub data: Option<DataLine>,
    pub network: Vec<NetworkLine>,
    pub watchdog: String,
    /// Mistakes in the configuration.
    pub problems: Vec<String>,
    pub log: Vec<Line>,
}

#[derive(Clone, Debug, Default)]
pub struct ServiceLine {
    pub name: String,
    pub state: &'static str,
    /// It works, or has ended as intended.
    pub ready: bool,
    /// Something that needs attention.
    pub bad: bool,
    /// In this state for so many seconds.
    pub since_s: u64,
    pub pid: i32,
    pub restarts: u32,
    pub last_exit: String,
    pub health: String,
}

#[derive(Clone, Debug, Default)]
pub struct DataLine {
    pub mount: String,
    pub state: String,
    pub lost: bool,
    pub free: u64,
    pub total: u64,
}

#[derive(Clone, Debug, Default)]
pub struct NetworkLine {
    pub interface: String,
    pub state: String,
    pub addresses: Vec<String>,
}

pub fn json(now: &Snapshot) -> String {
    let mut json = Writer::default();
    json.open(None, '{');
    json.plain(Some("format"), 1)
        .text(Some("hostname"), &now.hostname)
        .text(Some("version"), &now.version);
    json.text(Some("kernel"), &now.kernel)
        .text(Some("init"), env!("CARGO_PKG_VERSION"))
        .plain(Some("uptime"), now.uptime_s);
    json.text(Some("time"), &utc(now.clock))
        .text(Some("time-state"), &now.clock_state);
    json.text(Some("last-boot"), &now.last_boot)
        .text(Some("watchdog"), &now.watchdog);
    json.open(Some("services"), '[');
    for service in &now.services {
        json.open(None, '{')
            .text(Some("name"), &service.name)
            .text(Some("state"), service.state)
            .plain(Some("ready"), service.ready);
        json.plain(Some("since"), service.since_s)
            .plain(Some("pid"), service.pid);
        json.plain(Some("restarts"), service.restarts)
            .text(Some("last-exit"), &service.last_exit);
        json.text(Some("health"), &service.health).close('}');
    }
    json.close(']')
        .open(Some("memory"), '{')
        .plain(Some("total"), now.memory_total);
    json.plain(Some("available"), now.memory_available)
        .close('}');
    if let Some(data) = &now.data {
        json.open(Some("data"), '{')
            .text(Some("mount"), &data.mount)
            .text(Some("state"), &data.state);
        json.plain(Some("lost"), data.lost)
            .plain(Some("free"), data.free)
            .plain(Some("total"), data.total);
        json.close('}');
    }
    json.open(Some("network"), '[');
    for network in &now.network {
        json.open(None, '{')
            .text(Some("interface"), &network.interface)
            .text(Some("state"), &network.state);
        json.open(Some("addresses"), '[');
        network.addresses.iter().for_each(|address| {
            json.text(None, address);
        });
        json.close(']').close('}');
    }
    json.close(']').open(Some("problems"), '[');
    now.problems.iter().for_each(|problem| {
        json.text(None, problem);
    });
    json.close(']').open(Some("log"), '[');
    for line in &now.log {
        json.open(None, '{').plain(
            Some("uptime"),
            format_args!("{}.{:03}", line.uptime_ms / 1000, line.uptime_ms % 1000),
        );
        json.text(Some("time"), &utc(line.clock))
            .text(Some("source"), &line.source);
        json.text(Some("text"), &line.text).close('}');
    }
    json.close(']').close('}');
    json.finish()
}

/// Escapes `&`, `<` and the like.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => out.write_str("&amp;")?,
                '<' => out.write_str("&lt;")?,
                '>' => out.write_str("&gt;")?,
                '"' => out.write_str("&quot;")?,
                letter => out.write_char(letter)?,
            }
        }
        Ok(())
    }
}

const STYLE: &str = include_str!("page.css");

/// A number of bytes with its unit, for people.
fn size(bytes: u64) -> String {
    match bytes {
        0..10_000_000 => format!("{} KB", bytes / 1000),
        10_000_000..10_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

fn time(seconds: u64) -> String {
    match (
        seconds / 86_400,
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60,
    ) {
        (0, 0, 0, s) => format!("{s} s"),
        (0, 0, m, s) => format!("{m} min {s} s"),
        (0, h, m, _) => format!("{h} h {m} min"),
        (d, h, _, _) => format!("{d} d {h} h"),
    }
}

fn bar(used: u64, total: u64) -> String {
    let percent = (used * 100).checked_div(total).unwrap_or(0);
    format!("<meter min=0 max=100 high=90 value={percent}>{percent} %</meter>")
}

pub fn html(now: &Snapshot) -> String {
    let mut page = String::with_capacity(16 << 10);
    // Writing to a string does not fail.
    let _ = fill(&mut page, now);
    page
}

fn fill(page: &mut String, now: &Snapshot) -> std::fmt::Result {
    let name = Escaped(&now.hostname);
    write!(
        page,
        "<!DOCTYPE html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <meta http-equiv=refresh content=15><title>{name}</title><style>{STYLE}</style>\
         <header><h1>{name} <small>{}</small></h1><p>up {} · {}{}{}</p></header><main>",
        Escaped(&now.version),
        time(now.uptime_s),
        utc(now.clock).replace('T', " ").replace('Z', " UTC"),
        if now.clock_state.is_empty() {
            ""
        } else {
            " · "
        },
        Escaped(&now.clock_state),
    )?;
    let lost = now.data.as_ref().filter(|data| data.lost);
    for problem in lost
        .map(|data| format!("{}: {}", data.mount, data.state))
        .iter()
        .chain(&now.problems)
    {
        write!(page, "<p class=problem>{}</p>", Escaped(problem))?;
    }
    page.push_str("<section><h2>Services</h2>");
    services(page, &now.services)?;
    page.push_str("</section><section><h2>Machine</h2><dl>");
    machine(page, now)?;
    page.push_str("</dl></section></main><section><h2>Log <small>newest first, seconds since the start</small></h2><pre>");
    log(page, &now.log)?;
    page.push_str("</pre><p><a href=/log>the whole log</a> · <a href=/status.json>as JSON</a></section></html>\n");
    Ok(())
}

fn services(page: &mut String, services: &[ServiceLine]) -> std::fmt::Result {
    if services.is_empty() {
        page.push_str("<p>None is configured.</p>");
    }
    for service in services {
        let class = if service.bad { "bad" } else { "good" };
        write!(
            page,
            "<article><h3><i class={class}></i>{}</h3><p>{}",
            Escaped(&service.name),
            service.state
        )?;
        if service.since_s > 0 {
            write!(page, " for {}", time(service.since_s))?;
        }
        if service.pid > 0 {
            write!(page, " · process {}", service.pid)?;
        }
        match service.restarts {
            0 => {}
            1 => page.push_str(" · restarted once"),
            times => write!(page, " · restarted {times} times")?,
        }
        for (label, text) in [
            ("health", &service.health),
            ("last exit", &service.last_exit),
        ] {
            if !text.is_empty() {
                write!(page, "<br><span>{label}</span> {}", Escaped(text))?;
            }
        }
        page.push_str("</article>");
    }
    Ok(())
}

fn machine(page: &mut String, now: &Snapshot) -> std::fmt::Result {
    let used = now.memory_total.saturating_sub(now.memory_available);
    let memory = format!("{} of {} used", size(used), size(now.memory_total));
    write!(
        page,
        "<dt>Memory<dd>{memory} {}",
        bar(used, now.memory_total)
    )?;
    if let Some(data) = &now.data {
        let used = data.total.saturating_sub(data.free);
        write!(
            page,
            "<dt>{}<dd>{} of {} used ",
            Escaped(&data.mount),
            size(used),
            size(data.total)
        )?;
        write!(
            page,
            "{}<br>{}",
            bar(used, data.total),
            Escaped(&data.state)
        )?;
    }
    for network in &now.network {
        write!(
            page,
            "<dt>{}<dd>{}",
            Escaped(&network.interface),
            Escaped(&network.state)
        )?;
        for address in &network.addresses {
            write!(page, "<br><code>{}</code>", Escaped(address))?;
        }
    }
    for (label, text) in [
        ("Boot before", &now.last_boot),
        ("Watchdog", &now.watchdog),
        ("Kernel", &now.kernel),
    ] {
        if !text.is_empty() {
            write!(page, "<dt>{label}<dd>{}", Escaped(text))?;
        }
    }
    Ok(())
}

fn log(page: &mut String, lines: &[Line]) -> std::fmt::Result {
    for line in lines.iter().rev() {
        writeln!(
            page,
            "<time>{:7.2}</time> <b>{}</b> {}",
            line.uptime_ms as f64 / 1000.0,
            Escaped(&line.source),
            Escaped(&line.text)
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Table;

    fn snapshot() -> Snapshot {
        let evil = "</pre><script>alert(\"&\")</script>".to_string();
        Snapshot {
            hostname: "shop".into(),
            services: vec![ServiceLine {
                name: evil.clone(),
                state: "running",
                ..Default::default()
            }],
            data: Some(DataLine {
                mount: "/data".into(),
                state: evil.clone(),
                lost: true,
                free: 0,
                total: 0,
            }),
            network: vec![NetworkLine {
                addresses: vec!["10.0.0.1/8".into()],
                ..Default::default()
            }],
            problems: vec![evil.clone()],
            log: vec![Line {
                uptime_ms: 1002,
                clock: 0,
                source: evil.clone(),
                text: evil,
            }],
            ..Default::default()
        }
    }

    #[test]
    fn what_others_say_stays_text() {
        let page = html(&snapshot());
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("&lt;script&gt;"));
        assert!(
            !page.contains("http://") && !page.contains("https://"),
            "it needs no network"
        );
    }

    #[test]
    fn json_can_be_read() {
        let text = json(&snapshot());
        let mut wrong = Vec::new();
        let mut table = Table::parse(&text).unwrap_or_else(|why| panic!("{why}: {text}"));
        assert_eq!(
            table.string("hostname", &mut wrong).as_deref(),
            Some("shop")
        );
        assert_eq!(
            table
                .list("services", &mut wrong)
                .unwrap()
                .tables(&mut wrong)
                .len(),
            1
        );
        assert!(text.contains("\"uptime\":1.002"), "{text}");
        assert!(wrong.is_empty());
    }

    #[test]
    fn for_people() {
        assert_eq!(
            [time(5), time(65), time(3700), time(90_000)],
            ["5 s", "1 min 5 s", "1 h 1 min", "1 d 1 h"]
        );
        assert_eq!(
            [size(5000), size(228_000_000), size(62_500_000_000)],
            ["5 KB", "228 MB", "62.5 GB"]
        );
    }
}
