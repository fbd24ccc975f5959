//! Symbols that the linker defines: the ends of memory, stack, heap and segments, the stack pointer, the function
//! table, and what threads need.
//!
//! wasm-ld chose the names; compilers and C libraries rely on them.

use hashbrown::HashSet;
use wasmparser::SymbolFlags;
use xsys_diag::Diagnostic;

use super::{Entry, Table};
use crate::wasm::WasmOptions;
use crate::wasm::ids::{FunctionRef, SymbolKind};
use crate::wasm::object::{NO_SIGNATURE, Signature};
use crate::wasm::symbols::told::Stage;
use crate::wasm::symbols::{Definition, LinkerSymbol, SyntheticFunction, SyntheticKind};

const TAKES_I32: Signature<'static> = &[0x60, 1, I32, 0];
const TAKES_I64: Signature<'static> = &[0x60, 1, I64, 0];
const I32: u8 = 0x7f;
const I64: u8 = 0x7e;

impl<'a> Table<'a> {
    /// Defines the symbols that come before those of files. Their order decides the order of exports.
    pub(super) fn define_first(&mut self) {
        let ctors = self.synthetic("__wasm_call_ctors", SyntheticKind::CallCtors);
        if self.options.relocatable {
            return;
        }
        let mut entry = Entry::linker("__wasm_call_ctors", SymbolKind::Function, ctors);
        entry.signature = NO_SIGNATURE;
        self.insert(entry.symbol(false));
        let definition = Definition::Linker(LinkerSymbol::StackPointer);
        let mut entry = Entry::linker("__stack_pointer", SymbolKind::Global, definition);
        entry.global_type = [0x7f, 1];
        entry.flags = SymbolFlags::empty();
        entry.global_type[0] = self.pointer();
        self.insert(entry.symbol(false));
        if self.options.memory.shared {
            self.define_thread_symbols();
        }
    }

    /// The type of addresses.
    pub(super) fn pointer(&self) -> u8 {
        match self.options.is64() {
            true => I64,
            false => I32,
        }
    }

    /// Defines what a thread library needs to start a thread.
    pub(super) fn define_thread_symbols(&mut self) {
        let pointer = self.pointer();
        for (name, kind, mutable) in [
            ("__tls_base", LinkerSymbol::TlsBase, 1),
            ("__tls_size", LinkerSymbol::TlsSize, 0),
            ("__tls_align", LinkerSymbol::TlsAlign, 0),
        ] {
            let mut entry = Entry::linker(name, SymbolKind::Global, Definition::Linker(kind));
            entry.global_type = [pointer, mutable];
            self.insert(entry.symbol(false));
        }
        let name = "__wasm_init_tls";
        let signature = match pointer {
            I64 => TAKES_I64,
            _ => TAKES_I32,
        };
        let function = self.synthetic(name, SyntheticKind::InitTls);
        if let Some(made) = self.resolved.synthetic.last_mut() {
            made.signature = signature;
        }
        let mut entry = Entry::linker(name, SymbolKind::Function, function);
        entry.signature = signature;
        self.insert(entry.symbol(false));
    }

    pub(super) fn synthetic(&mut self, name: &str, kind: SyntheticKind) -> Definition {
        self.resolved.synthetic.push(SyntheticFunction {
            name: name.to_owned(),
            signature: NO_SIGNATURE,
            kind,
        });
        let at = self.resolved.synthetic.len() as u32 - 1;
        Definition::Function(FunctionRef::Synthetic(at))
    }

    /// Defines the symbols that are only defined if something refers to them.
    pub(super) fn define_optional(&mut self, options: &'a WasmOptions) {
        use LinkerSymbol::*;
        for (name, kind) in [
            ("__dso_handle", DsoHandle),
            ("__data_end", DataEnd),
            ("__stack_low", StackLow),
            ("__stack_high", StackHigh),
            ("__global_base", GlobalBase),
            ("__heap_base", HeapBase),
            ("__heap_end", HeapEnd),
            ("__memory_base", MemoryBase),
            ("__table_base", TableBase),
            ("__wasm_first_page_end", FirstPageEnd),
        ] {
            let asked = options.exports.iter().chain(&options.export_if_defined);
            let asked = options.export_all || asked.into_iter().any(|wanted| wanted == name);
            let entry = Entry::linker(name, SymbolKind::Data, Definition::Linker(kind));
            match self.get(name) {
                None if asked => {
                    self.insert(entry.symbol(true));
                }
                Some(id) if !self.at(id).is_defined() => self.replace(id, &entry),
                _ => {}
            }
        }
        if let Some(id) = self.get("__tls_base")
            && !self.at(id).is_defined()
        {
            let definition = Definition::Linker(TlsBase);
            let mut entry = Entry::linker("__tls_base", SymbolKind::Global, definition);
            entry.global_type[0] = self.pointer();
            self.replace(id, &entry);
        }
        // wasm-ld defines these after garbage collection.
        self.resolved.told.set_stage(Stage::Layout);
        self.define_function_table(options);
        if options.memory.shared && options.export_all {
            let name = "__wasm_init_memory_flag";
            let entry = Entry::linker(name, SymbolKind::Data, Definition::Linker(InitFlag));
            if self.get(name).is_none() {
                self.insert(entry.symbol(false));
            }
        }
        self.define_segment_ends();
        self.resolved.told.set_stage(Stage::Names);
    }

    /// Defines `__indirect_function_table`, which is undefined in all objects that call through pointers.
    pub(super) fn define_function_table(&mut self, options: &'a WasmOptions) {
        let name = "__indirect_function_table";
        let Some(id) = self.get(name) else {
            if options.table.export && !options.table.import {
                let definition = Definition::Linker(LinkerSymbol::FunctionTable);
                let entry = Entry::linker(name, SymbolKind::Table, definition);
                let id = self.insert(entry.symbol(false));
                self.at(id).force_export = true;
            }
            return;
        };
        if self.at(id).is_defined() {
            self.problems.push(
                Diagnostic::error(format!("an object defines `{name}`"))
                    .help("that name belongs to the linker; rename the table"),
            );
            return;
        }
        let symbol = self.at(id);
        if options.table.import {
            symbol.explicit_import = true;
        } else {
            symbol.definition = Definition::Linker(LinkerSymbol::FunctionTable);
            symbol.force_export = options.table.export;
            symbol.flags.remove(SymbolFlags::UNDEFINED);
            symbol.flags |= SymbolFlags::VISIBILITY_HIDDEN;
            self.tell_meaning(id);
        }
    }

    /// Defines `__start_NAME` and `__stop_NAME` of segments whose names are C identifiers.
    pub(super) fn define_segment_ends(&mut self) {
        use LinkerSymbol::{SegmentEnd, SegmentStart};
        self.export_segment_ends();
        for at in 0..self.resolved.named.len() {
            let id = self.resolved.named[at];
            let symbol = self.resolved.symbol(id);
            if symbol.is_defined() || symbol.kind != SymbolKind::Data || !symbol.used {
                continue;
            }
            let name = symbol.name;
            let definition = if name.strip_prefix("__start_").is_some_and(is_c_identifier) {
                SegmentStart
            } else if name.strip_prefix("__stop_").is_some_and(is_c_identifier) {
                SegmentEnd
            } else {
                continue;
            };
            let segment = segment_name(name);
            let exists = self.resolved.files.iter().flat_map(|file| &file.segments);
            if exists.into_iter().any(|known| known.name == segment) {
                let definition = Definition::Linker(definition);
                self.replace(id, &Entry::linker(name, SymbolKind::Data, definition));
            }
        }
    }
}

impl<'a> Table<'a> {
    /// Defines the ones that the command line exports, even if nothing refers to them.
    fn export_segment_ends(&mut self) {
        let options = self.options;
        let asked = |name: &str| {
            let mut asked = options.exports.iter().chain(&options.export_if_defined);
            options.export_all || asked.any(|wanted| wanted == name)
        };
        let mut seen: HashSet<&'a str> = HashSet::new();
        let mut names: Vec<&'a str> = Vec::new();
        for &id in &self.order {
            let file = self.resolved.file(id);
            for (segment, known) in file.segments.iter().enumerate() {
                let key = (id, segment as u32);
                // By wasm-ld's rules, some members of dropped groups are kept after all.
                let kept =
                    options.shrink.compat || !self.resolved.discarded.segments.contains(&key);
                if kept && is_c_identifier(known.name) && seen.insert(known.name) {
                    names.push(known.name);
                }
            }
        }
        for segment in names {
            for (prefix, kind) in [
                ("__start_", LinkerSymbol::SegmentStart),
                ("__stop_", LinkerSymbol::SegmentEnd),
            ] {
                let name = format!("{prefix}{segment}");
                if !asked(&name) || self.get(&name).is_some() {
                    continue;
                }
                let name = self.keeper.name(name);
                let entry = Entry::linker(name, SymbolKind::Data, Definition::Linker(kind));
                self.insert(entry.symbol(false));
            }
        }
    }
}

/// The segment that `__start_NAME` or `__stop_NAME` belongs to.
pub(crate) fn segment_name(symbol: &str) -> &str {
    let rest = symbol.strip_prefix("__start_");
    rest.or_else(|| symbol.strip_prefix("__stop_"))
        .unwrap_or(symbol)
}

fn is_c_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}
