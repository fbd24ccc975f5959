//! `xsys board`: lists boards, and shows one.

use serde_json::json;
use xsys_target::{Board, BoardTarget, Engine, bundled_boards};

use crate::cli::BoardCommand;
use crate::error::Result;
use crate::ui::{answer, bytes, table};

pub(super) fn run(command: &BoardCommand) -> Result<u8> {
    match command {
        BoardCommand::List { json } => list(*json),
        BoardCommand::Show { name } => show(name),
    }
}

fn list(as_json: bool) -> Result<u8> {
    let boards: Vec<Board> = bundled_boards()
        .map(Board::load)
        .collect::<std::result::Result<_, _>>()?;
    if as_json {
        let boards: Vec<_> = boards
            .iter()
            .map(|board| {
                json!({
                    "name": board.name,
                    "description": board.description,
                    "runs": board.run.is_some(),
                })
            })
            .collect();
        answer(&format!("{:#}", json!(boards)));
    } else {
        let rows: Vec<Vec<String>> = boards
            .into_iter()
            .map(|board| vec![board.name, board.description])
            .collect();
        answer(&table(&rows));
    }
    Ok(0)
}

fn show(name: &str) -> Result<u8> {
    let board = Board::load(name)?;
    let mut rows = vec![
        row("board", &board.name),
        row("what", &board.description),
        row(
            "target",
            match &board.target {
                BoardTarget::SpecFile(file) | BoardTarget::Triple(file) => file,
            },
        ),
    ];
    if let Some(crates) = board.crates {
        rows.push(row("crates", crates.as_str()));
    }
    if let Some(script) = &board.script {
        rows.push(row("script", &script.display().to_string()));
    }
    for arg in &board.link_args {
        rows.push(row("link", arg));
    }
    if board.flip_stack {
        rows.push(row("link", "--flip-stack"));
    }
    for emit in &board.emit {
        let text = match &emit.file {
            Some(file) => format!("{} as {file}", emit.format),
            None => emit.format.clone(),
        };
        rows.push(row("image", &text));
    }
    for memory in &board.memory {
        let text = format!(
            "{}  0x{:08x}  {}",
            memory.name,
            memory.origin,
            bytes(memory.length)
        );
        rows.push(row("memory", &text));
    }
    match &board.run {
        Some(run) => {
            let engine = match run.engine {
                Engine::QemuSystem => "a machine in QEMU",
                Engine::QemuUser => "QEMU's user mode",
                Engine::Native => "natively",
                Engine::Wasm => "the built-in wasm engine",
            };
            rows.push(row("runs in", engine));
            if let Some(program) = &run.program {
                rows.push(row("by", &format!("{program} {}", run.args.join(" "))));
            }
        }
        None => rows.push(row("runs in", "the real thing only")),
    }
    answer(&table(&rows));
    if board.dir.contains("hello/Cargo.toml") {
        answer(&format!(
            "\ntry it:  xsys run --board {0} --hello\nuse it:  xsys new my-project --board {0}",
            board.name
        ));
    }
    Ok(0)
}

fn row(name: &str, value: &str) -> Vec<String> {
    vec![name.to_owned(), value.to_owned()]
}
