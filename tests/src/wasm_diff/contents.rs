//! What is in bodies, segments and sections: bytes, and the relocations that tie them together.

use super::dice::Dice;
use super::encode::{Field, field};
use super::grammar::World;
use super::model::{Object, Piece, Reloc, Segment, What, flag};

const STRINGS: u32 = 1;
const TLS: u32 = 2;
const RETAIN: u32 = 4;

/// Some strings, each with its end: few enough that files have equal ones, and ends of others.
pub(super) fn strings(dice: &mut Dice) -> Vec<u8> {
    let words = [
        "",
        "a",
        "main",
        "n",
        "hello",
        "lo",
        "o",
        "hello world",
        "world",
        "\u{e9}t\u{e9}",
    ];
    let mut out = Vec::new();
    for _ in 0..1 + dice.below(4) {
        out.extend(dice.pick(&words).as_bytes());
        out.push(0);
    }
    out
}

/// Adds a segment for a variable: segment, offset, size. Variables may share a segment that is not to be in a group.
pub(super) fn segment(
    dice: &mut Dice,
    world: &World,
    object: &mut Object,
    name: &str,
    (tls, alone): (bool, bool),
    id: u32,
) -> (u32, u32, u32) {
    let grouped = |id: u32| {
        object
            .groups
            .iter()
            .any(|group| group.segments.contains(&id))
    };
    let fits =
        |segment: &&Segment| (segment.flags & TLS != 0) == tls && !alone && !grouped(segment.id);
    if dice.percent(20)
        && let Some(known) = object.segments.iter().rfind(fits)
        && !known.data.is_empty()
    {
        // A place behind the last string is no string.
        let offset = dice.below(known.data.len() + usize::from(known.flags & STRINGS == 0));
        return (known.id, offset as u32, (known.data.len() - offset) as u32);
    }
    let (prefix, mut flags) = match dice.below(20) {
        _ if tls => (*dice.pick(&[".tdata.", ".tbss.", ".tdata"]), TLS),
        0..=5 => (".data.", 0),
        6..=8 => (".rodata.", 0),
        9..=11 => (".bss.", 0),
        12 => (".data", 0),
        13..=14 => (".rodata.", STRINGS),
        15 => (".rodata.str", STRINGS),
        16 => ("custom_set", 0),
        17 => ("other", RETAIN),
        18 => (".data.rel.ro.", 0),
        _ => (
            *dice.pick(&[
                ".rodata",
                ".bss",
                "my.data.",
                ".init_array",
                ".bss.rel.ro.",
                ".rodata.cst16",
            ]),
            0,
        ),
    };
    if dice.percent(3) {
        flags |= RETAIN;
    }
    // Old compilers set no flag.
    if tls && world.wild && dice.percent(20) {
        flags &= !TLS;
    }
    let data = if flags & STRINGS != 0 {
        strings(dice)
    } else {
        let zero = prefix.starts_with(".bss") || prefix.starts_with(".tbss") || dice.percent(10);
        let size = *dice.pick(&[0, 1, 3, 4, 8, 8, 12, 16, 40]);
        (0..size)
            .map(|_| if zero { 0 } else { dice.below(256) as u8 })
            .collect()
    };
    let size = data.len() as u32;
    let name = if prefix.ends_with('.') {
        format!("{prefix}{name}")
    } else {
        prefix.to_owned()
    };
    let align = match flags & STRINGS {
        0 => *dice.pick(&[0, 0, 1, 2, 2, 3, 4, 6]),
        _ => *dice.pick(&[0, 0, 0, 0, 2]),
    };
    object.segments.push(Segment {
        id,
        name,
        align,
        flags,
        data,
        relocs: Vec::new(),
    });
    (id, 0, size)
}

/// Whether functions can have addresses: compilers name the table wherever they take one.
fn has_table(object: &Object) -> bool {
    let mut names = object.symbols.iter().map(|symbol| symbol.name.as_str());
    object.old_calls || names.any(|name| name == "__indirect_function_table")
}

/// What a symbol can be used for, by relocation type.
fn uses(dice: &mut Dice, world: &World, object: &Object, what: &What, tls: bool) -> Option<u8> {
    let wide = object.wide;
    let by_width = |narrow: u8, broad: u8| if wide { broad } else { narrow };
    Some(match what {
        What::Function { .. } | What::Alias(_) => match dice.below(10) {
            0..=5 => 0,
            6..=7 if has_table(object) => by_width(1, 18),
            8 if world.pic && has_table(object) => 7,
            9 if world.pic && has_table(object) => by_width(12, 24),
            _ => 0,
        },
        What::Data(_) | What::Absolute(_) => match dice.below(10) {
            _ if tls && dice.percent(70) => by_width(21, 25),
            8 if world.pic => 7,
            9 if world.pic => by_width(11, 17),
            0..=4 => by_width(3, 14),
            _ => by_width(4, 15),
        },
        What::Global { .. } => 7,
        What::Table { .. } => 20,
        What::Tag { .. } => 10,
        What::Section(_) => return None,
    })
}

fn addend(dice: &mut Dice, ty: u8) -> i64 {
    match ty {
        // Offsets of instructions are not negative.
        3 | 14 if dice.percent(25) => *dice.pick(&[1, 2, 4, 8, 100]),
        4 | 5 | 11 | 15..=17 | 21 | 23 | 25 if dice.percent(25) => {
            *dice.pick(&[1, 2, 4, 8, 100, -1, -4])
        }
        _ => 0,
    }
}

/// Gives bodies, segments and sections their contents.
pub(super) fn fill(dice: &mut Dice, world: &World, object: &mut Object) {
    let names: Vec<(u32, What, bool)> = object
        .symbols
        .iter()
        .map(|symbol| {
            let of = match symbol.what {
                What::Alias(of) => object.symbol(of),
                _ => None,
            };
            let what = of.unwrap_or(symbol).what.clone();
            (symbol.id, what, symbol.flags & flag::TLS != 0)
        })
        .collect();
    for at in 0..object.symbols.len() {
        let body = body(dice, world, object, &names);
        if let What::Function {
            body: Some(place), ..
        } = &mut object.symbols[at].what
        {
            *place = body;
        }
    }
    for at in 0..object.segments.len() {
        if object.segments[at].flags & STRINGS != 0 || object.segments[at].data.is_empty() {
            continue;
        }
        let zero = object.segments[at].name.starts_with(".bss");
        let size = object.segments[at].data.len();
        let types: &[u8] = match object.wide {
            false if has_table(object) => &[5, 5, 5, 2, 2, 23],
            false => &[5, 5, 23],
            true if has_table(object) => &[16, 16, 19, 5],
            true => &[16, 5],
        };
        if !zero && dice.percent(45) {
            let relocs = relocs(dice, &names, &[], size, types);
            object.segments[at].relocs = relocs;
        }
    }
    let customs = object.customs.iter();
    let sizes: Vec<(u32, usize)> = customs
        .map(|custom| (custom.id, custom.data.len()))
        .collect();
    for at in 0..object.customs.len() {
        let types: &[u8] = match object.customs[at].name.as_str() {
            ".debug_str" | ".debug_line_str" => continue,
            _ if object.wide => &[8, 9, 22, 16, 13],
            _ => &[8, 8, 9, 9, 5, 13, 26],
        };
        if dice.percent(60) {
            let size = object.customs[at].data.len();
            object.customs[at].relocs = relocs(dice, &names, &sizes, size, types);
        }
    }
}

fn body(
    dice: &mut Dice,
    world: &World,
    object: &Object,
    names: &[(u32, What, bool)],
) -> Vec<Piece> {
    let mut body = Vec::new();
    for _ in 0..dice.below(5) {
        if dice.percent(15) {
            let table = object
                .symbols
                .iter()
                .find(|symbol| symbol.name == "__indirect_function_table");
            let signature = dice.below(super::encode::SIGNATURES.len());
            body.push(Piece::Dispatch(
                signature,
                table.map_or(0, |table| table.id),
            ));
            continue;
        }
        if dice.percent(10) || names.is_empty() {
            body.push(Piece::Plain(dice.below(200) as u8));
            continue;
        }
        let (symbol, what, tls) = dice.pick(names).clone();
        if let Some(ty) = uses(dice, world, object, &what, tls) {
            let addend = addend(dice, ty);
            body.push(Piece::Use(Reloc {
                ty,
                symbol,
                addend,
                at: 0,
            }));
        }
    }
    body
}

/// Where the section ends that a symbol stands for; `sizes` has all.
fn end(names: &[(u32, What, bool)], symbol: u32, sizes: &[(u32, usize)]) -> usize {
    let section = names.iter().find_map(|(id, what, _)| match what {
        What::Section(section) if *id == symbol => Some(*section),
        _ => None,
    });
    let size = sizes.iter().find(|(id, _)| Some(*id) == section);
    size.map_or(1, |(_, size)| (*size).max(1))
}

fn relocs(
    dice: &mut Dice,
    names: &[(u32, What, bool)],
    sizes: &[(u32, usize)],
    size: usize,
    types: &[u8],
) -> Vec<Reloc> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < size {
        let ty = *dice.pick(types);
        let Field::Fixed(width) = field(ty) else {
            break;
        };
        let fits = |what: &What| match ty {
            2 | 8 | 19 | 22 | 26 => matches!(what, What::Function { .. } | What::Alias(_)),
            5 | 16 | 23 => matches!(what, What::Data(_) | What::Absolute(_)),
            13 => matches!(what, What::Global { .. }),
            _ => matches!(what, What::Section(_)),
        };
        let fitting: Vec<u32> = names
            .iter()
            .filter(|(_, what, _)| fits(what))
            .map(|(id, ..)| *id)
            .collect();
        if at + width > size || fitting.is_empty() {
            at += 1 + dice.below(4);
            continue;
        }
        let symbol = *dice.pick(&fitting);
        let addend = match ty {
            // A place behind the last string is no string.
            9 => dice.below(end(names, symbol, sizes)) as i64,
            8 | 22 => dice.below(12) as i64,
            _ => addend(dice, ty),
        };
        found.push(Reloc {
            ty,
            symbol,
            addend,
            at: at as u32,
        });
        at += width + dice.below(6);
    }
    found
}
