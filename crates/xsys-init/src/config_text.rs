//! Reads `/etc/xsys/appliance.json`.
//!
//! An unattended device has to start with whatever configuration it finds. So nothing here fails: an unknown key or a
//! wrong type is reported with its place (`services[1].restart`), and the rest is used. Only a service without a name
//! or command is left out, because there is nothing to start. The builder uses the same reader to report mistakes
//! before a card is written.

use crate::config::{
    Backoff, Check, Config, Console, Damaged, Data, Interface, Log, Method, Probe, Restart, Root,
    Service, Time, Watchdog,
};
use crate::json::{List, Table};
use crate::plausible;
use std::time::Duration;

/// Reads a configuration. The second value has a line for each mistake.
pub fn read(text: &str) -> (Config, Vec<String>) {
    let mut wrong = Vec::new();
    let mut config = Config::default();
    match Table::parse(text) {
        Ok(mut root) => {
            config = all(&mut root, &mut wrong);
            root.finish(&mut wrong);
            wrong.extend(plausible::check(&config));
        }
        Err(why) => wrong.push(why),
    }
    if config.hostname.is_empty() {
        config.hostname = "appliance".into();
    }
    (config, wrong)
}

fn all(root: &mut Table, wrong: &mut Vec<String>) -> Config {
    match root.number("format", wrong) {
        Some(1.0) => {}
        Some(other) => wrong.push(format!("`format` is {other}; this init knows format 1")),
        None => wrong.push("`format` is missing; taken as 1".into()),
    }
    let hostname = root.string("hostname", wrong).unwrap_or_default();
    let longest = 64;
    if hostname.is_empty() || hostname.len() > longest {
        wrong.push(format!("`hostname` must have 1 to {longest} bytes"));
    }
    Config {
        hostname: hostname.chars().take(longest).collect(),
        version: root.string("version", wrong).unwrap_or_default(),
        modules: root.strings("modules", wrong).unwrap_or_default(),
        modules_in_qemu: root.strings("modules-in-qemu", wrong).unwrap_or_default(),
        root: one(root.table("root", wrong), wrong, |t, wrong| {
            t.string("image", wrong)
        })
        .flatten()
        .map(|image| Root { image }),
        network: each(root.list("network", wrong), wrong, interface),
        time: one(root.table("time", wrong), wrong, time).unwrap_or_default(),
        data: one(root.table("data", wrong), wrong, data),
        watchdog: one(root.table("watchdog", wrong), wrong, watchdog),
        status: one(root.table("status", wrong), wrong, |t, wrong| {
            t.string("listen", wrong)
        })
        .flatten(),
        log: one(root.table("log", wrong), wrong, log).unwrap_or_default(),
        console: one(root.table("console", wrong), wrong, console).flatten(),
        services: each(root.list("services", wrong), wrong, service),
    }
}

/// Reads one table and reports the keys that are left in it.
fn one<T>(
    table: Option<Table>,
    wrong: &mut Vec<String>,
    read: impl Fn(&mut Table, &mut Vec<String>) -> T,
) -> Option<T> {
    let mut table = table?;
    let value = read(&mut table, wrong);
    table.finish(wrong);
    Some(value)
}

fn each<T>(
    list: Option<List>,
    wrong: &mut Vec<String>,
    read: impl Fn(&mut Table, &mut Vec<String>) -> Option<T>,
) -> Vec<T> {
    let mut values = Vec::new();
    let tables = list.map(|list| list.tables(wrong)).unwrap_or_default();
    for table in tables {
        values.extend(one(Some(table), wrong, &read).flatten());
    }
    values
}

fn interface(table: &mut Table, wrong: &mut Vec<String>) -> Option<Interface> {
    let name = table.string("interface", wrong);
    let addresses = table.strings("addresses", wrong);
    let gateways = table.strings("gateways", wrong);
    let dns = table.strings("dns", wrong);
    let method = match table.string("method", wrong).as_deref() {
        Some("static") => Method::Static {
            addresses: addresses.unwrap_or_default(),
            gateways: gateways.unwrap_or_default(),
            dns: dns.unwrap_or_default(),
        },
        other => {
            if let Some(other) = other.filter(|other| *other != "dhcp") {
                wrong.push(format!(
                    "`{}` is `{other}`; `dhcp` is tried",
                    table.place("method")
                ));
            }
            if addresses.is_some() || gateways.is_some() || dns.is_some() {
                wrong.push(format!(
                    "`{}`: addresses, gateways and dns are for method `static`",
                    table.place("method")
                ));
            }
            Method::Dhcp
        }
    };
    if name.is_none() {
        wrong.push(format!(
            "`{}` is missing: this entry is left out",
            table.place("interface")
        ));
    }
    Some(Interface {
        name: name?,
        method,
    })
}

fn time(table: &mut Table, wrong: &mut Vec<String>) -> Time {
    Time {
        servers: table.strings("servers", wrong).unwrap_or_default(),
        earliest: table.whole("earliest", wrong).unwrap_or(0),
    }
}

fn data(table: &mut Table, wrong: &mut Vec<String>) -> Data {
    let damaged = match table.string("damaged", wrong).as_deref() {
        Some("keep") => Damaged::Keep,
        None | Some("replace") => Damaged::Replace,
        Some(other) => {
            wrong.push(format!(
                "`{}` is `{other}`: neither `replace` nor `keep`",
                table.place("damaged")
            ));
            Damaged::Keep
        }
    };
    Data {
        label: table
            .string("label", wrong)
            .unwrap_or_else(|| "data".into()),
        partition: table.number32("partition", wrong).unwrap_or(4),
        mount: table
            .string("mount", wrong)
            .unwrap_or_else(|| "/data".into()),
        damaged,
    }
}

fn watchdog(table: &mut Table, wrong: &mut Vec<String>) -> Watchdog {
    Watchdog {
        device: table
            .string("device", wrong)
            .unwrap_or_else(|| "/dev/watchdog".into()),
        timeout: table
            .duration("timeout", wrong)
            .unwrap_or(Duration::from_secs(15)),
    }
}

fn log(table: &mut Table, wrong: &mut Vec<String>) -> Log {
    let usual = Log::default();
    Log {
        ring: table.whole("ring", wrong).map_or(usual.ring, |bytes| {
            (bytes as usize).clamp(4 << 10, 64 << 20)
        }),
        file: table.string("file", wrong),
        limit: table
            .whole("limit", wrong)
            .map_or(usual.limit, |bytes| bytes.max(4 << 10)),
        serial: table.boolean("serial", wrong).unwrap_or(usual.serial),
        syslog: table.string("syslog", wrong),
    }
}

fn console(table: &mut Table, wrong: &mut Vec<String>) -> Option<Console> {
    let device = table
        .string("device", wrong)
        .unwrap_or_else(|| "console".into());
    let program = table
        .strings("program", wrong)
        .filter(|program| !program.is_empty());
    if program.is_none() {
        wrong.push(format!(
            "`{}` is missing: no console",
            table.place("program")
        ));
    }
    Some(Console {
        device,
        program: program?,
    })
}

fn service(table: &mut Table, wrong: &mut Vec<String>) -> Option<Service> {
    let command = table
        .strings("command", wrong)
        .filter(|command| !command.is_empty());
    let name = table.string("name", wrong);
    let restart = match table.string("restart", wrong).as_deref() {
        None | Some("always") => Restart::Always,
        Some("on-failure") => Restart::OnFailure,
        Some("never") => Restart::Never,
        Some(other) => {
            wrong.push(format!(
                "`{}` is `{other}`: not `always`, `on-failure` or `never`",
                table.place("restart")
            ));
            Restart::Always
        }
    };
    // A mistake here must not make a service run as root: 65534 is nobody.
    let given = (table.has("user"), table.has("group"));
    let nobody = 65534;
    let user = table
        .number32("user", wrong)
        .unwrap_or(if given.0 { nobody } else { 0 });
    let read = Service {
        environment: table.pairs("environment", wrong).unwrap_or_default(),
        user,
        group: table
            .number32("group", wrong)
            .unwrap_or(if given.1 { nobody } else { user }),
        directory: table
            .string("directory", wrong)
            .unwrap_or_else(|| "/".into()),
        restart,
        backoff: one(table.table("backoff", wrong), wrong, backoff).unwrap_or(BACKOFF),
        ready: one(table.table("ready", wrong), wrong, |t, wrong| {
            check(t, wrong, READY)
        })
        .flatten(),
        health: one(table.table("health", wrong), wrong, |t, wrong| {
            check(t, wrong, HEALTH)
        })
        .flatten(),
        stop_timeout: table
            .duration("stop-timeout", wrong)
            .unwrap_or(Duration::from_secs(5)),
        name: String::new(),
        command: Vec::new(),
    };
    let Some(command) = command else {
        wrong.push(format!(
            "`{}` is missing: this service is not started",
            table.place("command")
        ));
        return None;
    };
    // A service without a name is named after its program.
    let name = name.unwrap_or_else(|| {
        command[0]
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_string()
    });
    Some(Service {
        name,
        command,
        ..read
    })
}

const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(200),
    most: Duration::from_secs(30),
};
const READY: (Duration, Duration, u32) = (Duration::from_millis(200), Duration::from_secs(30), 1);
const HEALTH: (Duration, Duration, u32) = (Duration::from_secs(5), Duration::from_secs(2), 3);

fn backoff(table: &mut Table, wrong: &mut Vec<String>) -> Backoff {
    // A service that crashes at once must leave time for the others, whatever is configured.
    let first = table
        .duration("first", wrong)
        .unwrap_or(BACKOFF.first)
        .max(Duration::from_millis(10));
    let most = table
        .duration("most", wrong)
        .unwrap_or(BACKOFF.most)
        .max(first);
    Backoff { first, most }
}

fn check(
    table: &mut Table,
    wrong: &mut Vec<String>,
    (interval, timeout, failures): (Duration, Duration, u32),
) -> Option<Check> {
    let http = table.string("http", wrong);
    let command = table
        .strings("command", wrong)
        .filter(|command| !command.is_empty());
    let shortest = Duration::from_millis(50);
    let interval = table
        .duration("interval", wrong)
        .unwrap_or(interval)
        .max(shortest);
    let timeout = table
        .duration("timeout", wrong)
        .unwrap_or(timeout)
        .max(shortest);
    let failures = table
        .whole("failures", wrong)
        .map_or(failures, |n| n.clamp(1, 1000) as u32);
    let probe = match (http, command) {
        (Some(url), None) => Probe::Http(url),
        (None, Some(command)) => Probe::Command(command),
        _ => {
            wrong.push(format!(
                "`{}`: a check has either `http` or `command`; this one is left out",
                table.place("")
            ));
            return None;
        }
    };
    Some(Check {
        probe,
        interval,
        timeout,
        failures,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{ "format": 1, "hostname": "shop", "version": "0.1.0",
      "modules": ["/lib/a.ko"],
      "network": [ { "interface": "eth0", "method": "dhcp" },
                   { "interface": "eth1", "method": "static", "addresses": ["192.168.1.5/24"], "dns": ["192.168.1.1"] } ],
      "time": { "servers": ["0.pool.ntp.org"], "earliest": 1764000000 },
      "data": { "label": "data", "partition": 4, "mount": "/data" },
      "watchdog": { "device": "/dev/watchdog", "timeout": 15 },
      "status": { "listen": "0.0.0.0:9000" },
      "log": { "ring": 262144, "file": "/data/log/messages", "limit": 4194304, "serial": true, "syslog": "192.168.1.2:514" },
      "console": { "device": "ttyAMA0", "program": ["/bin/sh"] },
      "services": [ { "name": "shop", "command": ["/bin/shop", "--port", "80"], "environment": { "A": "b" },
          "user": 1000, "group": 1000, "directory": "/data", "restart": "on-failure",
          "backoff": { "first": 0.2, "most": 30 },
          "ready":  { "http": "http://127.0.0.1:80/", "timeout": 10 },
          "health": { "http": "http://127.0.0.1:80/healthz", "interval": 5, "timeout": 2, "failures": 3 },
          "stop-timeout": 5 } ] }"#;

    #[test]
    fn everything_that_there_is() {
        let (config, wrong) = read(WHOLE);
        assert_eq!(wrong, [""; 0]);
        assert_eq!(config.network.len(), 2);
        assert_eq!(config.time.earliest, 1_764_000_000);
        let shop = &config.services[0];
        assert_eq!(shop.command, ["/bin/shop", "--port", "80"]);
        assert_eq!(shop.environment, [("A".to_string(), "b".to_string())]);
        assert_eq!(shop.restart, Restart::OnFailure);
        assert_eq!(shop.backoff.first, Duration::from_millis(200));
        assert_eq!(shop.health.as_ref().map(|check| check.failures), Some(3));
    }

    #[test]
    fn mistakes_are_named_and_the_rest_is_used() {
        let (config, wrong) = read(
            r#"{ "format": 1, "hostname": "a", "colour": "red", "status": { "listen": 9000 },
                 "services": [ { "name": 5, "command": ["/bin/a"], "restart": "sometimes" }, { "name": "b" }, 7 ] }"#,
        );
        assert_eq!(
            wrong,
            [
                "`status.listen` must be a string",
                "`services[2]` must be a table",
                "`services[0].name` must be a string",
                "`services[0].restart` is `sometimes`: not `always`, `on-failure` or `never`",
                "`services[1].command` is missing: this service is not started",
                "unknown key `colour`",
            ]
        );
        assert_eq!(config.services.len(), 1);
        assert_eq!(config.services[0].name, "a");
    }

    #[test]
    fn no_mistake_makes_root() {
        for user in ["4294967296", "-1", "1.5", "\"shop\""] {
            let text = format!(
                r#"{{ "format": 1, "hostname": "a", "services": [ {{ "command": ["/bin/a"], "user": {user} }} ] }}"#
            );
            let (config, wrong) = read(&text);
            assert_eq!(
                (config.services[0].user, config.services[0].group),
                (65534, 65534),
                "{user}"
            );
            assert_eq!(
                wrong,
                ["`services[0].user` must be a whole number from 0 to 4294967295"]
            );
        }
    }

    #[test]
    fn no_json_is_still_a_configuration() {
        let (config, wrong) = read("{ \"format\": 1,");
        assert_eq!(config.hostname, "appliance");
        assert_eq!(wrong.len(), 1);
        assert!(wrong[0].starts_with("not JSON"), "{}", wrong[0]);
    }
}
