//! The relocation types: what kind of symbol each refers to, which value it asks for and how that is encoded.
//!
//! Spec: WebAssembly tool-conventions, `Linking.md`, "Relocation Sections"; that document omits types 11, 12, 17, 21
//! and 25, whose numbers come from LLVM's `WasmRelocs.def`.
//!
//! How [`entries`] are read and kept is in a module of its own.

mod entries;

use wasmparser::RelocationType;

pub(super) use entries::{Keeper, Kept, Reader, Relocs, read};

use crate::wasm::ids::SymbolKind;
use crate::wasm::leb;

/// The field that a relocation fills in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// Unsigned, padded to 5 bytes.
    Uleb32,
    /// Signed, padded to 5 bytes.
    Sleb32,
    /// Unsigned, padded to 10 bytes.
    Uleb64,
    /// Signed, padded to 10 bytes.
    Sleb64,
    /// Four bytes, little endian.
    I32,
    /// Eight bytes, little endian.
    I64,
}

/// The value that a relocation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A function's index.
    Function,
    /// A function's slot in the indirect table.
    TableSlot,
    /// A function's slot relative to `__table_base`.
    TableSlotRelative,
    /// An address in linear memory.
    Address,
    /// An address relative to `__memory_base`.
    AddressRelative,
    /// An address relative to `__tls_base`.
    AddressTls,
    /// An address relative to the field itself.
    AddressFromField,
    /// A type's index. Such a relocation names a type of its file, and no symbol.
    Type,
    /// A global's index: of the symbol, or of the global that holds the symbol's address.
    Global,
    /// A tag's index.
    Tag,
    /// A table's index.
    Table,
    /// An offset in the code section.
    CodeOffset,
    /// An offset in a custom section.
    SectionOffset,
}

/// One row of the relocation table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Its name in tool-conventions, for messages.
    pub name: &'static str,
    /// The value.
    pub value: Value,
    /// The field.
    pub field: Field,
    /// The kinds of symbols that it may refer to, one bit each.
    kinds: u8,
}

impl Row {
    /// Whether it may refer to a symbol of this kind.
    #[inline]
    pub(super) fn takes(&self, kind: SymbolKind) -> bool {
        self.kinds & bit(kind) != 0
    }
}

const fn bit(kind: SymbolKind) -> u8 {
    1 << kind as u8
}

/// The types, indexed by their numbers.
const TYPES: [RelocationType; 27] = {
    use RelocationType::*;
    [
        FunctionIndexLeb,
        TableIndexSleb,
        TableIndexI32,
        MemoryAddrLeb,
        MemoryAddrSleb,
        MemoryAddrI32,
        TypeIndexLeb,
        GlobalIndexLeb,
        FunctionOffsetI32,
        SectionOffsetI32,
        EventIndexLeb,
        MemoryAddrRelSleb,
        TableIndexRelSleb,
        GlobalIndexI32,
        MemoryAddrLeb64,
        MemoryAddrSleb64,
        MemoryAddrI64,
        MemoryAddrRelSleb64,
        TableIndexSleb64,
        TableIndexI64,
        TableNumberLeb,
        MemoryAddrTlsSleb,
        FunctionOffsetI64,
        MemoryAddrLocrelI32,
        TableIndexRelSleb64,
        MemoryAddrTlsSleb64,
        FunctionIndexI32,
    ]
};

/// The table, indexed by the types' numbers: every pass looks up every relocation.
static ROWS: [Row; TYPES.len()] = {
    let mut rows = [describe(TYPES[0]); TYPES.len()];
    let mut number = 0;
    while number < TYPES.len() {
        rows[number] = describe(TYPES[number]);
        number += 1;
    }
    rows
};

/// The row of a type.
#[inline]
pub(super) fn row(ty: RelocationType) -> &'static Row {
    &ROWS[ty as usize]
}

const fn describe(ty: RelocationType) -> Row {
    use Field::*;
    use RelocationType as T;
    use Value::*;
    let (name, value, field) = match ty {
        T::FunctionIndexLeb => ("R_WASM_FUNCTION_INDEX_LEB", Function, Uleb32),
        T::TableIndexSleb => ("R_WASM_TABLE_INDEX_SLEB", TableSlot, Sleb32),
        T::TableIndexI32 => ("R_WASM_TABLE_INDEX_I32", TableSlot, I32),
        T::MemoryAddrLeb => ("R_WASM_MEMORY_ADDR_LEB", Address, Uleb32),
        T::MemoryAddrSleb => ("R_WASM_MEMORY_ADDR_SLEB", Address, Sleb32),
        T::MemoryAddrI32 => ("R_WASM_MEMORY_ADDR_I32", Address, I32),
        T::TypeIndexLeb => ("R_WASM_TYPE_INDEX_LEB", Type, Uleb32),
        T::GlobalIndexLeb => ("R_WASM_GLOBAL_INDEX_LEB", Global, Uleb32),
        T::FunctionOffsetI32 => ("R_WASM_FUNCTION_OFFSET_I32", CodeOffset, I32),
        T::SectionOffsetI32 => ("R_WASM_SECTION_OFFSET_I32", SectionOffset, I32),
        T::EventIndexLeb => ("R_WASM_TAG_INDEX_LEB", Tag, Uleb32),
        T::MemoryAddrRelSleb => ("R_WASM_MEMORY_ADDR_REL_SLEB", AddressRelative, Sleb32),
        T::TableIndexRelSleb => ("R_WASM_TABLE_INDEX_REL_SLEB", TableSlotRelative, Sleb32),
        T::GlobalIndexI32 => ("R_WASM_GLOBAL_INDEX_I32", Global, I32),
        T::MemoryAddrLeb64 => ("R_WASM_MEMORY_ADDR_LEB64", Address, Uleb64),
        T::MemoryAddrSleb64 => ("R_WASM_MEMORY_ADDR_SLEB64", Address, Sleb64),
        T::MemoryAddrI64 => ("R_WASM_MEMORY_ADDR_I64", Address, I64),
        T::MemoryAddrRelSleb64 => ("R_WASM_MEMORY_ADDR_REL_SLEB64", AddressRelative, Sleb64),
        T::TableIndexSleb64 => ("R_WASM_TABLE_INDEX_SLEB64", TableSlot, Sleb64),
        T::TableIndexI64 => ("R_WASM_TABLE_INDEX_I64", TableSlot, I64),
        T::TableNumberLeb => ("R_WASM_TABLE_NUMBER_LEB", Table, Uleb32),
        T::MemoryAddrTlsSleb => ("R_WASM_MEMORY_ADDR_TLS_SLEB", AddressTls, Sleb32),
        T::FunctionOffsetI64 => ("R_WASM_FUNCTION_OFFSET_I64", CodeOffset, I64),
        T::MemoryAddrLocrelI32 => ("R_WASM_MEMORY_ADDR_LOCREL_I32", AddressFromField, I32),
        T::TableIndexRelSleb64 => ("R_WASM_TABLE_INDEX_REL_SLEB64", TableSlotRelative, Sleb64),
        T::MemoryAddrTlsSleb64 => ("R_WASM_MEMORY_ADDR_TLS_SLEB64", AddressTls, Sleb64),
        T::FunctionIndexI32 => ("R_WASM_FUNCTION_INDEX_I32", Function, I32),
    };
    let kinds = match value {
        Function | TableSlot | TableSlotRelative | CodeOffset => bit(SymbolKind::Function),
        Address | AddressRelative | AddressTls | AddressFromField => bit(SymbolKind::Data),
        // Position-independent code loads addresses from globals.
        Global => bit(SymbolKind::Global) | bit(SymbolKind::Data) | bit(SymbolKind::Function),
        Tag => bit(SymbolKind::Tag),
        Table => bit(SymbolKind::Table),
        SectionOffset => bit(SymbolKind::Section),
        Type => 0,
    };
    Row {
        name,
        value,
        field,
        kinds,
    }
}

impl Field {
    /// Width in bytes.
    pub(super) fn width(self) -> usize {
        match self {
            Field::Uleb32 | Field::Sleb32 => 5,
            Field::Uleb64 | Field::Sleb64 => 10,
            Field::I32 => 4,
            Field::I64 => 8,
        }
    }

    /// Writes `value` into `at`, which must be [`Field::width`] bytes long.
    pub(super) fn put(self, at: &mut [u8], value: u64) {
        match self {
            Field::Uleb32 => leb::uleb_padded(at, u64::from(value as u32)),
            // `i32.const` takes a signed number, so addresses above 2 GiB are negative.
            Field::Sleb32 => leb::sleb_padded(at, i64::from(value as i32)),
            Field::Uleb64 => leb::uleb_padded(at, value),
            Field::Sleb64 => leb::sleb_padded(at, value as i64),
            Field::I32 => at.copy_from_slice(&(value as u32).to_le_bytes()),
            Field::I64 => at.copy_from_slice(&value.to_le_bytes()),
        }
    }
}

impl Value {
    /// Whether this is a function's slot in the indirect function table.
    pub(super) fn is_table_slot(self) -> bool {
        matches!(self, Value::TableSlot | Value::TableSlotRelative)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_agrees_with_the_parsers_widths() {
        for number in 0..=26u8 {
            let ty = RelocationType::try_from(number).unwrap();
            assert_eq!(TYPES[usize::from(number)], ty);
            assert_eq!(row(ty).field.width(), ty.extent(), "{}", row(ty).name);
        }
        assert!(RelocationType::try_from(27).is_err());
    }

    #[test]
    fn fields_take_the_extremes() {
        for (field, value, expected) in [
            (
                Field::Uleb32,
                0xffff_ffff,
                &[0xff, 0xff, 0xff, 0xff, 0x0f][..],
            ),
            (Field::Sleb32, 0x8000_0000, &[0x80, 0x80, 0x80, 0x80, 0x78]),
            (Field::Sleb32, 0x7fff_ffff, &[0xff, 0xff, 0xff, 0xff, 0x07]),
            (Field::I32, 0xffff_ffff_ffff_fffe, &[0xfe, 0xff, 0xff, 0xff]),
            (Field::I64, 1, &[1, 0, 0, 0, 0, 0, 0, 0]),
            (
                Field::Uleb64,
                u64::MAX,
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            ),
        ] {
            let mut at = vec![0; field.width()];
            field.put(&mut at, value);
            assert_eq!(at, expected, "{field:?} {value:#x}");
        }
    }
}
