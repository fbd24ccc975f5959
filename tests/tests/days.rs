//! Working days of people who use xsys: a folder of `cases/days/` each, with the project that they
//! work on and the session (`day.txt`, described in `tests/src/day.rs`).

use libtest_mimic::{Failed, Trial};
use xsys_tests::day::{Day, live};
use xsys_tests::order::arguments;
use xsys_tests::project::{Place, cases, folders_in, skip};

fn main() {
    let arguments = arguments();
    let trials = folders_in(&cases("days"))
        .into_iter()
        .map(|name| Trial::test(name.clone(), move || day(&name)))
        .collect();
    libtest_mimic::run(&arguments, trials).exit();
}

fn day(name: &str) -> Result<(), Failed> {
    let folder = cases("days").join(name);
    let file = folder.join("day.txt");
    let text =
        std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let day = Day::parse(&text);
    if let Some(program) = day.missing() {
        skip(
            &format!("days::{name}"),
            &format!("{program} is not installed"),
        );
        return Ok(());
    }
    // Not below this repository, whose workspace new projects would join.
    let temporary = tempfile::tempdir()?;
    let place = Place {
        folder: temporary.path().canonicalize()?,
    };
    if let Some(case) = &day.from {
        place.copy(&cases(case), ".");
    }
    place.copy(&folder, ".");
    let (real, surprise) = live(&day, &place);
    match surprise {
        Some(_) if std::env::var_os("BLESS").is_some() => Ok(std::fs::write(&file, real.text())?),
        Some(told) => Err(told.into()),
        None => Ok(()),
    }
}
