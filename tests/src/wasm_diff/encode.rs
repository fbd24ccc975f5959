//! Objects of the differential test as bytes.
//!
//! Spec: WebAssembly tool-conventions, `Linking.md`; the order of sections and the padding of numbers are those of
//! LLVM's writer. The encoder is not the linker's own: a mistake in one of them must not hide one in the other.

use super::model::{Custom, Object, Piece, Reloc, Symbol, What, flag};

const I32: u8 = 0x7f;
const I64: u8 = 0x7e;
const F64: u8 = 0x7c;

/// Types of functions: parameters and results.
pub const SIGNATURES: &[(&[u8], &[u8])] = &[
    (&[], &[]),
    (&[], &[I32]),
    (&[I32], &[]),
    (&[I32], &[I32]),
    (&[I32, I32], &[I32]),
    (&[I64], &[]),
    (&[], &[I64]),
    (&[F64, I32], &[F64]),
    (&[I32, I64], &[I32, I64]),
];

/// Width and form of a relocation's field, by its number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// A padded number of that many bytes.
    Leb(usize),
    /// That many bytes.
    Fixed(usize),
}

/// The field of a relocation type.
pub fn field(ty: u8) -> Field {
    match ty {
        2 | 5 | 8 | 9 | 13 | 23 | 26 => Field::Fixed(4),
        16 | 19 | 22 => Field::Fixed(8),
        14 | 15 | 17 | 18 | 24 | 25 => Field::Leb(10),
        _ => Field::Leb(5),
    }
}

/// Whether a relocation type has an addend.
fn has_addend(ty: u8) -> bool {
    matches!(
        ty,
        3 | 4 | 5 | 8 | 9 | 11 | 14 | 15 | 16 | 17 | 21 | 22 | 23 | 25
    )
}

fn uleb(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        out.push(if value == 0 { byte } else { byte | 0x80 });
        if value == 0 {
            return;
        }
    }
}

fn sleb(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        let done = (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0);
        out.push(if done { byte } else { byte | 0x80 });
        if done {
            return;
        }
    }
}

fn string(out: &mut Vec<u8>, text: &str) {
    uleb(out, text.len() as u64);
    out.extend(text.as_bytes());
}

fn padded(out: &mut Vec<u8>, width: usize) {
    out.extend(std::iter::repeat_n(0x80, width - 1));
    out.push(0);
}

/// A number in five bytes.
fn padded_u32(out: &mut Vec<u8>, value: u32) {
    for at in 0..5 {
        let byte = (value >> (7 * at)) as u8 & 0x7f;
        out.push(if at < 4 { byte | 0x80 } else { byte & 0xf });
    }
}

/// Index spaces of an object.
struct Writer<'o> {
    object: &'o Object,
    types: Vec<usize>,
    /// By kind: symbols of imports, then of definitions.
    spaces: [Vec<&'o Symbol>; 4],
    imported: [usize; 4],
}

/// The number of an index space; data and sections have none.
fn space(what: &What) -> Option<usize> {
    match what {
        What::Function { .. } => Some(0),
        What::Global { .. } => Some(1),
        What::Table { .. } => Some(2),
        What::Tag { .. } => Some(3),
        What::Alias(_) | What::Data(_) | What::Absolute(_) | What::Section(_) => None,
    }
}

/// An object's bytes.
pub fn object(object: &Object) -> Vec<u8> {
    let mut writer = Writer {
        object,
        types: Vec::new(),
        spaces: Default::default(),
        imported: [0; 4],
    };
    // Numbers follow the items, symbols may come in any order.
    let mut symbols: Vec<&Symbol> = object.symbols.iter().collect();
    symbols.sort_by_key(|symbol| symbol.id);
    for defined in [false, true] {
        for symbol in &symbols {
            let Some(space) = space(&symbol.what) else {
                continue;
            };
            if symbol.is_defined() == defined {
                writer.spaces[space].push(symbol);
                writer.imported[space] += usize::from(!defined);
            }
        }
    }
    writer.write()
}

impl<'o> Writer<'o> {
    fn ty(&mut self, signature: usize) -> u32 {
        let known = self.types.iter().position(|&known| known == signature);
        known.unwrap_or_else(|| {
            self.types.push(signature);
            self.types.len() - 1
        }) as u32
    }

    fn defined(&self, space: usize) -> Vec<&'o Symbol> {
        self.spaces[space][self.imported[space]..].to_vec()
    }

    fn number(&self, symbol: &Symbol) -> u64 {
        let id = match symbol.what {
            What::Alias(of) => of,
            _ => symbol.id,
        };
        let mut all = self.spaces.iter();
        let found = all.find_map(|space| space.iter().position(|known| known.id == id));
        found.unwrap_or_default() as u64
    }

    /// Symbols that are written: other names of functions that are gone are gone, too, and so are names in segments
    /// that are gone.
    fn written(&self) -> Vec<&'o Symbol> {
        let object = self.object;
        let symbols = object.symbols.iter();
        symbols
            .filter(|symbol| match &symbol.what {
                What::Alias(of) => object.symbol(*of).is_some_and(Symbol::is_defined),
                What::Data(Some((segment, ..))) => {
                    object.segments.iter().any(|known| known.id == *segment)
                }
                What::Section(id) => object.customs.iter().any(|known| known.id == *id),
                // It has a segment, though its address does not depend on it.
                What::Absolute(_) => object
                    .segments
                    .first()
                    .is_some_and(|first| first.flags & 1 == 0),
                _ => true,
            })
            .collect()
    }

    fn position(&self, id: u32) -> Option<usize> {
        self.written().iter().position(|symbol| symbol.id == id)
    }

    fn write(&mut self) -> Vec<u8> {
        let object = self.object;
        let mut code_relocs = Vec::new();
        let code = self.code(&mut code_relocs);
        let mut data_relocs = Vec::new();
        let data = self.data(&mut data_relocs);
        let imports = self.imports();
        let functions = self.defined(0);
        let mut function_types = Vec::new();
        uleb(&mut function_types, functions.len() as u64);
        for symbol in &functions {
            if let What::Function { signature, .. } = symbol.what {
                let ty = self.ty(signature);
                uleb(&mut function_types, ty.into());
            }
        }
        let (tables, tags, globals) = (self.tables(), self.tags(), self.globals());
        let mut out = b"\0asm\x01\0\0\0".to_vec();
        let mut count = 0;
        let mut section = |out: &mut Vec<u8>, id: u8, payload: &[u8]| {
            out.push(id);
            padded_u32(out, payload.len() as u32);
            out.extend(payload);
            count += 1;
            count - 1
        };
        section(&mut out, 1, &self.type_section());
        section(&mut out, 2, &imports);
        if !functions.is_empty() {
            section(&mut out, 3, &function_types);
        }
        for (id, payload) in [(4, tables), (13, tags), (6, globals), (7, self.exports())] {
            if payload.first() != Some(&0) {
                section(&mut out, id, &payload);
            }
        }
        if !object.segments.is_empty() {
            let mut payload = Vec::new();
            uleb(&mut payload, object.segments.len() as u64);
            section(&mut out, 12, &payload);
        }
        let mut lists = Vec::new();
        if !functions.is_empty() {
            let number = section(&mut out, 10, &code);
            lists.push(("reloc.CODE".to_owned(), number, code_relocs));
        }
        if !object.segments.is_empty() {
            let number = section(&mut out, 11, &data);
            lists.push(("reloc.DATA".to_owned(), number, data_relocs));
        }
        let mut custom_numbers = Vec::new();
        for custom in &object.customs {
            let (payload, relocs) = self.custom(custom);
            let number = section(&mut out, 0, &payload);
            custom_numbers.push(number);
            lists.push((format!("reloc.{}", custom.name), number, relocs));
        }
        section(&mut out, 0, &self.linking(&custom_numbers));
        for (name, number, relocs) in lists {
            if relocs.is_empty() {
                continue;
            }
            let mut payload = Vec::new();
            string(&mut payload, &name);
            uleb(&mut payload, number);
            uleb(&mut payload, relocs.len() as u64);
            for [ty, at, index, addend] in relocs {
                payload.push(ty as u8);
                uleb(&mut payload, at as u64);
                uleb(&mut payload, index as u64);
                if has_addend(ty as u8) {
                    sleb(&mut payload, addend);
                }
            }
            section(&mut out, 0, &payload);
        }
        if object.names {
            section(&mut out, 0, &self.name_section());
        }
        for payload in [producers(object), features(object)].into_iter().flatten() {
            section(&mut out, 0, &payload);
        }
        out
    }

    fn type_section(&self) -> Vec<u8> {
        let mut out = Vec::new();
        uleb(&mut out, self.types.len() as u64);
        for &signature in &self.types {
            let (parameters, results) = SIGNATURES[signature];
            out.push(0x60);
            for list in [parameters, results] {
                uleb(&mut out, list.len() as u64);
                out.extend(list);
            }
        }
        out
    }

    fn imports(&mut self) -> Vec<u8> {
        let mut entries: Vec<Vec<u8>> = Vec::new();
        let wide = self.object.wide;
        let mut entry = |from: (&str, &str), kind: &[u8]| {
            let mut bytes = Vec::new();
            string(&mut bytes, from.0);
            string(&mut bytes, from.1);
            bytes.extend(kind);
            entries.push(bytes);
        };
        entry(
            ("env", "__linear_memory"),
            &[2, if wide { 4 } else { 0 }, 0],
        );
        for space in 0..4 {
            for at in 0..self.imported[space] {
                let symbol = self.spaces[space][at];
                let mut kind = Vec::new();
                let from = match &symbol.what {
                    What::Function {
                        signature, from, ..
                    } => {
                        kind.push(0);
                        let ty = self.ty(*signature);
                        uleb(&mut kind, ty.into());
                        from
                    }
                    What::Global {
                        ty, mutable, from, ..
                    } => {
                        kind.extend([3, *ty, u8::from(*mutable)]);
                        from
                    }
                    What::Table {
                        element,
                        limits,
                        from,
                        ..
                    } => {
                        kind.push(1);
                        table_type(&mut kind, *element, *limits, wide);
                        from
                    }
                    What::Tag {
                        signature, from, ..
                    } => {
                        kind.extend([4, 0]);
                        let ty = self.ty(*signature);
                        uleb(&mut kind, ty.into());
                        from
                    }
                    _ => continue,
                };
                let from = match from {
                    Some((module, field)) => (module.as_str(), field.as_str()),
                    None => ("env", symbol.name.as_str()),
                };
                entry(from, &kind);
            }
        }
        if self.object.old_calls {
            let mut kind = vec![1];
            table_type(&mut kind, 0x70, (0, None), wide);
            entry(("env", "__indirect_function_table"), &kind);
        }
        let mut out = Vec::new();
        uleb(&mut out, entries.len() as u64);
        out.extend(entries.concat());
        out
    }

    fn tables(&self) -> Vec<u8> {
        let defined = self.defined(2);
        let mut out = Vec::new();
        uleb(&mut out, defined.len() as u64);
        for symbol in defined {
            if let What::Table {
                element, limits, ..
            } = symbol.what
            {
                table_type(&mut out, element, limits, self.object.wide);
            }
        }
        out
    }

    fn tags(&mut self) -> Vec<u8> {
        let defined = self.defined(3);
        let mut out = Vec::new();
        uleb(&mut out, defined.len() as u64);
        for symbol in defined {
            if let What::Tag { signature, .. } = symbol.what {
                out.push(0);
                let ty = self.ty(signature);
                uleb(&mut out, ty.into());
            }
        }
        out
    }

    fn globals(&self) -> Vec<u8> {
        let defined = self.defined(1);
        let mut out = Vec::new();
        uleb(&mut out, defined.len() as u64);
        for symbol in defined {
            if let What::Global {
                ty, mutable, value, ..
            } = &symbol.what
            {
                out.extend([*ty, u8::from(*mutable)]);
                constant(&mut out, *ty, value.unwrap_or_default());
                out.push(0x0b);
            }
        }
        out
    }

    fn exports(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut entries = Vec::new();
        for symbol in self.defined(0) {
            if let What::Function {
                export: Some(name), ..
            } = &symbol.what
            {
                entries.push((name, self.number(symbol)));
            }
        }
        uleb(&mut out, entries.len() as u64);
        for (name, number) in entries {
            string(&mut out, name);
            out.push(0);
            uleb(&mut out, number);
        }
        out
    }

    /// The code section's contents; relocations as type, offset, index and addend.
    fn code(&mut self, relocs: &mut Vec<[i64; 4]>) -> Vec<u8> {
        let functions = self.defined(0);
        let mut out = Vec::new();
        uleb(&mut out, functions.len() as u64);
        for symbol in functions {
            let What::Function {
                signature,
                body: Some(body),
                ..
            } = &symbol.what
            else {
                continue;
            };
            let mut bytes = vec![0];
            let mut inner = Vec::new();
            for piece in body {
                self.piece(piece, &mut bytes, &mut inner);
            }
            for &result in SIGNATURES[*signature].1 {
                constant(&mut bytes, result, 7);
            }
            bytes.push(0x0b);
            uleb(&mut out, bytes.len() as u64);
            let start = out.len() as i64;
            relocs.extend(
                inner
                    .into_iter()
                    .map(|[ty, at, index, addend]| [ty, start + at, index, addend]),
            );
            out.extend(bytes);
        }
        out
    }

    fn piece(&mut self, piece: &Piece, out: &mut Vec<u8>, relocs: &mut Vec<[i64; 4]>) {
        let pointer = if self.object.wide { I64 } else { I32 };
        match piece {
            Piece::Plain(number) => out.extend(std::iter::repeat_n(1, usize::from(*number))),
            Piece::Dispatch(signature, table) => {
                let number = self.ty(*signature);
                let (parameters, results) = SIGNATURES[*signature];
                let symbol = self.position(*table);
                if symbol.is_none() && !self.object.old_calls {
                    return;
                }
                for &parameter in parameters {
                    constant(out, parameter, 0);
                }
                constant(out, pointer, 0);
                out.push(0x11);
                relocs.push([6, out.len() as i64, number.into(), 0]);
                padded_u32(out, number);
                match symbol {
                    Some(symbol) if !self.object.old_calls => {
                        relocs.push([20, out.len() as i64, symbol as i64, 0]);
                        padded(out, 5);
                    }
                    _ => out.push(0),
                }
                out.extend(results.iter().map(|_| 0x1a));
            }
            Piece::Use(reloc) => self.instruction(reloc, out, relocs),
        }
    }

    fn instruction(&mut self, reloc: &Reloc, out: &mut Vec<u8>, relocs: &mut Vec<[i64; 4]>) {
        let (Some(symbol), Some(index)) = (
            self.object.symbol(reloc.symbol),
            self.position(reloc.symbol),
        ) else {
            return;
        };
        let what = match &symbol.what {
            What::Alias(of) => match self.object.symbol(*of) {
                Some(of) => &of.what,
                None => return,
            },
            what => what,
        };
        let pointer = if self.object.wide { I64 } else { I32 };
        let (parameters, results): (&[u8], &[u8]) = match what {
            What::Function { signature, .. } | What::Tag { signature, .. } => {
                SIGNATURES[*signature]
            }
            _ => (&[], &[]),
        };
        let mut after = vec![0x1a];
        match reloc.ty {
            0 => {
                for &parameter in parameters {
                    constant(out, parameter, 0);
                }
                out.push(0x10);
                after = results.iter().map(|_| 0x1a).collect();
            }
            3 | 14 => {
                constant(out, pointer, 0);
                out.extend([0x28, 2]);
            }
            7 => out.push(0x23),
            10 => {
                constant(out, I32, 0);
                out.extend([0x04, 0x40]);
                for &parameter in parameters {
                    constant(out, parameter, 0);
                }
                out.push(0x08);
                after = vec![0x0b];
            }
            20 => out.extend([0xfc, 0x10]),
            15 | 17 | 18 | 24 | 25 => out.push(0x42),
            _ => out.push(0x41),
        }
        relocs.push([
            reloc.ty.into(),
            out.len() as i64,
            index as i64,
            reloc.addend,
        ]);
        match field(reloc.ty) {
            Field::Leb(width) => padded(out, width),
            Field::Fixed(width) => out.extend(std::iter::repeat_n(0, width)),
        }
        out.extend(after);
    }

    fn data(&self, relocs: &mut Vec<[i64; 4]>) -> Vec<u8> {
        let mut out = Vec::new();
        uleb(&mut out, self.object.segments.len() as u64);
        let mut address = 0u64;
        for segment in &self.object.segments {
            address = address.next_multiple_of(1 << segment.align);
            out.push(0);
            constant(
                &mut out,
                if self.object.wide { I64 } else { I32 },
                address as i64,
            );
            out.push(0x0b);
            uleb(&mut out, segment.data.len() as u64);
            self.fixed(out.len(), &segment.relocs, segment.data.len(), relocs);
            out.extend(&segment.data);
            address += segment.data.len() as u64;
        }
        out
    }

    fn custom(&self, custom: &Custom) -> (Vec<u8>, Vec<[i64; 4]>) {
        let mut out = Vec::new();
        string(&mut out, &custom.name);
        let mut relocs = Vec::new();
        // Offsets count from behind the name.
        self.fixed(0, &custom.relocs, custom.data.len(), &mut relocs);
        out.extend(&custom.data);
        (out, relocs)
    }

    /// Relocations of bytes, as far as their symbols are there and their fields fit.
    fn fixed(&self, start: usize, list: &[Reloc], size: usize, relocs: &mut Vec<[i64; 4]>) {
        let mut free = 0;
        for reloc in list {
            let Field::Fixed(width) = field(reloc.ty) else {
                continue;
            };
            let at = reloc.at as usize;
            let Some(index) = self.position(reloc.symbol) else {
                continue;
            };
            if at >= free && at + width <= size {
                free = at + width;
                let at = (start + at) as i64;
                relocs.push([reloc.ty.into(), at, index as i64, reloc.addend]);
            }
        }
    }

    fn linking(&self, custom_numbers: &[u64]) -> Vec<u8> {
        let object = self.object;
        let mut out = Vec::new();
        string(&mut out, "linking");
        uleb(&mut out, 2);
        let mut part = |id: u8, payload: Vec<u8>| {
            if payload.first() != Some(&0) {
                out.push(id);
                padded_u32(&mut out, payload.len() as u32);
                out.extend(payload);
            }
        };
        part(8, self.symbol_table(custom_numbers));
        let mut segments = Vec::new();
        uleb(&mut segments, object.segments.len() as u64);
        for segment in &object.segments {
            string(&mut segments, &segment.name);
            uleb(&mut segments, segment.align.into());
            uleb(&mut segments, segment.flags.into());
        }
        part(5, segments);
        let inits = object.inits.iter();
        let inits: Vec<(u32, usize)> = inits
            .filter_map(|&(priority, symbol)| Some((priority, self.position(symbol)?)))
            .collect();
        let mut payload = Vec::new();
        uleb(&mut payload, inits.len() as u64);
        for (priority, symbol) in inits {
            uleb(&mut payload, priority.into());
            uleb(&mut payload, symbol as u64);
        }
        part(6, payload);
        let mut payload = Vec::new();
        uleb(&mut payload, object.groups.len() as u64);
        for group in &object.groups {
            string(&mut payload, &group.name);
            uleb(&mut payload, 0);
            let mut entries = Vec::new();
            for id in &group.segments {
                let at = object.segments.iter().position(|known| known.id == *id);
                entries.extend(at.map(|at| (0, at as u64)));
            }
            for id in &group.functions {
                let symbol = object.symbol(*id).filter(|symbol| symbol.is_defined());
                entries.extend(symbol.map(|symbol| (1, self.number(symbol))));
            }
            for id in &group.customs {
                let at = object.customs.iter().position(|known| known.id == *id);
                entries.extend(at.map(|at| (5, custom_numbers[at])));
            }
            uleb(&mut payload, entries.len() as u64);
            for (kind, index) in entries {
                payload.push(kind);
                uleb(&mut payload, index);
            }
        }
        part(7, payload);
        out
    }

    fn symbol_table(&self, custom_numbers: &[u64]) -> Vec<u8> {
        let object = self.object;
        let written = self.written();
        let mut out = Vec::new();
        uleb(&mut out, written.len() as u64);
        for symbol in written {
            let mut flags = symbol.flags;
            if !symbol.is_defined() {
                flags |= flag::UNDEFINED;
            }
            let kind = match symbol.what {
                What::Function { .. } | What::Alias(_) => 0,
                What::Data(_) | What::Absolute(_) => 1,
                What::Global { .. } => 2,
                What::Section(_) => 3,
                What::Tag { .. } => 4,
                What::Table { .. } => 5,
            };
            if matches!(symbol.what, What::Absolute(_)) {
                flags |= flag::ABSOLUTE;
            }
            out.push(kind);
            uleb(&mut out, flags.into());
            match &symbol.what {
                What::Data(place) => {
                    string(&mut out, &symbol.name);
                    if let Some((segment, offset, size)) = place {
                        let at = object
                            .segments
                            .iter()
                            .position(|known| known.id == *segment);
                        uleb(&mut out, at.unwrap_or_default() as u64);
                        uleb(&mut out, (*offset).into());
                        uleb(&mut out, (*size).into());
                    }
                }
                What::Absolute(address) => {
                    string(&mut out, &symbol.name);
                    uleb(&mut out, 0);
                    uleb(&mut out, (*address).into());
                    uleb(&mut out, 4);
                }
                What::Section(id) => {
                    let at = object.customs.iter().position(|known| known.id == *id);
                    uleb(&mut out, at.map_or(0, |at| custom_numbers[at]));
                }
                _ => {
                    uleb(&mut out, self.number(symbol));
                    if symbol.is_defined() || flags & flag::EXPLICIT_NAME != 0 {
                        string(&mut out, &symbol.name);
                    }
                }
            }
        }
        out
    }

    fn name_section(&self) -> Vec<u8> {
        let mut map = Vec::new();
        uleb(&mut map, self.spaces[0].len() as u64);
        for (number, symbol) in self.spaces[0].iter().enumerate() {
            uleb(&mut map, number as u64);
            string(&mut map, &format!("{} (named)", symbol.name));
        }
        let mut out = Vec::new();
        string(&mut out, "name");
        out.push(1);
        uleb(&mut out, map.len() as u64);
        out.extend(map);
        out
    }
}

fn table_type(out: &mut Vec<u8>, element: u8, limits: (u32, Option<u32>), wide: bool) {
    out.push(element);
    out.push(u8::from(limits.1.is_some()) | if wide && element == 0x70 { 4 } else { 0 });
    uleb(out, limits.0.into());
    if let Some(most) = limits.1 {
        uleb(out, most.into());
    }
}

fn constant(out: &mut Vec<u8>, ty: u8, value: i64) {
    match ty {
        I32 => {
            out.push(0x41);
            sleb(out, i64::from(value as i32));
        }
        I64 => {
            out.push(0x42);
            sleb(out, value);
        }
        0x7d => {
            out.push(0x43);
            out.extend((value as f32).to_le_bytes());
        }
        F64 => {
            out.push(0x44);
            out.extend((value as f64).to_le_bytes());
        }
        reference => out.extend([0xd0, reference]),
    }
}

fn producers(object: &Object) -> Option<Vec<u8>> {
    let mut fields: Vec<&str> = object
        .producers
        .iter()
        .map(|[field, ..]| field.as_str())
        .collect();
    fields.dedup();
    if fields.is_empty() {
        return None;
    }
    let mut out = Vec::new();
    string(&mut out, "producers");
    uleb(&mut out, fields.len() as u64);
    for name in fields {
        string(&mut out, name);
        let values = object.producers.iter().filter(|[field, ..]| field == name);
        uleb(&mut out, values.clone().count() as u64);
        for [_, tool, version] in values {
            string(&mut out, tool);
            string(&mut out, version);
        }
    }
    Some(out)
}

fn features(object: &Object) -> Option<Vec<u8>> {
    if object.features.is_empty() {
        return None;
    }
    let mut out = Vec::new();
    string(&mut out, "target_features");
    uleb(&mut out, object.features.len() as u64);
    for (prefix, name) in &object.features {
        out.push(*prefix);
        string(&mut out, name);
    }
    Some(out)
}
