//! The sections of a module, and what they contain apart from linking metadata.
//!
//! Spec: core specification, "Binary Format, Modules".

use wasmparser::{BinaryReader, TypeRef};

use super::{Function, Global, ImportName, MAGIC, ObjectFile, Parsed, Segment, Signature, text};
use crate::wasm::leb::read_uleb32;
use crate::wasm::reloc::Relocs;

pub(super) struct Section<'a> {
    pub(super) id: u8,
    pub(super) start: usize,
    pub(super) payload: &'a [u8],
}

/// Splits a module into its sections.
pub(super) fn sections<'a>(bytes: &'a [u8]) -> Parsed<Vec<Section<'a>>> {
    let mut reader = BinaryReader::new(bytes, 0);
    if reader
        .read_bytes(MAGIC.len().min(bytes.len()))
        .map_err(text)?
        != MAGIC
    {
        return Err("it does not start like a wasm module".into());
    }
    // Compilers write fewer than that.
    let mut found = Vec::with_capacity(32);
    while !reader.eof() {
        let id = reader.read_u8().map_err(text)?;
        let size = reader.read_var_u32().map_err(text)?;
        let start = reader.current_position();
        let payload = reader.read_bytes(size as usize).map_err(text)?;
        found.push(Section { id, start, payload });
    }
    Ok(found)
}

impl<'a> Section<'a> {
    pub(super) fn reader(&self) -> BinaryReader<'a> {
        BinaryReader::new(self.payload, self.start as u64)
    }

    /// Name and contents of a custom section.
    pub(super) fn custom(&self) -> Parsed<(&'a str, Section<'a>)> {
        let mut reader = self.reader();
        let name = reader.read_unlimited_string().map_err(text)?;
        let at = reader.current_position();
        Ok((
            name,
            Section {
                id: 0,
                start: self.start + at,
                payload: &self.payload[at..],
            },
        ))
    }

    /// The encoded bytes of each item of a section. `skip` reads one item.
    pub(super) fn items(
        &self,
        mut skip: impl FnMut(&mut BinaryReader<'a>) -> wasmparser::Result<()>,
    ) -> Parsed<Vec<&'a [u8]>> {
        let mut reader = self.reader();
        let count = reader.read_var_u32().map_err(text)?;
        let mut items = Vec::new();
        for _ in 0..count {
            let from = reader.current_position();
            skip(&mut reader).map_err(text)?;
            items.push(&self.payload[from..reader.current_position()]);
        }
        Ok(items)
    }
}

/// Describes a well-formed module that has no symbol table; `None` for objects and damaged files.
pub fn finished(bytes: &[u8]) -> Option<&'static str> {
    let mut what = "a finished wasm module";
    for section in sections(bytes)
        .ok()?
        .iter()
        .filter(|section| section.id == 0)
    {
        match section.custom().ok()?.0 {
            "linking" => return None,
            "dylink.0" | "dylink" => what = "a wasm module for dynamic linking",
            _ => {}
        }
    }
    Some(what)
}

impl<'a> ObjectFile<'a> {
    pub(super) fn read_imports(&mut self, section: &Section<'a>) -> Parsed<()> {
        let reader = wasmparser::ImportSectionReader::new(section.reader()).map_err(text)?;
        // An import takes at least four bytes; nearly all are functions.
        let most = (reader.count() as usize).min(section.payload.len() / 4);
        self.imports.functions.reserve(most);
        for import in reader.into_imports() {
            let import = import.map_err(text)?;
            let name = ImportName {
                module: import.module,
                field: import.name,
            };
            match import.ty {
                TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                    self.signature(ty)?;
                    self.imports.functions.push((name, ty));
                }
                TypeRef::Global(ty) => {
                    let bytes = global_type(ty).ok_or("it imports a global of an unusual type")?;
                    self.imports.globals.push((name, bytes));
                }
                TypeRef::Table(ty) => {
                    check_table(ty)?;
                    let bytes = table_type(ty).ok_or("it imports a table of an unusual type")?;
                    self.imports.tables.push((name, bytes));
                }
                TypeRef::Tag(ty) => self.imports.tags.push((name, ty.func_type_idx)),
                TypeRef::Memory(ty) => self.memory64 |= ty.memory64,
            }
        }
        Ok(())
    }

    pub(super) fn read_globals(&mut self, section: &Section<'a>) -> Parsed<()> {
        let (mut mutable, mut plain) = (Vec::new(), true);
        let items = section.items(|reader| {
            let global = reader.read::<wasmparser::Global<'_>>()?;
            mutable.push(global.ty.mutable);
            plain &= is_plain_constant(&global)?;
            Ok(())
        })?;
        // Any other initialiser may contain an index, and there is no relocation to update it.
        if !plain {
            return Err("the value of one of its globals is not a plain constant".into());
        }
        self.globals = items
            .into_iter()
            .zip(mutable)
            .map(|(bytes, mutable)| Global { bytes, mutable })
            .collect();
        Ok(())
    }

    pub(super) fn read_code(&mut self, section: &Section<'a>, types: &[u32]) -> Parsed<()> {
        let mut reader = section.reader();
        let count = reader.read_var_u32().map_err(text)?;
        if count as usize != types.len() {
            let declared = types.len();
            return Err(format!(
                "it declares {declared} functions but has {count} bodies"
            ));
        }
        self.functions.reserve(types.len());
        for &ty in types {
            let from = reader.current_position();
            let size = reader.read_var_u32().map_err(text)?;
            let body = reader.current_position();
            reader.read_bytes(size as usize).map_err(text)?;
            self.functions.push(Function {
                signature: self.signature(ty)?,
                bytes: &section.payload[from..reader.current_position()],
                size_len: (body - from) as u32,
                offset: from as u32,
                relocs: Relocs::default(),
                export_name: None,
                debug_name: None,
            });
        }
        Ok(())
    }

    pub(super) fn read_data(&mut self, section: &Section<'a>) -> Parsed<()> {
        if let Some(segments) = usual_data(section.payload) {
            self.segments = segments;
            return Ok(());
        }
        let reader = wasmparser::DataSectionReader::new(section.reader()).map_err(text)?;
        for data in reader {
            let data = data.map_err(text)?;
            // The contents are at the end of the segment.
            let end = data.range.end as usize - section.start;
            self.segments.push(segment(data.data, end));
        }
        Ok(())
    }

    pub(super) fn read_names(&mut self, section: &Section<'a>) {
        // Errors in the name section only cost names.
        let imported = self.imports.functions.len() as u32;
        for part in wasmparser::NameSectionReader::new(section.reader()).flatten() {
            if let wasmparser::Name::Function(map) = part {
                for naming in map.into_iter().flatten() {
                    let own = naming.index.checked_sub(imported);
                    if let Some(function) = own.and_then(|own| self.functions.get_mut(own as usize))
                    {
                        function.debug_name = Some(naming.name);
                    }
                }
            }
        }
    }
}

fn segment(data: &[u8], end: usize) -> Segment<'_> {
    Segment {
        name: "",
        align: 0,
        strings: false,
        tls: false,
        retain: false,
        data,
        offset: (end - data.len()) as u32,
        relocs: Relocs::default(),
    }
}

/// The segments of a data section that has the form that compilers write: each active in memory 0 at a constant
/// address. There are tens of thousands. `None` for any other form, and if something is wrong.
fn usual_data(payload: &[u8]) -> Option<Vec<Segment<'_>>> {
    const ACTIVE: u8 = 0;
    const I32_CONST: u8 = 0x41;
    const END: u8 = 0x0b;
    let mut at = 0;
    let count = read_uleb32(payload, &mut at)? as usize;
    // A segment takes at least five bytes.
    let mut segments = Vec::with_capacity(count.min(payload.len() / 5));
    for _ in 0..count {
        let &[ACTIVE, I32_CONST, ref address @ ..] = payload.get(at..)? else {
            return None;
        };
        // Four bytes are enough for addresses in their shortest form.
        let length = address.iter().take(4).position(|&byte| byte < 0x80)? + 1;
        if address.get(length) != Some(&END) {
            return None;
        }
        at += 2 + length + 1;
        let size = read_uleb32(payload, &mut at)? as usize;
        let data = payload.get(at..)?.get(..size)?;
        at += size;
        segments.push(segment(data, at));
    }
    (at == payload.len()).then_some(segments)
}

/// The types of the functions that the object defines.
pub(super) fn read_function_types(section: &Section<'_>, out: &mut Vec<u32>) -> Parsed<()> {
    let reader = wasmparser::FunctionSectionReader::new(section.reader());
    let reader = reader.map_err(text)?;
    out.reserve((reader.count() as usize).min(section.payload.len()));
    for ty in reader {
        out.push(ty.map_err(text)?);
    }
    Ok(())
}

/// The exported functions with their names.
pub(super) fn read_function_exports<'a>(
    section: &Section<'a>,
    out: &mut Vec<(u32, &'a str)>,
) -> Parsed<()> {
    for export in wasmparser::ExportSectionReader::new(section.reader()).map_err(text)? {
        let export = export.map_err(text)?;
        if export.kind == wasmparser::ExternalKind::Func {
            out.push((export.index, export.name));
        }
    }
    Ok(())
}

/// The function types of a type section, in encoded form.
pub(super) fn types<'a>(section: &Section<'a>) -> Parsed<Vec<Signature<'a>>> {
    if let Some(types) = usual_types(section.payload) {
        return Ok(types);
    }
    let items = section.items(|reader| reader.read::<wasmparser::RecGroup>().map(drop))?;
    // 0x60 starts a function type; recursive groups and subtypes are not allowed in objects.
    match items.iter().all(|item| item.first() == Some(&0x60)) {
        true => Ok(items),
        false => Err("it declares types other than functions".into()),
    }
}

/// The types of a section if all parameters and results are numbers. `None` for any other types, and if something is
/// wrong.
fn usual_types(payload: &[u8]) -> Option<Vec<Signature<'_>>> {
    let mut at = 0;
    let count = read_uleb32(payload, &mut at)? as usize;
    // A type takes at least three bytes.
    let mut types = Vec::with_capacity(count.min(payload.len() / 3));
    for _ in 0..count {
        let from = at;
        let mut next = || {
            at += 1;
            payload.get(at - 1).copied()
        };
        if next()? != 0x60 {
            return None;
        }
        for _ in 0..2 {
            let values = next().filter(|&values| values < 0x80)?;
            for _ in 0..values {
                // `i32`, `i64`, `f32`, `f64`
                next().filter(|value| (0x7c..0x80).contains(value))?;
            }
        }
        types.push(&payload[from..at]);
    }
    (at == payload.len()).then_some(types)
}

/// Whether a global's initial value is a constant of its type.
fn is_plain_constant(global: &wasmparser::Global<'_>) -> wasmparser::Result<bool> {
    use wasmparser::{Operator as O, ValType as V};
    let mut operators = global.init_expr.get_operators_reader();
    let value = operators.read()?;
    let fits = matches!(
        (value, global.ty.content_type),
        (O::I32Const { .. }, V::I32)
            | (O::I64Const { .. }, V::I64)
            | (O::F32Const { .. }, V::F32)
            | (O::F64Const { .. }, V::F64)
            | (O::V128Const { .. }, V::V128)
            | (O::RefNull { .. }, V::Ref(_))
    );
    Ok(fits && matches!(operators.read()?, O::End) && operators.eof())
}

/// A global's type, if its value type is encoded in one byte. Imported globals have no others.
pub(super) fn global_type(ty: wasmparser::GlobalType) -> Option<[u8; 2]> {
    use wasmparser::ValType;
    let value = match ty.content_type {
        ValType::I32 => 0x7f,
        ValType::I64 => 0x7e,
        ValType::F32 => 0x7d,
        ValType::F64 => 0x7c,
        ValType::V128 => 0x7b,
        ValType::Ref(ty) if ty == wasmparser::RefType::EXTERNREF => 0x6f,
        ValType::Ref(ty) if ty == wasmparser::RefType::FUNCREF => 0x70,
        ValType::Ref(_) => return None,
    };
    Some([value, u8::from(ty.mutable)])
}

/// wasmparser accepts any number; without 64-bit indexes a table has less than 4 Gi entries.
pub(super) fn check_table(ty: wasmparser::TableType) -> Parsed<()> {
    let most = if ty.table64 {
        u64::MAX
    } else {
        u64::from(u32::MAX)
    };
    let size = ty.initial.max(ty.maximum.unwrap_or(0));
    if size > most {
        return Err(format!(
            "it has a table of {size:#x} entries, but at most {most:#x} are possible"
        ));
    }
    if ty.shared {
        return Err(
            "it has a table that threads share, which needs references that can be shared".into(),
        );
    }
    if ty.maximum.is_some_and(|maximum| maximum < ty.initial) {
        return Err("it has a table that starts larger than it may become".into());
    }
    Ok(())
}

/// The encoded type of an imported table.
pub(super) fn table_type(ty: wasmparser::TableType) -> Option<Vec<u8>> {
    use wasmparser::RefType;
    let element = match ty.element_type {
        RefType::FUNCREF => 0x70,
        RefType::EXTERNREF => 0x6f,
        _ => return None,
    };
    let flags = u8::from(ty.maximum.is_some()) | if ty.table64 { 4 } else { 0 };
    let mut out = vec![element, flags];
    crate::wasm::leb::uleb(&mut out, ty.initial);
    if let Some(maximum) = ty.maximum {
        crate::wasm::leb::uleb(&mut out, maximum);
    }
    Some(out)
}

pub(super) fn producers<'a>(section: &Section<'a>) -> Parsed<Vec<(&'a str, &'a str, &'a str)>> {
    let mut found = Vec::new();
    for field in wasmparser::ProducersSectionReader::new(section.reader()).map_err(text)? {
        let field = field.map_err(text)?;
        for value in field.values {
            let value = value.map_err(text)?;
            found.push((field.name, value.name, value.version));
        }
    }
    Ok(found)
}

pub(super) fn features<'a>(section: &Section<'a>) -> Parsed<Vec<(u8, &'a str)>> {
    let mut reader = section.reader();
    let count = reader.read_var_u32().map_err(text)?;
    let mut found = Vec::new();
    for _ in 0..count {
        let prefix = reader.read_u8().map_err(text)?;
        if !matches!(prefix, b'+' | b'-' | b'=') {
            return Err(format!(
                "`target_features` has the unknown prefix {prefix:#x}"
            ));
        }
        found.push((prefix, reader.read_string().map_err(text)?));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_data_are_read_like_any() {
        let payload: &[u8] = &[
            3, // segments
            0, 0x41, 0, 0x0b, 2, 7, 8, // at 0
            0, 0x41, 0x80, 0x80, 4, 0x0b, 0, // at 0x10000, empty
            0, 0x41, 0x7f, 0x0b, 1, 9, // at -1
        ];
        let section = Section {
            id: 11,
            start: 100,
            payload,
        };
        let read = |payload: &[u8]| {
            let segments = usual_data(payload)?.into_iter();
            Some(
                segments
                    .map(|s| (s.data.to_vec(), s.offset))
                    .collect::<Vec<_>>(),
            )
        };
        let expected = vec![(vec![7, 8], 6), (vec![], 15), (vec![9], 20)];
        assert_eq!(read(payload), Some(expected.clone()));
        let reader = wasmparser::DataSectionReader::new(section.reader()).unwrap();
        let parsed = reader.into_iter().map(|data| {
            let data = data.unwrap();
            let end = data.range.end as usize - section.start;
            (data.data.to_vec(), (end - data.data.len()) as u32)
        });
        assert_eq!(parsed.collect::<Vec<_>>(), expected);

        // Cut off, with trailing bytes, passive, in another memory, without a constant, with a long address.
        let mut longer = payload.to_vec();
        longer.push(0);
        for odd in [
            &payload[..payload.len() - 1],
            &longer,
            &[1, 1, 0],
            &[1, 2, 0, 0x41, 0, 0x0b, 0],
            &[1, 0, 0x23, 0, 0x0b, 0],
            &[1, 0, 0x41, 0x80, 0x80, 0x80, 0x80, 0, 0x0b, 0],
            &[0xff, 0xff, 0xff, 0xff, 0x0f],
            &[],
        ] {
            assert_eq!(read(odd), None, "{odd:x?}");
        }
        assert_eq!(read(&[0]), Some(Vec::new()));
    }
}
