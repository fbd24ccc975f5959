//! Advice that a case of `tests/cases/errors` follows.
//!
//! A help is right if following it solves the problem. The part of a `command` file that begins with
//! `follow` names the help and the steps that follow it; tests/tests/errors.rs explains the lines.

use crate::project::{Place, Ran};

/// Helps, and the steps that follow them.
#[derive(Debug, Default)]
pub struct Advice<'a> {
    /// A part of each help.
    pub follows: Vec<&'a str>,
    /// Changes of files.
    pub edits: Vec<&'a str>,
    /// Everything else.
    pub steps: Vec<&'a str>,
}

/// Takes the lines apart, from the first `follow` on.
pub fn pieces<'a>(lines: &[&'a str]) -> Vec<Advice<'a>> {
    let mut pieces: Vec<Advice<'a>> = Vec::new();
    let mut begins = true;
    for &line in lines {
        if let Some(text) = line.strip_prefix("follow ") {
            if begins {
                pieces.push(Advice::default());
            }
            if let Some(piece) = pieces.last_mut() {
                piece.follows.push(text);
            }
            begins = false;
            continue;
        }
        begins = true;
        let Some(piece) = pieces.last_mut() else {
            continue;
        };
        if ["edit ", "write ", "remove "]
            .iter()
            .any(|verb| line.starts_with(verb))
        {
            piece.edits.push(line);
        } else {
            piece.steps.push(line);
        }
    }
    pieces
}

/// The texts of `note` or `help` in an output, with the lines that continue them.
pub fn remarks(said: &str, kind: &str) -> Vec<String> {
    let mut remarks: Vec<String> = Vec::new();
    let mut indent = None;
    for line in said.lines() {
        let opening = line.split_once(": ").and_then(|(before, text)| {
            let frame = before.strip_suffix(kind)?;
            let framed = frame.chars().all(|c| " |=".contains(c));
            framed.then_some((before.len() + 2, text))
        });
        if let Some((column, text)) = opening {
            remarks.push(text.trim_end().to_owned());
            indent = Some(" ".repeat(column));
            continue;
        }
        let below = indent
            .as_deref()
            .and_then(|indent| line.strip_prefix(indent));
        match (below, remarks.last_mut()) {
            (Some(text), Some(remark)) => {
                remark.push('\n');
                remark.push_str(text);
            }
            _ => indent = None,
        }
    }
    remarks
}

fn is_helped(said: &str, part: &str) -> bool {
    remarks(said, "help").iter().any(|help| help.contains(part))
}

/// Each help that is followed must have been said.
pub fn check_said(advice: &Advice<'_>, said: &str) -> Result<(), String> {
    let unsaid = advice.follows.iter().find(|text| !is_helped(said, text));
    match unsaid {
        Some(text) => Err(format!("no help says `{text}`\n{said}")),
        None => Ok(()),
    }
}

/// A call after the advice has to succeed, and must not give it again.
pub fn check_helped(advice: &Advice<'_>, ran: &Ran) -> Result<(), String> {
    let what = advice.follows.join("`, `");
    if ran.code != Some(0) {
        return Err(format!(
            "`{what}` was followed and does not help: exit {:?}\n{}",
            ran.code, ran.stderr
        ));
    }
    let again = advice
        .follows
        .iter()
        .find(|text| is_helped(&ran.stderr, text));
    match again {
        Some(text) => Err(format!("`{text}` is said again\n{}", ran.stderr)),
        None => Ok(()),
    }
}

/// `edit FILE OLD => NEW`, `write FILE TEXT` and `remove FILE`.
pub fn edit(place: &Place, line: &str) -> Result<(), String> {
    let words = || format!("what is `{line}`?");
    let (verb, rest) = line.split_once(' ').ok_or_else(words)?;
    if verb == "remove" {
        return std::fs::remove_file(place.path(rest)).map_err(|e| format!("{rest}: {e}"));
    }
    let (file, text) = rest.split_once(' ').ok_or_else(words)?;
    let path = place.path(file);
    let unescaped = |text: &str| {
        text.replace("\\\\", "\0")
            .replace("\\n", "\n")
            .replace('\0', "\\")
    };
    if verb == "write" {
        place.write(file, &unescaped(text));
        return Ok(());
    }
    let (old, new) = text.split_once("=>").ok_or_else(words)?;
    let (old, new) = (unescaped(old.trim()), unescaped(new.trim()));
    let before = std::fs::read_to_string(&path).map_err(|error| format!("{file}: {error}"))?;
    if !before.contains(&old) {
        return Err(format!("`{file}` does not contain `{old}`"));
    }
    std::fs::write(&path, before.replacen(&old, &new, 1)).map_err(|e| format!("{file}: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_begin_with_what_they_follow() {
        let lines = [
            "follow a",
            "follow b",
            "edit f x => y",
            "follow c",
            "xsys ld",
        ];
        let found = pieces(&lines);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].follows, ["a", "b"]);
        assert_eq!(found[0].edits, ["edit f x => y"]);
        assert_eq!(found[1].steps, ["xsys ld"]);
    }

    #[test]
    fn helps_are_lines_of_their_own() {
        let said = "error: needs help: this\n   = help: do this:\n           [a]\n   = note: so\n";
        assert_eq!(remarks(said, "help"), ["do this:\n[a]"]);
        assert_eq!(remarks(said, "note"), ["so"]);
    }
}
