//! What a module's offsets and indexes mean: functions, their names and types, source lines.
//!
//! Names come from the name section, else from exports, else from debug information. Lines come
//! from DWARF, whose addresses are offsets in the code section (tool-conventions, "DWARF").

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use addr2line::Context;
use addr2line::gimli::{Dwarf, EndianSlice, LittleEndian, SectionId};
use wasmparser::{
    CompositeInnerType, ConstExpr, ElementItems, ElementKind, ExternalKind, FuncType, KnownCustom,
    Name, Operator, Parser, Payload, TypeRef, ValType,
};

use crate::wasm_engine::types::signature;

type Reader<'a> = EndianSlice<'a, LittleEndian>;

/// A place in the sources: a function, and where in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    pub function: String,
    pub file: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
}

/// What an instruction calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Called {
    Function(u32),
    /// Through a table, as this type.
    Indirect {
        ty: u32,
        table: u32,
    },
}

#[derive(Default)]
pub(crate) struct Symbols<'a> {
    wasm: &'a [u8],
    code: u64,
    /// Offsets of function bodies, in the code section.
    bodies: Vec<Range<u32>>,
    imported: u32,
    names: BTreeMap<u32, String>,
    types: Vec<Option<FuncType>>,
    function_types: Vec<u32>,
    /// The initial contents of tables, by table and index.
    elements: BTreeMap<(u32, u64), u32>,
    /// Modules that functions are imported from.
    imports: BTreeSet<(&'a str, &'a str)>,
    /// The initial value of `__stack_pointer`: the stack is below it, if it comes first in memory.
    pub stack_size: Option<u64>,
    debug: BTreeMap<&'a str, &'a [u8]>,
    /// Created when the first line is needed.
    context: OnceCell<Option<Context<Reader<'a>>>>,
}

impl<'a> Symbols<'a> {
    /// Reads everything that can be read; the engine has accepted the module before.
    pub(crate) fn read(wasm: &'a [u8]) -> Self {
        let mut symbols = Self {
            wasm,
            ..Self::default()
        };
        let mut exported = BTreeMap::new();
        for payload in Parser::new(0).parse_all(wasm) {
            let Ok(payload) = payload else { break };
            match payload {
                Payload::CustomSection(section) if section.name().starts_with(".debug_") => {
                    symbols.debug.insert(section.name(), section.data());
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(names) = section.as_known() {
                        symbols.take_names(names);
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports.into_iter().filter_map(Result::ok) {
                        if export.kind == ExternalKind::Func {
                            exported.insert(export.index, export.name.to_owned());
                        }
                    }
                }
                payload => {
                    if symbols.take(payload).is_none() {
                        break;
                    }
                }
            }
        }
        for (index, name) in exported {
            symbols.names.entry(index).or_insert(name);
        }
        symbols
    }

    fn take(&mut self, payload: Payload<'a>) -> Option<()> {
        match payload {
            Payload::TypeSection(types) => {
                for ty in types
                    .into_iter()
                    .filter_map(Result::ok)
                    .flat_map(|group| group.into_types().collect::<Vec<_>>())
                {
                    self.types.push(match ty.composite_type.inner {
                        CompositeInnerType::Func(ty) => Some(ty),
                        _ => None,
                    });
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import.ok()?;
                    if let TypeRef::Func(ty) | TypeRef::FuncExact(ty) = import.ty {
                        let name = format!("{}.{}", import.module, import.name);
                        self.names.insert(self.imported, name);
                        self.imports.insert((import.module, import.name));
                        self.function_types.push(ty);
                        self.imported += 1;
                    }
                }
            }
            Payload::FunctionSection(functions) => {
                self.function_types
                    .extend(functions.into_iter().filter_map(Result::ok));
            }
            Payload::GlobalSection(globals) => {
                // LLVM's stack pointer is the first mutable global.
                let first = globals.into_iter().filter_map(Result::ok).next()?;
                self.stack_size = constant(&first.init_expr).filter(|_| first.ty.mutable);
            }
            Payload::ElementSection(elements) => {
                for element in elements {
                    self.take_elements(&element.ok()?);
                }
            }
            Payload::CodeSectionStart {
                unchecked_range, ..
            } => self.code = unchecked_range.start,
            Payload::CodeSectionEntry(body) => {
                let range = body.range();
                let offset = |at: u64| u32::try_from(at.checked_sub(self.code)?).ok();
                self.bodies.push(offset(range.start)?..offset(range.end)?);
            }
            _ => {}
        }
        Some(())
    }

    fn take_names(&mut self, names: wasmparser::NameSectionReader<'a>) {
        for subsection in names.into_iter().filter_map(Result::ok) {
            let Name::Function(names) = subsection else {
                continue;
            };
            for naming in names.into_iter().filter_map(Result::ok) {
                let name = format!("{:#}", rustc_demangle::demangle(naming.name));
                self.names.insert(naming.index, name);
            }
        }
    }

    fn take_elements(&mut self, element: &wasmparser::Element<'_>) {
        let ElementKind::Active {
            table_index,
            offset_expr,
        } = &element.kind
        else {
            return;
        };
        let Some(first) = constant(offset_expr) else {
            return;
        };
        let ElementItems::Functions(functions) = &element.items else {
            return;
        };
        let table = table_index.unwrap_or(0);
        for (at, function) in (first..).zip(functions.clone().into_iter().filter_map(Result::ok)) {
            self.elements.insert((table, at), function);
        }
    }

    /// The function whose body contains an offset.
    pub(crate) fn function_at(&self, offset: u32) -> Option<u32> {
        let at = self.bodies.partition_point(|body| body.end <= offset);
        let body = self.bodies.get(at)?;
        let at = u32::try_from(at).ok()?;
        body.contains(&offset).then_some(self.imported + at)
    }

    pub(crate) fn name(&self, function: u32) -> String {
        let name = self.named(function).map(str::to_owned);
        name.unwrap_or_else(|| format!("function {function}"))
    }

    /// Whether functions are imported from a module of this name.
    pub(crate) fn imports_from(&self, module: &str) -> bool {
        self.imports.iter().any(|(from, _)| *from == module)
    }

    /// Whether this function is imported.
    pub(crate) fn imports(&self, module: &str, name: &str) -> bool {
        self.imports.contains(&(module, name))
    }

    pub(crate) fn has_lines(&self) -> bool {
        self.debug.contains_key(".debug_info")
    }

    /// Whether functions have names of their own.
    pub(crate) fn has_names(&self) -> bool {
        let own = self.names.range(self.imported..).count();
        own * 2 >= self.bodies.len()
    }

    /// Functions with bodies: indexes and where the bodies are in the code section.
    pub(crate) fn bodies(&self) -> impl Iterator<Item = (u32, &Range<u32>)> {
        (self.imported..).zip(&self.bodies)
    }

    /// A function's name, if it has one.
    pub(crate) fn named(&self, function: u32) -> Option<&str> {
        self.names.get(&function).map(String::as_str)
    }

    /// The function's type in words.
    pub(crate) fn function_type(&self, function: u32) -> Option<String> {
        self.type_text(*self.function_types.get(function as usize)?)
    }

    pub(crate) fn type_text(&self, ty: u32) -> Option<String> {
        let ty = self.types.get(ty as usize)?.as_ref()?;
        Some(signature(ty.params(), ty.results(), |ty| match ty {
            ValType::I32 => "i32",
            ValType::I64 => "i64",
            ValType::F32 => "f32",
            ValType::F64 => "f64",
            ValType::V128 => "v128",
            ValType::Ref(_) => "reference",
        }))
    }

    /// The initial entry of a table at an index.
    pub(crate) fn element(&self, table: u32, index: u64) -> Option<u32> {
        self.elements.get(&(table, index)).copied()
    }

    /// What the instruction at an offset calls.
    pub(crate) fn called(&self, offset: u32) -> Option<Called> {
        let bytes = self
            .wasm
            .get(usize::try_from(self.code.checked_add(offset.into())?).ok()?..)?;
        let mut reader = wasmparser::BinaryReader::new(bytes, 0);
        let opcode = reader.read_u8().ok()?;
        let first = reader.read_var_u32().ok()?;
        match opcode {
            0x10 | 0x12 => Some(Called::Function(first)),
            0x11 | 0x13 => Some(Called::Indirect {
                ty: first,
                table: reader.read_var_u32().ok()?,
            }),
            _ => None,
        }
    }

    /// Whether calls of a function are not recorded.
    pub(crate) fn is_plain(&self, function: u32) -> bool {
        let plain = || {
            let body = self
                .bodies
                .get(function.checked_sub(self.imported)? as usize)?;
            let at = |offset: u32| usize::try_from(self.code.checked_add(offset.into())?).ok();
            let bytes = self.wasm.get(at(body.start)?..at(body.end)?)?;
            let reader = wasmparser::BinaryReader::new(bytes, 0);
            super::record::is_plain(&wasmparser::FunctionBody::new(reader))
        };
        plain().unwrap_or(false)
    }

    /// Where in the sources an offset is, the innermost inlined function first.
    pub(crate) fn frames(&self, offset: u32) -> Vec<Frame> {
        let own = self.function_at(offset).map(|function| self.name(function));
        let mut frames = self.lines(offset.into()).unwrap_or_default();
        // The name section's name is the linker's; DWARF's has no path for functions that are not
        // generic.
        match (frames.last_mut(), own) {
            (Some(last), Some(own)) if !own.starts_with("function ") => last.function = own,
            (None, own) => frames.push(Frame {
                function: own.unwrap_or_else(|| format!("code at {offset:#x}")),
                ..Frame::default()
            }),
            _ => {}
        }
        frames
    }

    fn context(&self) -> Option<&Context<Reader<'a>>> {
        let made = self.context.get_or_init(|| {
            let section = |id: SectionId| -> Result<Reader<'a>, addr2line::gimli::Error> {
                let bytes = self.debug.get(id.name()).copied().unwrap_or_default();
                Ok(EndianSlice::new(bytes, LittleEndian))
            };
            let context = Dwarf::load(section).and_then(Context::from_dwarf);
            context.ok()
        });
        made.as_ref()
    }

    fn lines(&self, offset: u64) -> Option<Vec<Frame>> {
        let mut found = self.context()?.find_frames(offset).skip_all_loads().ok()?;
        let mut frames = Vec::new();
        while let Ok(Some(frame)) = found.next() {
            let name = frame.function.as_ref().and_then(|name| {
                let name = name.raw_name().ok()?;
                Some(format!("{:#}", rustc_demangle::demangle(&name)))
            });
            let location = frame.location.as_ref();
            frames.push(Frame {
                function: name.unwrap_or_else(|| "?".to_owned()),
                file: location
                    .and_then(|location| location.file)
                    .map(str::to_owned),
                line: location.and_then(|location| location.line),
                column: location
                    .and_then(|location| location.column)
                    .filter(|&column| column != 0),
            });
        }
        Some(frames)
    }
}

/// A constant's value; other expressions depend on imports.
fn constant(expression: &ConstExpr<'_>) -> Option<u64> {
    match expression.get_operators_reader().read() {
        Ok(Operator::I32Const { value }) => Some(value.cast_unsigned().into()),
        Ok(Operator::I64Const { value }) => Some(value.cast_unsigned()),
        _ => None,
    }
}
