//! `xsys image fetch-kernel`, with a mirror of its own on this machine: what is fetched, what is not fetched twice, and
//! what happens when a mirror is wrong or goes away in between.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};
use xsys_image::disk::compress::Compression;
use xsys_tests::project::{Place, Ran, run};

/// What the server does.
#[derive(Default)]
struct Site {
    files: BTreeMap<String, Vec<u8>>,
    /// Paths that lead to others.
    elsewhere: BTreeMap<String, String>,
    /// The next answers with this file end after so many bytes, one after the other.
    cuts: Vec<usize>,
    /// No pieces of files.
    whole_only: bool,
    asked: Vec<String>,
}

#[derive(Clone)]
struct Server {
    site: Arc<Mutex<Site>>,
    address: String,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            site: Arc::default(),
            address: format!("http://{}", listener.local_addr().unwrap()),
        };
        let site = Arc::clone(&server.site);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Who goes away in between is no failure of the server.
                let _ = answer(&site, stream);
            }
        });
        server
    }

    fn site(&self) -> std::sync::MutexGuard<'_, Site> {
        self.site.lock().unwrap()
    }

    /// What was asked for since the last time, without the mirror's lists.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.site().asked)
    }
}

fn answer(site: &Mutex<Site>, mut stream: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut from = 0;
    for line in lines {
        let line = line?.to_ascii_lowercase();
        if let Some(range) = line.strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut site = site.lock().unwrap();
    site.asked.push(match from {
        0 => path.clone(),
        from => format!("{path} from {from}"),
    });
    if let Some(to) = site.elsewhere.get(&path) {
        return write!(
            stream,
            "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"
        );
    }
    let Some(file) = site.files.get(&path).cloned() else {
        return write!(
            stream,
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        );
    };
    if site.whole_only {
        from = 0;
    }
    let (len, rest) = (file.len(), &file[from.min(file.len())..]);
    match from {
        0 => write!(stream, "HTTP/1.1 200 OK\r\n")?,
        from if from >= len => {
            return write!(stream, "HTTP/1.1 416 No\r\nContent-Length: 0\r\n\r\n");
        }
        from => write!(
            stream,
            "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {from}-{}/{len}\r\n",
            len - 1
        )?,
    }
    write!(
        stream,
        "Content-Length: {}\r\nConnection: close\r\n\r\n",
        rest.len()
    )?;
    let end = match path.ends_with(".deb") && !site.cuts.is_empty() {
        true => site.cuts.remove(0).min(rest.len()),
        false => rest.len(),
    };
    stream.write_all(&rest[..end])
}

fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

const KERNEL: &str = "/debian/pool/main/l/linux/linux-image-6.1.0-2-arm64_6.1.20-1_arm64.deb";
const OLD: &str = "/debian/pool/main/l/linux/linux-image-6.1.0-1-arm64_6.1.9-1_arm64.deb";
const FIRMWARE: &str = "/debian/pool/non-free-firmware/r/raspi-firmware_1%2bds-1_all.deb";

/// Bytes that tell where they are.
fn content(seed: u32, size: u32) -> Vec<u8> {
    (0..size)
        .flat_map(|at| (at ^ seed << 20).to_le_bytes())
        .collect()
}

/// A mirror with two kernels, of which the newer one is `newest`.
fn mirror(server: &Server, newest: &str) {
    let mut site = server.site();
    site.files.insert(KERNEL.to_owned(), content(1, 250_000));
    site.files.insert(OLD.to_owned(), content(2, 1000));
    site.files.insert(FIRMWARE.to_owned(), content(3, 500));
    let stanza = |name: &str, version: &str, more: &str, path: &str| {
        let bytes = site.files.get(path).cloned().unwrap_or_default();
        format!(
            "Package: {name}\nVersion: {version}\nArchitecture: arm64\n{more}Filename: {}\nSize: {}\nSHA256: {}\n\n",
            path.trim_start_matches("/debian/"),
            bytes.len(),
            digest(&bytes)
        )
    };
    let depends = |name: &str| format!("Depends: kmod, {name} (= 1)\nDescription: a\n b\n");
    let main = [
        stanza(
            "linux-image-arm64",
            "6.1.9",
            &depends("gone").replace(" (= 1)", ""),
            "",
        ),
        stanza(
            "linux-image-arm64",
            "6.1.20",
            &format!("Depends: {newest}\n"),
            "",
        ),
        stanza("linux-image-6.1.0-1-arm64", "6.1.9-1", "", OLD),
        stanza("linux-image-6.1.0-2-arm64", "6.1.20-1", "", KERNEL),
        stanza("other", "1", "", ""),
    ];
    let firmware = stanza("raspi-firmware", "1+ds-1", "", FIRMWARE);
    let mut release = "Origin: Test\nComponents: main non-free-firmware\nSHA256:\n".to_owned();
    for (component, text) in [("main", main.concat()), ("non-free-firmware", firmware)] {
        let mut packed = Vec::new();
        Compression::Xz
            .compress(text.as_bytes(), &mut packed)
            .unwrap();
        let path = format!("{component}/binary-arm64/Packages");
        for (path, bytes) in [(format!("{path}.xz"), packed), (path, text.into_bytes())] {
            release += &format!(" {} {} {path}\n", digest(&bytes), bytes.len());
            site.files
                .insert(format!("/debian/dists/stable/{path}"), bytes);
        }
    }
    let path = "/debian/dists/stable/Release".to_owned();
    site.files.insert(path, release.into_bytes());
    site.asked.clear();
}

struct Bench {
    place: Place,
    server: Server,
}

impl Bench {
    fn new(name: &str) -> Self {
        let server = Server::start();
        mirror(&server, "linux-image-6.1.0-2-arm64 (= 6.1.20-1)");
        Self {
            place: Place::new("fetch", name),
            server,
        }
    }

    fn call(&self, arguments: &str) -> Ran {
        run(&mut self.place.xsys(&format!("image fetch-kernel {arguments}")))
    }

    /// The usual request, and more arguments.
    fn usual(&self, more: &str) -> Ran {
        let mirror = format!("--mirror {}/debian/ --suite stable", self.server.address);
        self.call(&format!("{mirror} {more} linux-image-arm64 raspi-firmware"))
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.place.path("kernel"));
        let names = entries.into_iter().flatten().flatten();
        let mut names: Vec<String> = names
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn kernel(&self) -> PathBuf {
        self.place
            .path("kernel")
            .join(Path::new(KERNEL).file_name().unwrap())
    }
}

#[test]
fn a_kernel_is_fetched_once_and_the_same_again() {
    let bench = Bench::new("once");
    bench.call("").ends_with(1).tells("nothing is named");
    bench
        .call("linux-image-arm64")
        .ends_with(1)
        .tells("no mirror is named");
    bench
        .call(&format!("--mirror {} a", bench.server.address))
        .ends_with(1)
        .tells("add `--suite bookworm`");
    let ran = bench.usual("").ends_with(0);
    ran.tells("Found linux-image-6.1.0-2-arm64 6.1.20-1")
        .tells("its signature is not checked");
    let names = [
        "kernel.lock",
        "linux-image-6.1.0-2-arm64_6.1.20-1_arm64.deb",
        "raspi-firmware_1+ds-1_all.deb",
    ];
    assert_eq!(bench.files(), names);
    assert!(std::fs::read(bench.kernel()).unwrap() == content(1, 250_000));
    assert_eq!(bench.server.asked().len(), 5);
    let lock = std::fs::read(bench.place.path("kernel/kernel.lock")).unwrap();

    // The lock is enough, with the same words and without.
    bench.usual("").ends_with(0).tells("Unchanged kernel/linux");
    bench.call("").ends_with(0).tells("Unchanged kernel/raspi");
    assert!(bench.server.asked().is_empty());
    // What was damaged is fetched again; what the mirror has new is not asked for.
    std::fs::write(bench.kernel(), "damaged").unwrap();
    mirror(&bench.server, "linux-image-6.1.0-1-arm64");
    bench.call("").ends_with(0).tells("Fetched kernel/linux");
    assert_eq!(bench.server.asked(), [KERNEL]);
    assert!(std::fs::read(bench.kernel()).unwrap() == content(1, 250_000));
    assert!(std::fs::read(bench.place.path("kernel/kernel.lock")).unwrap() == lock);
    // Until somebody wants it.
    let ran = bench.call("--update").ends_with(0);
    ran.tells("Found linux-image-6.1.0-1-arm64")
        .tells("Removed kernel/linux-image-6.1.0-2");
    assert!(!bench.kernel().exists());
}

#[test]
fn what_was_interrupted_is_gone_on_with() {
    let bench = Bench::new("interrupted");
    // Twice within a call, and then by a new one.
    bench.server.site().cuts = vec![100_000, 50_000];
    bench.usual("").ends_with(0);
    let asked = bench.server.asked();
    let pieces = [
        KERNEL.to_owned(),
        format!("{KERNEL} from 100000"),
        format!("{KERNEL} from 150000"),
    ];
    assert_eq!(asked[3..6], pieces);
    assert!(std::fs::read(bench.kernel()).unwrap() == content(1, 250_000));

    std::fs::remove_file(bench.kernel()).unwrap();
    bench.server.site().cuts = vec![70_000, 0];
    let ran = bench.call("").ends_with(1);
    ran.tells("has ended after 70000 of 1000000 bytes")
        .tells("it continues where it stopped");
    assert!(!bench.kernel().exists(), "no half file has the name");
    bench.server.asked();
    bench.call("").ends_with(0);
    assert_eq!(bench.server.asked(), [format!("{KERNEL} from 70000")]);
    assert!(std::fs::read(bench.kernel()).unwrap() == content(1, 250_000));
    assert_eq!(bench.files().len(), 3);

    // A piece of something else is found out, and a server without pieces is understood.
    for whole_only in [false, true] {
        std::fs::remove_file(bench.kernel()).unwrap();
        let part = bench.kernel().with_file_name(format!(
            ".{}.part",
            bench.kernel().file_name().unwrap().display()
        ));
        std::fs::write(part, [7; 5000]).unwrap();
        bench.server.site().whole_only = whole_only;
        bench.call("").ends_with(0);
        assert!(std::fs::read(bench.kernel()).unwrap() == content(1, 250_000));
        assert_eq!(bench.files().len(), 3);
    }
}

#[test]
fn wrong_mirrors_give_nothing() {
    let bench = Bench::new("wrong");
    let site = || bench.server.site();
    // Not there.
    bench
        .call(&format!(
            "--mirror {}/debian --suite old a",
            bench.server.address
        ))
        .ends_with(1)
        .tells("is answered with 404")
        .tells("check mirror and suite");
    bench
        .call("--mirror http://127.0.0.1:1/debian --suite stable a")
        .ends_with(1)
        .tells("cannot be reached")
        .tells("check the address and the network");
    bench
        .call("--mirror ftp://a/b --suite s a")
        .ends_with(1)
        .tells("with http:// or https://");
    bench
        .usual("--arch mips")
        .ends_with(1)
        .tells("choose `--arch`")
        .tells("main for arm64");
    bench
        .call(&format!(
            "--mirror {}/debian --suite stable raspi-firmwar",
            bench.server.address
        ))
        .ends_with(1)
        .tells("did you mean `raspi-firmware`?");
    bench
        .call(&format!(
            "--mirror {}/debian --suite stable xyz",
            bench.server.address
        ))
        .ends_with(1)
        .tells("check the name, `--suite`");
    assert!(bench.files().is_empty());
    // Digests that somebody knows.
    let wrong = "0".repeat(64);
    for name in ["Release", "raspi-firmware", "linux-image-6.1.0-2-arm64"] {
        let ran = bench
            .usual(&format!("--sha256 {name}={wrong}"))
            .ends_with(1);
        ran.tells("does not have the digest of `--sha256`")
            .tells("nothing was fetched");
    }
    bench
        .usual("--sha256 Release=12")
        .ends_with(1)
        .tells("64 hexadecimal digits");
    bench
        .usual(&format!("--sha256 b={wrong}"))
        .ends_with(1)
        .tells("what is fetched: `linux");
    assert!(bench.files().is_empty());
    // A list that is not the one in Release, and a package that is not the one in the list.
    let list = "/debian/dists/stable/main/binary-arm64/Packages.xz";
    let good = site().files[list].clone();
    site().files.get_mut(list).unwrap()[20] ^= 1;
    bench.usual("").ends_with(1).tells("has the wrong content");
    site().files.insert(list.to_owned(), good);
    site().files.get_mut(KERNEL).unwrap()[70_000] ^= 1;
    let ran = bench.usual("").ends_with(1);
    ran.tells("has the wrong content")
        .tells("nothing of it was kept");
    assert_eq!(bench.files(), ["kernel.lock"]);
    site().files.get_mut(KERNEL).unwrap().push(0);
    bench
        .usual("")
        .ends_with(1)
        .tells("more than the 1000000 bytes");
    assert_eq!(bench.files(), ["kernel.lock"]);
    // A lock that nobody can read is said to be made again.
    std::fs::write(bench.place.path("kernel/kernel.lock"), "format = 9").unwrap();
    bench
        .call("")
        .ends_with(1)
        .tells("remove it: it is made again");
    // A list that is none.
    site()
        .files
        .insert("/debian/dists/stable/Release".into(), b"<html>".to_vec());
    std::fs::remove_file(bench.place.path("kernel/kernel.lock")).unwrap();
    bench.usual("").ends_with(1).tells("is damaged");
    let home = "/debian/dists/stable/Release".to_owned();
    site().elsewhere.insert(home.clone(), home);
    bench
        .usual("")
        .ends_with(1)
        .tells("from address to address")
        .tells("try another mirror");
}

#[test]
fn an_address_needs_a_digest_and_may_lead_elsewhere() {
    let bench = Bench::new("address");
    let elsewhere = ("/kernel.deb".to_owned(), KERNEL.to_owned());
    bench.server.site().elsewhere.extend([elsewhere]);
    let url = format!("{}/kernel.deb", bench.server.address);
    bench
        .call(&url)
        .ends_with(1)
        .tells("add `--sha256 kernel.deb=DIGEST`");
    let right = digest(&content(1, 250_000));
    bench.call(&format!("{url} --sha256 {right}")).ends_with(0);
    assert_eq!(bench.files(), ["kernel.deb", "kernel.lock"]);
    bench
        .call(&format!("{}/ --sha256 {right}", bench.server.address))
        .ends_with(1);

    // By https something else fetches; here it is a script that knows one address.
    let tools = bench.place.path("tools");
    std::fs::create_dir_all(&tools).unwrap();
    std::fs::write(bench.place.path("file"), content(1, 250_000)).unwrap();
    let script = "#!/bin/sh\nfor url; do :; done\ncase $url in */kernel.deb) exec cat file ;; esac\n\
        echo 'curl: (22) The requested URL returned error: 404' >&2\nexit 22\n";
    let curl = tools.join("curl");
    std::fs::write(&curl, script).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&curl, executable).unwrap();
    let call = |address: &str, path: &str| {
        let call = format!("image fetch-kernel --to other {address} --sha256 {right}");
        let mut command = bench.place.xsys(&call);
        run(command.env("PATH", path))
    };
    let with = format!("{}:/usr/bin:/bin", tools.display());
    call("https://mirror.example/kernel.deb", &with).ends_with(0);
    assert!(std::fs::read(bench.place.path("other/kernel.deb")).unwrap() == content(1, 250_000));
    call("https://mirror.example/b.deb", &with)
        .ends_with(1)
        .tells("answered with 404");
    let nothing = bench.place.path("nothing").display().to_string();
    call("https://mirror.example/b.deb", &nothing)
        .ends_with(1)
        .tells("install curl or wget");
}
