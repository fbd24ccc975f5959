//! `xsys completions` and `xsys man`, generated from the grammar.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Call;
use crate::cli::Cli;
use crate::error::{Result, file};
use crate::files::replace;
use crate::ui::answer;

pub(super) fn completions(shell: Shell) -> Result<u8> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "xsys", &mut text);
    answer(&String::from_utf8_lossy(&text));
    Ok(0)
}

pub(super) fn man(call: &Call, directory: Option<&Path>) -> Result<u8> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let Some(directory) = directory else {
        answer(&page(&command)?);
        return Ok(0);
    };
    std::fs::create_dir_all(directory).map_err(|error| file("create", directory, &error))?;
    let count = pages(&command, directory)?;
    call.ui.status(
        "Written",
        &format!("{count} pages to {}", directory.display()),
    );
    Ok(0)
}

/// A page for the command and for each below it; returns how many.
fn pages(command: &clap::Command, directory: &Path) -> Result<usize> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let path = directory.join(format!("{}.1", name.replace(' ', "-")));
    replace(&path, page(command)?.as_bytes())?;
    let below = command
        .get_subcommands()
        .filter(|command| !command.is_hide_set());
    below
        .into_iter()
        .try_fold(1, |count, command| Ok(count + pages(command, directory)?))
}

fn page(command: &clap::Command) -> Result<String> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone())
        .render(&mut text)
        .map_err(|error| file("write", Path::new("the page"), &error))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
