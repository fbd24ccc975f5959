//! `xsys test --appliance`: an appliance is booted, tested from outside, and gone afterwards, whatever happens.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use xsys_tests::project::run;

use super::appliances::{Machine, PATIENCE, packages, shop};

/// Processes that have a file on their command line.
fn users(of: &Path) -> usize {
    let name = of.display().to_string();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    lines
        .filter(|line| String::from_utf8_lossy(line).contains(&name))
        .count()
}

#[test]
fn an_appliance_is_tested_from_outside() {
    let Some(packages) = packages() else { return };
    let place = shop("bench");
    std::os::unix::fs::symlink(packages, place.path("kernel")).unwrap();
    let description = place.path("appliance.toml");
    let text = std::fs::read_to_string(&description).unwrap();
    let set = |text: &str| std::fs::write(&description, text).unwrap();
    let xsys = |call: &str| place.xsys(call);

    // Before anything is built.
    let untested = text.split("[test]").next().unwrap();
    set(untested);
    run(&mut xsys("test --appliance --release"))
        .ends_with(101)
        .tells("has no `[test]` with a `command`")
        .tells("write it behind `--`, or there");
    set(&untested
        .replace("\"0:80\", \"0:9000\"", "")
        .replace("[status]\nlisten = \"0.0.0.0:9000\"", ""));
    let mut command = xsys("test --appliance --release -- true");
    run(&mut command)
        .ends_with(101)
        .tells("`[run]` with `ports = [\"8080:80\"]`");

    // The test that `xsys new` makes: it finds the appliance, whose data partition is empty.
    set(&text);
    let tested = run(&mut xsys("test --appliance --release")).ends_with(0);
    assert!(tested.stdout.contains("2 passed"), "{}", tested.stdout);

    // Its data stays where that is asked for, the exit code is the command's, and the log is shown.
    let out = place.path("target/aarch64-unknown-linux-musl/release");
    let mut command = xsys("test --appliance --release --keep-data -- sh -c");
    command.arg(
        "test $XSYS_APPLIANCE = $XSYS_APPLIANCE_80 && test -n \"$XSYS_APPLIANCE_STATUS\" && \
         test -s $XSYS_APPLIANCE_LOG && ! cargo test -q --test appliance && exit 7",
    );
    let kept = run(&mut command)
        .ends_with(7)
        .tells("which ends so:")
        .tells("init: shop is ready");
    assert!(kept.stdout.contains("visit 3"), "{}", kept.stdout);

    // Otherwise it is empty once more. A signal to xsys alone ends the machine and the command, too.
    let card = out.join("shop.test.card");
    let mut command = xsys("test --appliance --release -- sh -c");
    command.arg("cargo test -q --test appliance && echo it was empty && sleep 1000");
    let mut machine = Machine::start(command);
    machine.wait_for("it was empty");
    assert_eq!(users(&card), 1);
    let id = machine.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    let start = Instant::now();
    while users(&card) > 0 || machine.is_alive() {
        assert!(start.elapsed() < PATIENCE, "the machine goes on");
        std::thread::sleep(Duration::from_millis(20));
    }

    // A device of a fleet is tested in the same way, and all that are named are, whatever becomes of the first.
    let (head, base) = text.split_once("machine = ").unwrap();
    assert!(
        head.lines()
            .all(|line| line.starts_with('#') || line.is_empty())
    );
    let base = base
        .replace("\n[", "\n[base.")
        .replace("[base.[", "[[base.");
    let base = base
        .replace("\nkernel =", "\n# kernel =")
        .replace("\nhostname", "\n# hostname");
    let fleet = format!(
        "[kernels.arm64]\npaths = \"kernel\"\n[devices.shop-1]\n[devices.shop-2]\n[base]\nmachine = {base}"
    );
    std::fs::write(place.path("fleet.toml"), fleet).unwrap();
    let mut command = xsys("test --appliance --device shop-1 --device shop-2 -- sh -c");
    command.arg(
        "echo $XSYS_APPLIANCE_DEVICE on $XSYS_APPLIANCE && test $XSYS_APPLIANCE_DEVICE = shop-2",
    );
    let tested = run(&mut command)
        .ends_with(1)
        .tells("shop-1.log, which ends so:")
        .tells("Tested 2 devices, 1 failed: `shop-1`");
    for device in ["shop-1", "shop-2"] {
        let said = format!("{device} on 127.0.0.1:");
        assert!(tested.stdout.contains(&said), "{}", tested.stdout);
    }
    std::fs::remove_file(place.path("fleet.toml")).unwrap();

    // A service that is never ready: without a status page, the lines of the init tell.
    let silent = text.replace("[status]\nlisten = \"0.0.0.0:9000\"", "");
    set(&silent.replace("127.0.0.1:80/healthz", "127.0.0.1:81/"));
    run(&mut xsys("test --appliance --release --time-limit 7"))
        .ends_with(101)
        .tells("the appliance is not ready after 7 s")
        .tells("shop is not ready")
        .tells("`--time-limit SECONDS`");

    // No init.
    set(&text.replace(
        "hostname =",
        "kernel-arguments = \"rdinit=/nothing\"\nhostname =",
    ));
    run(&mut xsys("test --appliance --release"))
        .ends_with(101)
        .tells("the appliance's kernel panicked: ");
    std::fs::remove_dir_all(place.folder.parent().unwrap()).unwrap();
}
