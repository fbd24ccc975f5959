//! Whether two modules mean the same although numbers, places and copies differ.
//!
//! Our module may be smaller than rust-lld's: functions with equal bodies are kept once, equal
//! constants as well, indexes are in another order, the table has no slots that cannot be called.
//! So the parts of the modules are paired: exports and the start function by name, and two functions
//! are a pair if their instructions are, one by one, where numbers that are indexes, slots or
//! addresses must refer to things that are pairs. Then each of our functions must be in a pair, and
//! one of theirs may be missing only if a table that cannot be called through was its only use.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use wasmparser::{BinaryReader, ExternalKind, FunctionBody, Operator, TypeRef};

use super::flow::{self, Step};
use super::module::Module;

/// Enough to see what is wrong.
const LISTED: usize = 10;

/// The differences of our module from `theirs`.
pub fn compare(ours: &Module, theirs: &Module) -> Vec<String> {
    let mut relating = Relating {
        ours,
        theirs,
        functions: HashMap::new(),
        globals: HashMap::new(),
        queue: Vec::new(),
        addresses: BTreeMap::new(),
        problems: Vec::new(),
    };
    relating.outside();
    relating.limits();
    relating.customs();
    relating.run();
    relating.data();
    relating.unreached();
    relating.data();
    relating.leftovers();
    let mut problems = relating.problems;
    problems.truncate(LISTED);
    problems
}

struct Relating<'m> {
    ours: &'m Module,
    theirs: &'m Module,
    /// Theirs to ours.
    functions: HashMap<u32, u32>,
    /// Theirs to ours.
    globals: HashMap<u32, u32>,
    /// Pairs, ours first, whose bodies are still to be looked at.
    queue: Vec<(u32, u32)>,
    /// Addresses that differ: theirs to ours.
    addresses: BTreeMap<u64, u64>,
    problems: Vec<String>,
}

impl Relating<'_> {
    fn problem(&mut self, text: String) {
        self.problems.push(text);
    }

    /// Imports, exports, start.
    fn outside(&mut self) {
        let imports = |module: &Module| -> Vec<String> {
            let imports = module.imports.iter();
            imports
                .map(|(from, name, ty)| {
                    let shown = match ty {
                        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                            format!("{:?}", module.types[*ty as usize])
                        }
                        TypeRef::Tag(ty) => {
                            format!("tag {:?}", module.types[ty.func_type_idx as usize])
                        }
                        TypeRef::Table(_) => "table".to_owned(),
                        TypeRef::Memory(_) => "memory".to_owned(),
                        TypeRef::Global(ty) => format!("{ty:?}"),
                    };
                    format!("{from}.{name} {shown}")
                })
                .collect()
        };
        let (mut ours, mut theirs) = (imports(self.ours), imports(self.theirs));
        ours.sort();
        theirs.sort();
        if ours != theirs {
            self.problem(format!("imports are {ours:?}, not {theirs:?}"));
        }
        let exports = |module: &Module| -> Vec<(String, ExternalKind)> {
            let exports = module.exports.iter();
            exports
                .map(|(name, kind, _)| (name.clone(), *kind))
                .collect()
        };
        let (ours, theirs) = (exports(self.ours), exports(self.theirs));
        if ours != theirs {
            self.problem(format!("exports are {ours:?}, not {theirs:?}"));
            return;
        }
        let pairs: Vec<_> = self.ours.exports.iter().zip(&self.theirs.exports).collect();
        for ((name, kind, our), (_, _, their)) in pairs {
            let fits = match kind {
                ExternalKind::Func => self.function(*our, *their),
                ExternalKind::Global => self.global(*our, *their),
                ExternalKind::Tag => self.tag(*our, *their),
                _ => our == their,
            };
            if !fits {
                self.problem(format!("export `{name}` is something else"));
            }
        }
        let fits = match (self.ours.start, self.theirs.start) {
            (Some(our), Some(their)) => self.function(our, their),
            (our, their) => our == their,
        };
        if !fits {
            self.problem("the start functions differ".to_owned());
        }
    }

    fn limits(&mut self) {
        let pairs = self.ours.memories.iter().zip(&self.theirs.memories);
        let fits = pairs.into_iter().all(|(our, their)| {
            let same = |memory: &wasmparser::MemoryType| {
                (
                    memory.memory64,
                    memory.shared,
                    memory.maximum,
                    memory.page_size_log2,
                )
            };
            // A memory without room to grow is as large as its data.
            let max = our.maximum == Some(our.initial) && their.maximum == Some(their.initial);
            our.initial <= their.initial
                && (same(our) == same(their) || (max && our.shared == their.shared))
        });
        if !fits || self.ours.memories.len() != self.theirs.memories.len() {
            let (our, their) = (&self.ours.memories, &self.theirs.memories);
            self.problem(format!("memories are {our:?}, not {their:?}"));
        }
        let pairs = self.ours.tables.iter().zip(&self.theirs.tables);
        let fits = pairs.into_iter().all(|(our, their)| {
            our.element_type == their.element_type
                && our.table64 == their.table64
                && our.initial <= their.initial
                && our.maximum.is_some() == their.maximum.is_some()
        });
        if !fits || self.ours.tables.len() > self.theirs.tables.len() {
            let (our, their) = (&self.ours.tables, &self.theirs.tables);
            self.problem(format!("tables are {our:?}, not {their:?}"));
        }
    }

    /// Custom sections; of debug information, whose numbers are offsets of code, only that it is
    /// there.
    fn customs(&mut self) {
        let contents = |module: &Module| -> Vec<(String, Vec<u8>)> {
            let customs = module.customs.iter();
            let known = |name: &str| {
                name == ".debug_info" || name.starts_with("reloc.") || name == "linking"
            };
            // Of debug information only what is needed stays.
            let debug = |name: &str| name.starts_with(".debug_") && name != ".debug_info";
            customs
                .filter(|(name, _)| !debug(name))
                .map(|(name, bytes)| match known(name) {
                    true => (name.clone(), Vec::new()),
                    false => (name.clone(), bytes.clone()),
                })
                .collect()
        };
        let (ours, theirs) = (contents(self.ours), contents(self.theirs));
        if ours != theirs {
            let names = |list: &[(String, Vec<u8>)]| -> Vec<String> {
                let items = list.iter();
                items
                    .map(|(name, bytes)| format!("{name} ({})", bytes.len()))
                    .collect()
            };
            let (ours, theirs) = (names(&ours), names(&theirs));
            self.problem(format!("custom sections are {ours:?}, not {theirs:?}"));
        }
    }

    /// Looks at bodies until no new pair comes up.
    fn run(&mut self) {
        while let Some((our, their)) = self.queue.pop() {
            if let Err(problem) = self.bodies(our, their) {
                let name = self.theirs.function_name(their);
                let by = self.ours.function_name(our);
                self.problem(format!("`{name}`, which is our `{by}`: {problem}"));
            }
            if self.problems.len() >= LISTED {
                return;
            }
        }
    }

    fn bodies(&mut self, our: u32, their: u32) -> Result<(), String> {
        let (Some(our), Some(their)) = (self.ours.body(our), self.theirs.body(their)) else {
            return Err("only one of them is imported".to_owned());
        };
        let text = |error: wasmparser::Error| error.to_string();
        let body = |bytes| FunctionBody::new(BinaryReader::new(bytes, 0));
        let locals = |bytes| -> Result<Vec<(u32, wasmparser::ValType)>, String> {
            let reader = body(bytes).get_locals_reader().map_err(text)?;
            reader
                .into_iter()
                .map(|local| local.map_err(text))
                .collect()
        };
        if locals(our)? != locals(their)? {
            return Err("local variables differ".to_owned());
        }
        let (ours, theirs) = (
            flow::steps(our).map_err(text)?,
            flow::steps(their).map_err(text)?,
        );
        for (number, (our, their)) in ours.iter().zip(&theirs).enumerate() {
            let fits = match (our, their) {
                (Step::Plain(our), Step::Plain(their)) => self.operators(our, their),
                (Step::Jump(when, our), Step::Jump(other, their)) => when == other && our == their,
                (Step::Table(our), Step::Table(their)) => our == their,
                _ => false,
            };
            if !fits {
                return Err(format!("step {number} is {our:?}, not {their:?}"));
            }
        }
        match ours.len() == theirs.len() {
            true => Ok(()),
            false => Err("one has more instructions".to_owned()),
        }
    }

    /// Two instructions correspond if their texts do, with numbers replaced by what they refer to.
    fn operators(&mut self, our: &Operator<'_>, their: &Operator<'_>) -> bool {
        let (our, their) = (format!("{our:?}"), format!("{their:?}"));
        let words = |text: &str| -> Vec<String> {
            let parts = text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'));
            let parts = parts.filter(|word| !word.is_empty());
            parts.map(str::to_owned).collect()
        };
        let (our, their) = (words(&our), words(&their));
        if our.len() != their.len() {
            return false;
        }
        let mut what = "";
        for (our, their) in our.iter().zip(&their) {
            let fits = match (our.parse::<i64>(), their.parse::<i64>()) {
                (Ok(our), Ok(their)) => self.number(what, our, their),
                _ => our == their,
            };
            if !fits {
                return false;
            }
            if !our.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
                what = our;
            }
        }
        true
    }

    /// A number in an instruction, by the field that it stands in.
    fn number(&mut self, what: &str, our: i64, their: i64) -> bool {
        let (our_index, their_index) = (our as u32, their as u32);
        match what {
            "function_index" => self.function(our_index, their_index),
            "global_index" => self.global(our_index, their_index),
            "type_index" | "FuncType" => self.types(our_index, their_index),
            "tag_index" | "tag" => self.tag(our_index, their_index),
            "value" | "offset" => our == their || self.constant(our, their),
            _ => our == their,
        }
    }

    fn types(&self, our: u32, their: u32) -> bool {
        self.ours.types.get(our as usize) == self.theirs.types.get(their as usize)
    }

    fn tag(&self, our: u32, their: u32) -> bool {
        let (ours, theirs) = (&self.ours.tags, &self.theirs.tags);
        match (ours.get(our as usize), theirs.get(their as usize)) {
            (Some(&our), Some(&their)) => self.types(our, their),
            _ => false,
        }
    }

    fn function(&mut self, our: u32, their: u32) -> bool {
        if let Some(&known) = self.functions.get(&their) {
            return known == our;
        }
        if self.ours.function_type(our) != self.theirs.function_type(their) {
            return false;
        }
        match (import(self.ours, our), import(self.theirs, their)) {
            (None, None) => self.queue.push((our, their)),
            (our, their) if our != their => return false,
            _ => {}
        }
        self.functions.insert(their, our);
        true
    }

    fn global(&mut self, our: u32, their: u32) -> bool {
        if let Some(&known) = self.globals.get(&their) {
            return known == our;
        }
        self.globals.insert(their, our);
        let (ours, theirs) = (&self.ours.globals, &self.theirs.globals);
        let (Some(our), Some(their)) = (ours.get(our as usize), theirs.get(their as usize)) else {
            return false;
        };
        our.0 == their.0
            && match (our.1, their.1) {
                (Some(our), Some(their)) => our == their || self.constant(our, their),
                (our, their) => our == their,
            }
    }

    /// Two numbers that differ: slots of corresponding functions, or addresses.
    fn constant(&mut self, our: i64, their: i64) -> bool {
        let mask = if self.ours.is64() {
            u64::MAX
        } else {
            u64::from(u32::MAX)
        };
        let (our, their) = (our as u64 & mask, their as u64 & mask);
        if let (Some(our), Some(their)) = (slot(self.ours, our), slot(self.theirs, their)) {
            return self.function(our, their);
        }
        // An address is within memory, and not in the stack's or null's first bytes.
        let end = |module: &Module| {
            let pages = module.memories.first().map_or(0, |memory| memory.initial);
            pages.saturating_mul(65536)
        };
        let first = |module: &Module| {
            let starts = module.data.iter().filter_map(|(at, _)| *at);
            starts.min().unwrap_or(0)
        };
        let inside = |module: &Module, at: u64| first(module) <= at && at <= end(module);
        if !inside(self.ours, our) || !inside(self.theirs, their) {
            return false;
        }
        *self.addresses.entry(their).or_insert(our) == our
    }

    /// The contents of memory: as a whole where the layout is the same, else from each address that
    /// has moved up to the next.
    fn data(&mut self) {
        let layout = |module: &Module| -> Vec<(Option<u64>, usize)> {
            let segments = module.data.iter();
            segments.map(|(at, bytes)| (*at, bytes.len())).collect()
        };
        if layout(self.ours) == layout(self.theirs) && self.addresses.is_empty() {
            let pairs: Vec<_> = self.ours.data.iter().zip(&self.theirs.data).collect();
            for (number, ((_, our), (_, their))) in pairs.into_iter().enumerate() {
                self.contents(our, their, &format!("segment {number}"));
            }
            return self.run();
        }
        let mut done = BTreeSet::new();
        loop {
            let known: Vec<(u64, u64)> = self.addresses.iter().map(|(t, o)| (*t, *o)).collect();
            let Some(&(their, our)) = known.iter().find(|(t, _)| !done.contains(t)) else {
                return;
            };
            done.insert(their);
            let next = known.iter().map(|(t, _)| *t).find(|t| *t > their);
            let theirs = bytes_at(self.theirs, their);
            let length = next.map_or(theirs.len(), |next| {
                theirs.len().min((next - their) as usize)
            });
            let ours = bytes_at(self.ours, our);
            if ours.len() < length && theirs[ours.len()..length].iter().any(|&byte| byte != 0) {
                self.problem(format!("data at {their:#x} are cut short at our {our:#x}"));
                return;
            }
            let length = length.min(ours.len());
            self.contents(
                &ours[..length],
                &theirs[..length],
                &format!("data at {their:#x}"),
            );
            self.run();
            if self.problems.len() >= LISTED {
                return;
            }
        }
    }

    /// Bytes that are the same but for pointers.
    fn contents(&mut self, our: &[u8], their: &[u8], place: &str) {
        let width = if self.ours.is64() { 8 } else { 4 };
        if our.len() != their.len() {
            self.problem(format!(
                "{place} has {} bytes, not {}",
                our.len(),
                their.len()
            ));
            return;
        }
        for (number, (our, their)) in our.chunks(width).zip(their.chunks(width)).enumerate() {
            let word = |bytes: &[u8]| {
                let bytes = bytes.iter().rev();
                bytes.fold(0, |value: u64, &byte| value << 8 | u64::from(byte)) as i64
            };
            if our != their && !(our.len() == width && self.constant(word(our), word(their))) {
                let at = number * width;
                self.problem(format!("{place} + {at:#x} is {our:02x?}, not {their:02x?}"));
                return;
            }
        }
    }

    /// Functions that no pair has led to (in a table whose slots are only in data that look the same, or
    /// kept without use) correspond to one of the same name.
    fn unreached(&mut self) {
        let mut theirs: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for (at, name) in &self.theirs.function_names {
            theirs.entry(name.as_str()).or_default().push(*at);
        }
        let listed = self.ours.elements.iter().flat_map(|element| &element.2);
        let all = 0..self.ours.functions.len() as u32;
        let candidates: Vec<u32> = listed.copied().chain(all).collect();
        for our in candidates {
            if self.functions.values().any(|&known| known == our) {
                continue;
            }
            let name = self.ours.function_name(our);
            let same_name = theirs.get(name.as_str()).cloned().unwrap_or_default();
            let _ = same_name.into_iter().any(|their| self.attempt(our, their));
        }
    }

    /// Relates two functions if that leads to no contradiction.
    fn attempt(&mut self, our: u32, their: u32) -> bool {
        let before = (self.functions.clone(), self.globals.clone());
        let addresses = self.addresses.clone();
        let problems = std::mem::take(&mut self.problems);
        let fits = self.function(our, their) && {
            self.run();
            self.problems.is_empty()
        };
        self.problems = problems;
        if !fits {
            (self.functions, self.globals) = before;
            self.addresses = addresses;
            self.queue.clear();
        }
        fits
    }

    /// Reports what corresponds to nothing.
    fn leftovers(&mut self) {
        let ours: BTreeSet<u32> = self.functions.values().copied().collect();
        for function in 0..self.ours.functions.len() as u32 {
            if !ours.contains(&function) && self.ours.body(function).is_some() {
                let name = self.ours.function_name(function);
                self.problem(format!("our function `{name}` has no counterpart"));
            }
        }
        let called: BTreeSet<u32> = self
            .functions
            .keys()
            .flat_map(|&function| indirect_types(self.theirs, function))
            .collect();
        let listed = self.theirs.elements.iter().flat_map(|element| &element.2);
        let mut excused: Vec<u32> = listed
            .copied()
            .filter(|function| !self.functions.contains_key(function))
            .filter(|&function| {
                let ty = self.theirs.functions.get(function as usize);
                ty.is_none_or(|ty| !called.contains(ty))
            })
            .collect();
        let mut seen: BTreeSet<u32> = excused.iter().copied().collect();
        while let Some(function) = excused.pop() {
            for callee in self.theirs.calls(function) {
                if !self.functions.contains_key(&callee) && seen.insert(callee) {
                    excused.push(callee);
                }
            }
        }
        for function in 0..self.theirs.functions.len() as u32 {
            let known = self.functions.contains_key(&function) || seen.contains(&function);
            if !known && self.theirs.body(function).is_some() {
                let name = self.theirs.function_name(function);
                self.problem(format!("`{name}` is missing"));
            }
        }
    }
}

/// Where a function is imported from.
fn import(module: &Module, function: u32) -> Option<(&str, &str)> {
    let mut functions = module
        .imports
        .iter()
        .filter(|(.., ty)| matches!(ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
    let (from, name, _) = functions.nth(function as usize)?;
    Some((from, name))
}

/// The function in a slot of a table.
fn slot(module: &Module, at: u64) -> Option<u32> {
    module.elements.iter().find_map(|(_, first, functions)| {
        let offset = usize::try_from(at.checked_sub(*first)?).ok()?;
        functions.get(offset).copied()
    })
}

/// What stands from an address to the end of its segment; nothing in `.bss`.
fn bytes_at(module: &Module, at: u64) -> &[u8] {
    let found = module.data.iter().find_map(|(start, bytes)| {
        let offset = usize::try_from(at.checked_sub((*start)?)?).ok()?;
        bytes.get(offset..).filter(|rest| !rest.is_empty())
    });
    found.unwrap_or(&[])
}

/// The types of a function's calls through tables.
fn indirect_types(module: &Module, function: u32) -> Vec<u32> {
    let Some(bytes) = module.body(function) else {
        return Vec::new();
    };
    let body = FunctionBody::new(BinaryReader::new(bytes, 0));
    let Ok(operators) = body.get_operators_reader() else {
        return Vec::new();
    };
    let types = operators.into_iter().flatten().filter_map(|op| match op {
        Operator::CallIndirect { type_index, .. }
        | Operator::ReturnCallIndirect { type_index, .. } => Some(type_index),
        _ => None,
    });
    types.collect()
}
