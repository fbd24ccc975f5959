//! The parts of a row in a table of options: whether an option takes a value, and what it does.

use super::build::{Builder, OptionUse};

/// Whether an option takes a value, and what the value is called.
#[derive(Clone, Copy)]
pub(super) enum Arg {
    /// None.
    None,
    /// None, and it has a `--no-` form.
    Switch,
    /// Joined or as the next argument.
    Value(&'static str),
    /// After `=` or not at all.
    Optional(&'static str),
    /// Joined: the name only begins the option.
    Prefix(&'static str),
}

/// What an option does.
#[derive(Clone, Copy)]
pub(super) enum Effect {
    /// Sets something; with a line of help.
    Set(fn(&mut Builder, &OptionUse), &'static str),
    /// Nothing, for this reason.
    Ignore(&'static str),
    /// Stops the link, for this reason.
    Reject(&'static str),
}
