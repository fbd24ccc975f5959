//! Are all services of an appliance ready? Its status page says so; without one, the lines of its init do.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;
use xsys_init::config::Config;

use super::serial::Noticed;

/// The time limit of one request.
const PATIENCE: Duration = Duration::from_secs(2);

/// The size limit of a status page.
const LONGEST: u64 = 4 << 20;

/// The services that are not ready, and why: a line each.
pub(super) type Waiting = Vec<String>;

/// Reads the status page at a port of this machine.
pub(super) fn by_page(port: u16) -> Waiting {
    match page(port) {
        Ok(page) => waiting(&page),
        Err(_) => vec!["its status page does not answer".to_owned()],
    }
}

fn page(port: u16) -> std::io::Result<Value> {
    let mut stream = TcpStream::connect_timeout(&([127, 0, 0, 1], port).into(), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /status.json HTTP/1.0\r\nHost: appliance\r\n\r\n")?;
    let mut text = String::new();
    stream.take(LONGEST).read_to_string(&mut text)?;
    let (_, body) = text.split_once("\r\n\r\n").unwrap_or_default();
    Ok(serde_json::from_str(body)?)
}

fn waiting(page: &Value) -> Waiting {
    let services = page["services"].as_array().into_iter().flatten();
    let waiting = services.filter(|service| service["ready"] != true);
    let mut all: Waiting = waiting
        .map(|service| {
            let text = |key: &str| service[key].as_str().unwrap_or_default();
            let mut line = format!("{} is {}", text("name"), text("state"));
            if text("state").starts_with("wait") {
                line = format!("{} {}", text("name"), text("state"));
            }
            for (what, key) in [("last exit", "last-exit"), ("health", "health")] {
                if !text(key).is_empty() {
                    line.push_str(&format!(", {what}: {}", text(key)));
                }
            }
            line
        })
        .collect();
    // An older init lists services only once they are started.
    if page["services"].as_array().is_none_or(Vec::is_empty) && page["last-boot"] == "" {
        all.push("no service was started yet".to_owned());
    }
    all
}

/// What the init has printed about services, and about an address.
pub(super) fn by_lines(config: &Config, noticed: &Noticed) -> Waiting {
    let said = |text: &str| noticed.init.iter().any(|line| line.starts_with(text));
    let mut all = Waiting::new();
    for service in &config.services {
        let name = &service.name;
        let (sign, what) = match service.ready {
            Some(_) => (format!("{name} is ready after "), "ready"),
            None => (format!("{name} started as process "), "started"),
        };
        if !said(&sign) {
            all.push(format!("{name} is not {what}"));
        }
    }
    let has_address = noticed.init.iter().any(|line| {
        let rest = line.split_once(": ").map_or("", |(_, rest)| rest);
        rest.starts_with("DHCP: ") || rest.starts_with(|letter: char| letter.is_ascii_digit())
    });
    if !has_address {
        all.push("it has no address".to_owned());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_tells_who_is_not_ready() {
        let page = serde_json::json!({ "last-boot": "x", "services": [
            { "name": "a", "state": "running", "ready": true },
            { "name": "b", "state": "waits to be started again", "ready": false, "last-exit": "exit status: 1" },
            { "name": "c", "state": "running", "ready": false, "health": "failing: status 500", "last-exit": "" },
        ]});
        let said = waiting(&page);
        assert_eq!(
            said,
            [
                "b waits to be started again, last exit: exit status: 1",
                "c is running, health: failing: status 500",
            ]
        );
        assert_eq!(
            waiting(&serde_json::json!({ "last-boot": "", "services": [] })).len(),
            1
        );
        assert!(waiting(&serde_json::json!({ "last-boot": "x", "services": [] })).is_empty());
    }

    #[test]
    fn lines_of_the_init_tell_who_is_ready() {
        let (config, _) = xsys_init::config_text::read(
            r#"{ "format": 1, "hostname": "shop", "services": [
                { "name": "a", "command": ["/bin/a"], "ready": { "http": "http://127.0.0.1/" } },
                { "name": "b", "command": ["/bin/b"] } ] }"#,
        );
        let mut noticed = Noticed::default();
        assert_eq!(by_lines(&config, &noticed).len(), 3);
        noticed.init = vec![
            "a is ready after 0.1 s".into(),
            "eth0: 192.168.1.5/24".into(),
        ];
        assert_eq!(by_lines(&config, &noticed), ["b is not started"]);
        noticed.init.push("b started as process 9".into());
        assert!(by_lines(&config, &noticed).is_empty());
    }
}
