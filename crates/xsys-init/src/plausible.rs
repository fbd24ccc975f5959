//! Values of the right type that still cannot work: invalid addresses, two services with one name.
//!
//! The device would report them one after another in its log; the image's builder can do so beforehand.

use crate::config::{Check, Config, Method, Probe, Service};
use crate::http::Url;
use crate::netlink::parse_address;
use std::net::{IpAddr, SocketAddr};

/// A line for each value that cannot work.
pub(crate) fn check(config: &Config) -> Vec<String> {
    let mut wrong = Vec::new();
    for (index, interface) in config.network.iter().enumerate() {
        let place = format!("network[{index}]");
        if config.network[..index]
            .iter()
            .any(|other| other.name == interface.name)
        {
            wrong.push(format!(
                "`{place}.interface`: `{}` comes twice",
                interface.name
            ));
        }
        let Method::Static {
            addresses,
            gateways,
            dns,
        } = &interface.method
        else {
            continue;
        };
        if addresses.is_empty() {
            wrong.push(format!(
                "`{place}.addresses` is missing: a static interface without an address"
            ));
        }
        for text in addresses
            .iter()
            .filter(|text| parse_address(text).is_none())
        {
            wrong.push(format!(
                "`{place}.addresses`: `{text}` is no address like 192.168.1.5/24"
            ));
        }
        for (key, list) in [("gateways", gateways), ("dns", dns)] {
            for text in list.iter().filter(|text| text.parse::<IpAddr>().is_err()) {
                wrong.push(format!("`{place}.{key}`: `{text}` is no address"));
            }
        }
    }
    if let Some(listen) = config
        .status
        .as_ref()
        .filter(|listen| listen.parse::<SocketAddr>().is_err())
    {
        wrong.push(format!(
            "`status.listen`: `{listen}` is no address and port like 0.0.0.0:9000"
        ));
    }
    if let Some(data) = &config.data {
        if !data.mount.starts_with('/') || data.mount.len() < 2 {
            wrong.push(format!(
                "`data.mount`: `{}` is no directory like /data",
                data.mount
            ));
        }
        if data.label.len() > 16 {
            wrong.push("`data.label` has more than 16 bytes".into());
        }
    }
    for (index, service) in config.services.iter().enumerate() {
        if config.services[..index]
            .iter()
            .any(|other| other.name == service.name)
        {
            wrong.push(format!("two services are called `{}`", service.name));
        }
        check_service(service, &mut wrong);
    }
    wrong
}

fn check_service(service: &Service, wrong: &mut Vec<String>) {
    let name = &service.name;
    if !service.directory.starts_with('/') {
        wrong.push(format!(
            "`{name}`: its directory `{}` does not begin with `/`",
            service.directory
        ));
    }
    let checks = [("ready", &service.ready), ("health", &service.health)];
    for (key, check) in checks
        .into_iter()
        .filter_map(|(key, check)| Some((key, check.as_ref()?)))
    {
        if let Check {
            probe: Probe::Http(url),
            ..
        } = check
            && let Err(why) = Url::parse(url)
        {
            wrong.push(format!("`{name}`: `{key}.http`: {why}"));
        }
    }
    // Each of these goes into a C string.
    let words = service.command.iter().chain(
        service
            .environment
            .iter()
            .flat_map(|(key, value)| [key, value]),
    );
    if words
        .chain([&service.directory])
        .any(|word| word.contains('\0'))
    {
        wrong.push(format!(
            "`{name}`: a zero byte in its command, environment or directory"
        ));
    }
    for (key, _) in service
        .environment
        .iter()
        .filter(|(key, _)| key.is_empty() || key.contains('='))
    {
        wrong.push(format!(
            "`{name}`: `{key}` cannot be the name of a variable"
        ));
    }
}

#[cfg(test)]
mod tests {
    use crate::config_text::read;

    #[test]
    fn what_cannot_work_is_named() {
        let (config, wrong) = read(
            r#"{ "format": 1, "hostname": "a", "status": { "listen": "9000" }, "data": { "mount": "data" },
              "network": [ { "interface": "eth0", "method": "static", "addresses": ["10.0.0.5/99"], "gateways": ["router"] },
                           { "interface": "eth0" } ],
              "services": [ { "name": "a", "command": ["/bin/a"], "health": { "http": "https://127.0.0.1/" } },
                            { "name": "a", "command": ["/bin/b"], "environment": { "A=B": "c" }, "directory": "x" } ] }"#,
        );
        assert_eq!(
            wrong,
            [
                "`network[0].addresses`: `10.0.0.5/99` is no address like 192.168.1.5/24",
                "`network[0].gateways`: `router` is no address",
                "`network[1].interface`: `eth0` comes twice",
                "`status.listen`: `9000` is no address and port like 0.0.0.0:9000",
                "`data.mount`: `data` is no directory like /data",
                "`a`: `health.http`: `https://127.0.0.1/` does not begin with `http://`",
                "two services are called `a`",
                "`a`: its directory `x` does not begin with `/`",
                "`a`: `A=B` cannot be the name of a variable",
            ]
        );
        assert_eq!(config.services.len(), 2);
    }
}
