//! The constants of DWARF 5, chapter 7, that pruning uses.

#![allow(missing_docs, reason = "the names are those of the standard")]

pub(super) mod tag {
    pub(crate) const ARRAY_TYPE: u64 = 0x01;
    pub(crate) const CLASS_TYPE: u64 = 0x02;
    pub(crate) const ENTRY_POINT: u64 = 0x03;
    pub(crate) const ENUMERATION_TYPE: u64 = 0x04;
    pub(crate) const IMPORTED_DECLARATION: u64 = 0x08;
    pub(crate) const LEXICAL_BLOCK: u64 = 0x0b;
    pub(crate) const POINTER_TYPE: u64 = 0x0f;
    pub(crate) const REFERENCE_TYPE: u64 = 0x10;
    pub(crate) const COMPILE_UNIT: u64 = 0x11;
    pub(crate) const STRING_TYPE: u64 = 0x12;
    pub(crate) const STRUCTURE_TYPE: u64 = 0x13;
    pub(crate) const SUBROUTINE_TYPE: u64 = 0x15;
    pub(crate) const TYPEDEF: u64 = 0x16;
    pub(crate) const UNION_TYPE: u64 = 0x17;
    pub(crate) const INLINED_SUBROUTINE: u64 = 0x1d;
    pub(crate) const MODULE: u64 = 0x1e;
    pub(crate) const PTR_TO_MEMBER_TYPE: u64 = 0x1f;
    pub(crate) const SET_TYPE: u64 = 0x20;
    pub(crate) const WITH_STMT: u64 = 0x22;
    pub(crate) const BASE_TYPE: u64 = 0x24;
    pub(crate) const CATCH_BLOCK: u64 = 0x25;
    pub(crate) const CONST_TYPE: u64 = 0x26;
    pub(crate) const FILE_TYPE: u64 = 0x29;
    pub(crate) const PACKED_TYPE: u64 = 0x2d;
    pub(crate) const SUBPROGRAM: u64 = 0x2e;
    pub(crate) const TRY_BLOCK: u64 = 0x32;
    pub(crate) const VARIABLE: u64 = 0x34;
    pub(crate) const VOLATILE_TYPE: u64 = 0x35;
    pub(crate) const RESTRICT_TYPE: u64 = 0x37;
    pub(crate) const INTERFACE_TYPE: u64 = 0x38;
    pub(crate) const NAMESPACE: u64 = 0x39;
    pub(crate) const IMPORTED_MODULE: u64 = 0x3a;
    pub(crate) const UNSPECIFIED_TYPE: u64 = 0x3b;
    pub(crate) const PARTIAL_UNIT: u64 = 0x3c;
    pub(crate) const IMPORTED_UNIT: u64 = 0x3d;
    pub(crate) const SHARED_TYPE: u64 = 0x40;
    pub(crate) const TYPE_UNIT: u64 = 0x41;
    pub(crate) const RVALUE_REFERENCE_TYPE: u64 = 0x42;
    pub(crate) const TEMPLATE_ALIAS: u64 = 0x43;
    pub(crate) const COARRAY_TYPE: u64 = 0x44;
    pub(crate) const DYNAMIC_TYPE: u64 = 0x46;
    pub(crate) const ATOMIC_TYPE: u64 = 0x47;
    pub(crate) const CALL_SITE: u64 = 0x48;
    pub(crate) const SKELETON_UNIT: u64 = 0x4a;
    pub(crate) const IMMUTABLE_TYPE: u64 = 0x4b;
    pub(crate) const GNU_CALL_SITE: u64 = 0x4109;
}

pub(super) mod at {
    pub(crate) const SIBLING: u64 = 0x01;
    pub(crate) const LOCATION: u64 = 0x02;
    pub(crate) const STMT_LIST: u64 = 0x10;
    pub(crate) const LOW_PC: u64 = 0x11;
    pub(crate) const HIGH_PC: u64 = 0x12;
    pub(crate) const STRING_LENGTH: u64 = 0x19;
    pub(crate) const CONST_VALUE: u64 = 0x1c;
    pub(crate) const LOWER_BOUND: u64 = 0x22;
    pub(crate) const RETURN_ADDR: u64 = 0x2a;
    pub(crate) const START_SCOPE: u64 = 0x2c;
    pub(crate) const UPPER_BOUND: u64 = 0x2f;
    pub(crate) const COUNT: u64 = 0x37;
    pub(crate) const DATA_MEMBER_LOCATION: u64 = 0x38;
    pub(crate) const FRAME_BASE: u64 = 0x40;
    pub(crate) const MACRO_INFO: u64 = 0x43;
    pub(crate) const SEGMENT: u64 = 0x46;
    pub(crate) const STATIC_LINK: u64 = 0x48;
    pub(crate) const USE_LOCATION: u64 = 0x4a;
    pub(crate) const VTABLE_ELEM_LOCATION: u64 = 0x4d;
    pub(crate) const ENTRY_PC: u64 = 0x52;
    pub(crate) const RANGES: u64 = 0x55;
    pub(crate) const STR_OFFSETS_BASE: u64 = 0x72;
    pub(crate) const ADDR_BASE: u64 = 0x73;
    pub(crate) const RNGLISTS_BASE: u64 = 0x74;
    pub(crate) const DWO_NAME: u64 = 0x76;
    pub(crate) const LOCLISTS_BASE: u64 = 0x8c;
    pub(crate) const GNU_DWO_NAME: u64 = 0x2130;
}

pub(super) mod form {
    pub(crate) const ADDR: u64 = 0x01;
    pub(crate) const BLOCK2: u64 = 0x03;
    pub(crate) const BLOCK4: u64 = 0x04;
    pub(crate) const DATA2: u64 = 0x05;
    pub(crate) const DATA4: u64 = 0x06;
    pub(crate) const DATA8: u64 = 0x07;
    pub(crate) const STRING: u64 = 0x08;
    pub(crate) const BLOCK: u64 = 0x09;
    pub(crate) const BLOCK1: u64 = 0x0a;
    pub(crate) const DATA1: u64 = 0x0b;
    pub(crate) const FLAG: u64 = 0x0c;
    pub(crate) const SDATA: u64 = 0x0d;
    pub(crate) const STRP: u64 = 0x0e;
    pub(crate) const UDATA: u64 = 0x0f;
    pub(crate) const REF_ADDR: u64 = 0x10;
    pub(crate) const REF1: u64 = 0x11;
    pub(crate) const REF2: u64 = 0x12;
    pub(crate) const REF4: u64 = 0x13;
    pub(crate) const REF8: u64 = 0x14;
    pub(crate) const REF_UDATA: u64 = 0x15;
    pub(crate) const SEC_OFFSET: u64 = 0x17;
    pub(crate) const EXPRLOC: u64 = 0x18;
    pub(crate) const FLAG_PRESENT: u64 = 0x19;
    pub(crate) const STRX: u64 = 0x1a;
    pub(crate) const ADDRX: u64 = 0x1b;
    pub(crate) const DATA16: u64 = 0x1e;
    pub(crate) const LINE_STRP: u64 = 0x1f;
    pub(crate) const REF_SIG8: u64 = 0x20;
    pub(crate) const IMPLICIT_CONST: u64 = 0x21;
    pub(crate) const LOCLISTX: u64 = 0x22;
    pub(crate) const RNGLISTX: u64 = 0x23;
    pub(crate) const STRX1: u64 = 0x25;
    pub(crate) const STRX2: u64 = 0x26;
    pub(crate) const STRX3: u64 = 0x27;
    pub(crate) const STRX4: u64 = 0x28;
    pub(crate) const ADDRX1: u64 = 0x29;
    pub(crate) const ADDRX2: u64 = 0x2a;
    pub(crate) const ADDRX3: u64 = 0x2b;
    pub(crate) const ADDRX4: u64 = 0x2c;
}

pub(super) mod ut {
    pub(crate) const COMPILE: u8 = 1;
    pub(crate) const TYPE: u8 = 2;
    pub(crate) const PARTIAL: u8 = 3;
}
