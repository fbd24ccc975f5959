//! Makes links from a grammar, with random choices.
//!
//! Problem: if names, types and places are chosen independently, nearly every link is refused because of its first
//! mistake. So a *world* is chosen first: which names there are, what each is and which files define it. Objects
//! follow it and only rarely contradict it.

use super::dice::Dice;
use super::encode::SIGNATURES;
use super::model::{Archive, Custom, Group, Input, Link, Object, Symbol, What, flag};
use super::{contents, words};

/// What a name stands for.
#[derive(Clone, Debug)]
pub(super) enum Thing {
    /// A function of a type.
    Function(usize),
    /// A variable, of each thread or of all.
    Data { tls: bool },
    /// A global of a type.
    Global { ty: u8, mutable: bool },
    /// A table of a type.
    Table { element: u8 },
    /// A tag of a type.
    Tag(usize),
}

/// A name of the world.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) thing: Thing,
    /// The number of the object that defines it.
    pub(super) owner: Option<usize>,
    /// Other objects may define it, too, weakly or as a member of a group.
    pub(super) shared: Shared,
    /// Module and field, where its import says so.
    from: Option<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shared {
    No,
    Weak,
    Group,
}

/// What all files of a link have in common.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) wide: bool,
    pub(super) names: Vec<Name>,
    /// Threads share memory.
    pub(super) threads: bool,
    /// Objects ask for what they like.
    pub(super) wild: bool,
    /// Objects are position-independent now and then.
    pub(super) pic: bool,
    pub(super) debug: bool,
    pub(super) relocatable: bool,
}

const FUNCTION_NAMES: &[&str] = &[
    "_start",
    "f",
    "g",
    "h",
    "callee",
    "main",
    "helper",
    "_ZN4core3fmt5write17h0123456789abcdefE",
    "_initialize",
    "__wasm_call_dtors",
    "_ZN3foo3barEv",
    "__main_void",
    "memcpy",
    "__cxa_atexit",
    "__original_main",
    "__main_argc_argv",
    "_RNvC1a1b",
];
const DATA_NAMES: &[&str] = &[
    "value",
    "table_of_pointers",
    "text",
    "counter",
    "buffer",
    "d5",
    "d6",
    "_ZN3foo5valueE",
];
const LINKER_DATA: &[&str] = &[
    "__heap_base",
    "__heap_end",
    "__data_end",
    "__global_base",
    "__dso_handle",
    "__stack_low",
    "__stack_high",
    "__start_custom_set",
    "__stop_custom_set",
    "__wasm_first_page_end",
    "__start_other",
    "__rodata_end",
];
pub(super) const FEATURES: &[&str] = &[
    "atomics",
    "bulk-memory",
    "bulk-memory-opt",
    "call-indirect-overlong",
    "exception-handling",
    "multivalue",
    "mutable-globals",
    "nontrapping-fptoint",
    "reference-types",
    "sign-ext",
    "simd128",
    "extended-const",
    "memory64",
];

/// The link that belongs to a seed.
pub fn link(seed: u64) -> Link {
    let mut dice = Dice::new(seed);
    let dice = &mut dice;
    let objects = match dice.below(10) {
        0 => 1,
        1..=6 => 2 + dice.below(2),
        _ => 4 + dice.below(4),
    };
    let world = world(dice, objects);
    let mut made: Vec<Object> = (0..objects)
        .map(|number| object(dice, &world, number))
        .collect();
    let mut inputs = Vec::new();
    let mut archives = 0;
    while !made.is_empty() {
        let many = (1 + dice.below(3)).min(made.len());
        if dice.percent(60) || (inputs.is_empty() && dice.percent(80)) {
            inputs.push(Input::Object(made.remove(0)));
        } else if dice.percent(70) {
            let mut members: Vec<Object> = made.drain(..many).collect();
            if dice.percent(10) {
                let name = members[0].name.clone();
                members
                    .iter_mut()
                    .for_each(|member| member.name.clone_from(&name));
            }
            archives += 1;
            let (index, whole) = (dice.percent(75), dice.percent(25));
            let name = format!("lib{archives}.a");
            let imports = dice.percent(8).then(|| some_names(dice, &world));
            inputs.push(Input::Archive(Archive {
                name,
                index,
                whole,
                searched: dice.percent(10),
                foreign: dice.percent(5),
                imports,
                members,
            }));
        } else {
            inputs.push(Input::Library(made.drain(..many).collect()));
        }
    }
    if dice.percent(15) {
        dice.shuffle(&mut inputs);
    }
    if dice.percent(10) {
        let archives = inputs
            .iter()
            .filter(|input| matches!(input, Input::Archive(_)));
        let names: Vec<String> = archives
            .filter_map(|input| input.file().map(str::to_owned))
            .collect();
        if !names.is_empty() {
            inputs.push(Input::Again(dice.pick(&names).clone()));
        }
    }
    if dice.percent(6) {
        let at = dice.below(inputs.len() + 1);
        inputs.insert(at, Input::Stub(stub(dice, &world)));
    }
    let allowed = some_names(dice, &world);
    Link {
        options: words::options(dice, &world),
        inputs,
        allowed,
    }
}

/// The same, with some bytes of a file overwritten.
pub fn damaged(seed: u64) -> Link {
    let mut link = link(seed);
    let mut dice = Dice::new(!seed);
    let mut inputs = link.inputs.iter_mut();
    let objects: Vec<&mut Object> = inputs.by_ref().flat_map(Input::objects_mut).collect();
    for object in objects {
        if dice.percent(40) {
            let count = 1 + dice.below(2);
            let bytes = (0..count).map(|_| {
                let at = dice.below(4000) as u32;
                let any = dice.below(256) as u8;
                (at, *dice.pick(&[0, 1, 2, 3, 0x7f, 0x80, 0xff, any, any]))
            });
            object.damage = bytes.collect();
        }
    }
    link
}

/// Names of the world, and one that is not in it.
fn some_names(dice: &mut Dice, world: &World) -> Vec<String> {
    let names = world.names.iter().map(|name| name.text.as_str());
    let names = names.chain(["nobody", "field0", "__heap_base"]);
    let names: Vec<&str> = names.filter(|_| dice.percent(30)).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// What the host provides, and what that needs.
fn stub(dice: &mut Dice, world: &World) -> Vec<(String, Vec<String>)> {
    let mut names: Vec<&str> = world.names.iter().map(|name| name.text.as_str()).collect();
    names.extend(["nobody", "field0"]);
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for _ in 0..1 + dice.below(4) {
        let name = (*dice.pick(&names)).to_owned();
        let needed = (0..dice.below(3)).map(|_| (*dice.pick(&names)).to_owned());
        let needed = needed.collect();
        if !lines.iter().any(|(known, _)| *known == name) {
            lines.push((name, needed));
        }
    }
    lines
}

fn world(dice: &mut Dice, objects: usize) -> World {
    let mut world = World {
        wide: dice.percent(12),
        names: Vec::new(),
        threads: dice.percent(15),
        wild: dice.percent(20),
        pic: dice.percent(20),
        debug: dice.percent(30),
        relocatable: dice.percent(15),
    };
    let threads = world.threads;
    let mut add = |dice: &mut Dice, text: String, thing: Thing| {
        let owner = dice.percent(92).then(|| dice.below(objects));
        let shared = match dice.below(10) {
            0 => Shared::Weak,
            1 => Shared::Group,
            _ => Shared::No,
        };
        let from = dice.percent(25).then(|| {
            let module = *dice.pick(&["env", "host", "wasi_snapshot_preview1"]);
            let field = if dice.percent(50) {
                text.clone()
            } else {
                format!("field{}", dice.below(3))
            };
            (module.to_owned(), field)
        });
        world.names.push(Name {
            text,
            thing,
            owner,
            shared,
            from,
        });
    };
    for name in &FUNCTION_NAMES[..2 + dice.below(FUNCTION_NAMES.len() - 1)] {
        if dice.percent(70) {
            let signature = match *name {
                "_start" | "_initialize" | "__wasm_call_dtors" if dice.percent(95) => 0,
                "main" => 4,
                _ => dice.below(SIGNATURES.len()),
            };
            add(dice, (*name).to_owned(), Thing::Function(signature));
        }
    }
    for name in &DATA_NAMES[..1 + dice.below(DATA_NAMES.len())] {
        let tls = dice.percent(if threads { 25 } else { 2 });
        add(dice, (*name).to_owned(), Thing::Data { tls });
    }
    let types: &[u8] = &[
        0x7f, 0x7f, 0x7f, 0x7e, 0x7e, 0x7d, 0x7d, 0x7c, 0x7c, 0x6f, 0x6f, 0x70,
    ];
    for number in 0..dice.below(4) {
        let (ty, mutable) = (*dice.pick(types), dice.percent(50));
        add(
            dice,
            format!("global{number}"),
            Thing::Global { ty, mutable },
        );
    }
    if dice.percent(25) {
        for number in 0..1 + dice.below(2) {
            let element = *dice.pick(&[0x70, 0x6f]);
            add(dice, format!("table{number}"), Thing::Table { element });
        }
    }
    if dice.percent(20) {
        let signature = *dice.pick(&[0, 2, 5]);
        add(dice, "__cpp_exception".to_owned(), Thing::Tag(signature));
        add(dice, "tag".to_owned(), Thing::Tag(2));
    }
    world
}

/// The symbol's flags that have nothing to do with what it is.
fn flags(dice: &mut Dice, world: &World, defined: bool) -> u32 {
    let mut flags = 0;
    if dice.percent(30) {
        flags |= flag::HIDDEN;
    }
    if dice.percent(if defined { 10 } else { 3 }) {
        flags |= flag::EXPORTED;
    }
    if dice.percent(5) {
        flags |= flag::NO_STRIP;
    }
    if world.wild && dice.percent(10) {
        flags |= flag::WEAK;
    }
    flags
}

fn object(dice: &mut Dice, world: &World, number: usize) -> Object {
    let mut object = Object {
        name: format!("{}.o", char::from(b'a' + number as u8)),
        wide: world.wide != (world.wild && dice.percent(3)),
        names: dice.percent(8),
        ..Object::default()
    };
    let mut next = 0;
    let mut id = || {
        next += 1;
        next
    };
    for name in &world.names {
        let other = name.owner != Some(number);
        let again = match name.shared {
            Shared::No => world.wild && dice.percent(4),
            Shared::Weak | Shared::Group => dice.percent(35),
        };
        let defines = !other || again;
        if !defines && dice.percent(55) {
            continue;
        }
        let mut flags = flags(dice, world, defines);
        if defines && name.shared == Shared::Weak && (other || dice.percent(40)) {
            flags |= flag::WEAK;
        }
        let can_be_missing = matches!(name.thing, Thing::Function(_) | Thing::Data { .. });
        if !defines && !can_be_missing && !dice.percent(2) {
            flags &= !flag::WEAK;
        }
        if !defines && can_be_missing && dice.percent(10) {
            flags |= flag::WEAK;
        }
        if dice.percent(4) && defines {
            flags = (flags & !(flag::WEAK | flag::EXPORTED)) | flag::LOCAL;
        }
        let from = name.from.clone().filter(|_| !defines);
        if from.is_some() || (!defines && dice.percent(4)) {
            flags |= flag::EXPLICIT_NAME;
        }
        let own = id();
        let what = match name.thing {
            Thing::Function(signature) => {
                let odd = world.wild && dice.percent(8);
                let signature = if odd {
                    dice.below(SIGNATURES.len())
                } else {
                    signature
                };
                let export =
                    (defines && dice.percent(4)).then(|| format!("exported {}", name.text));
                if export.is_some() {
                    flags |= flag::EXPORTED;
                }
                let body = defines.then(Vec::new);
                What::Function {
                    signature,
                    body,
                    from,
                    export,
                }
            }
            Thing::Data { tls } => {
                if tls {
                    flags |= flag::TLS;
                }
                flags &= !flag::EXPLICIT_NAME;
                if !defines {
                    What::Data(None)
                } else if !tls && dice.percent(4) {
                    What::Absolute(dice.below(1 << 20) as u32)
                } else {
                    What::Data(Some(contents::segment(
                        dice,
                        world,
                        &mut object,
                        &name.text,
                        (tls, name.shared == Shared::Group),
                        id(),
                    )))
                }
            }
            Thing::Global { ty, mutable } => {
                let mutable = mutable != (world.wild && dice.percent(5));
                let value = defines.then(|| dice.below(1000) as i64 - 100);
                What::Global {
                    ty,
                    mutable,
                    value,
                    from,
                }
            }
            Thing::Table { element } => {
                let size = dice.below(5) as u32;
                let limits = (size, dice.percent(40).then_some(size + 2));
                What::Table {
                    element,
                    limits,
                    defined: defines,
                    from,
                }
            }
            Thing::Tag(signature) => What::Tag {
                signature,
                defined: defines,
                from,
            },
        };
        let mut symbols = vec![Symbol {
            id: own,
            name: name.text.clone(),
            flags,
            what,
        }];
        if defines && name.shared == Shared::Group {
            let mut group = Group {
                name: name.text.clone(),
                ..Group::default()
            };
            match &symbols[0].what {
                What::Function { .. } => group.functions.push(own),
                What::Data(Some((segment, ..))) => group.segments.push(*segment),
                _ => {}
            }
            // Groups are made of what all files have in the same way, so it is weak.
            symbols[0].flags |= if flags & flag::LOCAL == 0 {
                flag::WEAK
            } else {
                0
            };
            object.groups.push(group);
        }
        let aliased = matches!(
            name.thing,
            Thing::Function(_) | Thing::Global { .. } | Thing::Tag(_)
        );
        if defines && aliased && dice.percent(6) {
            let flags =
                self::flags(dice, world, true) | if dice.percent(50) { flag::WEAK } else { 0 };
            let name = format!("{}_alias", name.text);
            symbols.push(Symbol {
                id: id(),
                name,
                flags,
                what: What::Alias(own),
            });
        }
        object.symbols.extend(symbols);
    }
    linker_names(dice, world, &mut object, &mut id);
    locals(dice, world, &mut object, &mut id);
    customs(dice, world, &mut object, &mut id);
    if dice.percent(20) {
        dice.shuffle(&mut object.symbols);
    }
    contents::fill(dice, world, &mut object);
    inits(dice, world, &mut object);
    object.features = features(dice, world);
    object.producers = producers(dice);
    object
}

/// Names that the linker gives.
fn linker_names(dice: &mut Dice, world: &World, object: &mut Object, id: &mut impl FnMut() -> u32) {
    let pointer = if object.wide { 0x7e } else { 0x7f };
    let mut add = |name: &str, flags: u32, what: What| {
        let name = name.to_owned();
        object.symbols.push(Symbol {
            id: id(),
            name,
            flags,
            what,
        });
    };
    let global = |mutable: bool| What::Global {
        ty: pointer,
        mutable,
        value: None,
        from: None,
    };
    if dice.percent(60) {
        add("__stack_pointer", 0, global(true));
    }
    for name in LINKER_DATA {
        if dice.percent(5) {
            let flags = if dice.percent(50) { flag::HIDDEN } else { 0 };
            let flags = flags | if dice.percent(20) { flag::WEAK } else { 0 };
            add(name, flags, What::Data(None));
        }
    }
    if dice.percent(40) {
        let what = What::Table {
            element: 0x70,
            limits: (0, None),
            defined: false,
            from: None,
        };
        add("__indirect_function_table", flag::NO_STRIP, what);
    }
    let function = |signature| What::Function {
        signature,
        body: None,
        from: None,
        export: None,
    };
    if dice.percent(6) {
        add("__wasm_call_ctors", flag::HIDDEN, function(0));
    }
    if dice.percent(if world.threads { 40 } else { 2 }) {
        add("__tls_base", 0, global(world.threads));
        add("__tls_size", 0, global(false));
        add("__tls_align", 0, global(false));
        if !object.wide {
            add("__wasm_init_tls", 0, function(2));
        }
    }
    if world.pic && dice.percent(50) {
        add("__memory_base", 0, global(false));
        add("__table_base", 0, global(false));
    }
    // Those who name no table have no symbols for tables at all.
    let mut kinds = object.symbols.iter().map(|symbol| &symbol.what);
    object.old_calls = dice.percent(20) && !kinds.any(|what| matches!(what, What::Table { .. }));
}

/// Names that no other file sees.
fn locals(dice: &mut Dice, world: &World, object: &mut Object, id: &mut impl FnMut() -> u32) {
    for number in 0..dice.below(3) {
        let signature = dice.below(SIGNATURES.len());
        let what = What::Function {
            signature,
            body: Some(Vec::new()),
            from: None,
            export: None,
        };
        let name = format!("local{number}");
        object.symbols.push(Symbol {
            id: id(),
            name,
            flags: flag::LOCAL,
            what,
        });
    }
    for number in 0..dice.below(3) {
        let name = if dice.percent(50) {
            format!(".L.str.{number}")
        } else {
            format!("static{number}")
        };
        let tls = world.threads && dice.percent(20);
        let place = contents::segment(dice, world, object, &name, (tls, false), id());
        let flags = flag::LOCAL | if tls { flag::TLS } else { 0 };
        object.symbols.push(Symbol {
            id: id(),
            name,
            flags,
            what: What::Data(Some(place)),
        });
    }
}

fn customs(dice: &mut Dice, world: &World, object: &mut Object, id: &mut impl FnMut() -> u32) {
    let mut names: Vec<&str> = Vec::new();
    if world.debug {
        names.extend([".debug_info", ".debug_abbrev", ".debug_line", ".debug_str"]);
        names.extend([".debug_line_str", ".debug_loc", ".debug_ranges"]);
        names.retain(|_| dice.percent(70));
    }
    for name in [
        "notes",
        "component-type",
        "__llvm_covmap",
        "metadata.code.branch_hint",
        "notes",
        ".llvmbc",
        ".custom.more",
    ] {
        if dice.percent(4) {
            names.push(name);
        }
    }
    for name in names {
        let own = id();
        let data = match name {
            ".debug_str" | ".debug_line_str" => contents::strings(dice),
            _ => (0..dice.below(40)).map(|_| dice.below(256) as u8).collect(),
        };
        object.customs.push(Custom {
            id: own,
            name: name.to_owned(),
            data,
            relocs: Vec::new(),
        });
        // As LLVM: debug sections have a symbol, others only where something needs it. Its reader gives up where a
        // group's section has one.
        if name.starts_with(".debug_") {
            let symbol = Symbol {
                id: id(),
                name: String::new(),
                flags: flag::LOCAL,
                what: What::Section(own),
            };
            object.symbols.push(symbol);
        } else if dice.percent(40) && !object.groups.is_empty() {
            let at = dice.below(object.groups.len());
            object.groups[at].customs.push(own);
        }
    }
}

fn inits(dice: &mut Dice, world: &World, object: &mut Object) {
    if !dice.percent(20) {
        return;
    }
    let functions = object.symbols.iter();
    let functions = functions.filter(|symbol| match symbol.what {
        What::Function {
            signature,
            ref body,
            ..
        } => (signature == 0 || (world.wild && dice.percent(20))) && body.is_some(),
        _ => false,
    });
    let ids: Vec<u32> = functions.map(|symbol| symbol.id).collect();
    for _ in 0..1 + dice.below(2) {
        if !ids.is_empty() {
            let priority = *dice.pick(&[0, 1, 100, 101, 65535]);
            object.inits.push((priority, *dice.pick(&ids)));
        }
    }
}

fn features(dice: &mut Dice, world: &World) -> Vec<(u8, String)> {
    let mut found: Vec<(u8, String)> = Vec::new();
    if dice.percent(20) && !world.threads {
        return found;
    }
    for name in FEATURES {
        let wanted =
            world.threads && matches!(*name, "atomics" | "bulk-memory" | "mutable-globals");
        let usual = matches!(
            *name,
            "mutable-globals" | "sign-ext" | "reference-types" | "multivalue"
        );
        if dice.percent(if wanted {
            95
        } else if usual {
            70
        } else {
            10
        }) {
            found.push((b'+', (*name).to_owned()));
        } else if world.wild && dice.percent(4) {
            found.push((b'-', (*name).to_owned()));
        }
    }
    if dice.percent(if world.threads { 3 } else { 20 }) {
        found.push((b'-', "shared-mem".to_owned()));
    }
    found
}

fn producers(dice: &mut Dice) -> Vec<[String; 3]> {
    let mut found = Vec::new();
    for (field, tools) in [
        ("language", ["C_plus_plus_14", "Rust"]),
        ("processed-by", ["clang", "rustc"]),
        ("sdk", ["wasi", "emscripten"]),
    ] {
        for tool in tools {
            if dice.percent(15) {
                let version = dice.pick(&["", "1.95.0", "22.1"]);
                found.push([field, tool, version].map(str::to_owned));
            }
        }
    }
    found
}
