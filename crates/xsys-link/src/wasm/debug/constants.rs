//! The numbers of DWARF 5, chapter 7, that pruning has to tell apart.

#![allow(missing_docs, reason = "the names are those of the standard")]

pub mod tag {
    pub const ARRAY_TYPE: u64 = 0x01;
    pub const CLASS_TYPE: u64 = 0x02;
    pub const ENTRY_POINT: u64 = 0x03;
    pub const ENUMERATION_TYPE: u64 = 0x04;
    pub const IMPORTED_DECLARATION: u64 = 0x08;
    pub const LEXICAL_BLOCK: u64 = 0x0b;
    pub const POINTER_TYPE: u64 = 0x0f;
    pub const REFERENCE_TYPE: u64 = 0x10;
    pub const COMPILE_UNIT: u64 = 0x11;
    pub const STRING_TYPE: u64 = 0x12;
    pub const STRUCTURE_TYPE: u64 = 0x13;
    pub const SUBROUTINE_TYPE: u64 = 0x15;
    pub const TYPEDEF: u64 = 0x16;
    pub const UNION_TYPE: u64 = 0x17;
    pub const INLINED_SUBROUTINE: u64 = 0x1d;
    pub const MODULE: u64 = 0x1e;
    pub const PTR_TO_MEMBER_TYPE: u64 = 0x1f;
    pub const SET_TYPE: u64 = 0x20;
    pub const WITH_STMT: u64 = 0x22;
    pub const BASE_TYPE: u64 = 0x24;
    pub const CATCH_BLOCK: u64 = 0x25;
    pub const CONST_TYPE: u64 = 0x26;
    pub const FILE_TYPE: u64 = 0x29;
    pub const PACKED_TYPE: u64 = 0x2d;
    pub const SUBPROGRAM: u64 = 0x2e;
    pub const TRY_BLOCK: u64 = 0x32;
    pub const VARIABLE: u64 = 0x34;
    pub const VOLATILE_TYPE: u64 = 0x35;
    pub const RESTRICT_TYPE: u64 = 0x37;
    pub const INTERFACE_TYPE: u64 = 0x38;
    pub const NAMESPACE: u64 = 0x39;
    pub const IMPORTED_MODULE: u64 = 0x3a;
    pub const UNSPECIFIED_TYPE: u64 = 0x3b;
    pub const PARTIAL_UNIT: u64 = 0x3c;
    pub const IMPORTED_UNIT: u64 = 0x3d;
    pub const SHARED_TYPE: u64 = 0x40;
    pub const TYPE_UNIT: u64 = 0x41;
    pub const RVALUE_REFERENCE_TYPE: u64 = 0x42;
    pub const TEMPLATE_ALIAS: u64 = 0x43;
    pub const COARRAY_TYPE: u64 = 0x44;
    pub const DYNAMIC_TYPE: u64 = 0x46;
    pub const ATOMIC_TYPE: u64 = 0x47;
    pub const CALL_SITE: u64 = 0x48;
    pub const SKELETON_UNIT: u64 = 0x4a;
    pub const IMMUTABLE_TYPE: u64 = 0x4b;
    pub const GNU_CALL_SITE: u64 = 0x4109;
}

pub mod at {
    pub const SIBLING: u64 = 0x01;
    pub const LOCATION: u64 = 0x02;
    pub const STMT_LIST: u64 = 0x10;
    pub const LOW_PC: u64 = 0x11;
    pub const HIGH_PC: u64 = 0x12;
    pub const STRING_LENGTH: u64 = 0x19;
    pub const CONST_VALUE: u64 = 0x1c;
    pub const LOWER_BOUND: u64 = 0x22;
    pub const RETURN_ADDR: u64 = 0x2a;
    pub const START_SCOPE: u64 = 0x2c;
    pub const UPPER_BOUND: u64 = 0x2f;
    pub const COUNT: u64 = 0x37;
    pub const DATA_MEMBER_LOCATION: u64 = 0x38;
    pub const FRAME_BASE: u64 = 0x40;
    pub const MACRO_INFO: u64 = 0x43;
    pub const SEGMENT: u64 = 0x46;
    pub const STATIC_LINK: u64 = 0x48;
    pub const USE_LOCATION: u64 = 0x4a;
    pub const VTABLE_ELEM_LOCATION: u64 = 0x4d;
    pub const ENTRY_PC: u64 = 0x52;
    pub const RANGES: u64 = 0x55;
    pub const STR_OFFSETS_BASE: u64 = 0x72;
    pub const ADDR_BASE: u64 = 0x73;
    pub const RNGLISTS_BASE: u64 = 0x74;
    pub const DWO_NAME: u64 = 0x76;
    pub const LOCLISTS_BASE: u64 = 0x8c;
    pub const GNU_DWO_NAME: u64 = 0x2130;
}

pub mod form {
    pub const ADDR: u64 = 0x01;
    pub const BLOCK2: u64 = 0x03;
    pub const BLOCK4: u64 = 0x04;
    pub const DATA2: u64 = 0x05;
    pub const DATA4: u64 = 0x06;
    pub const DATA8: u64 = 0x07;
    pub const STRING: u64 = 0x08;
    pub const BLOCK: u64 = 0x09;
    pub const BLOCK1: u64 = 0x0a;
    pub const DATA1: u64 = 0x0b;
    pub const FLAG: u64 = 0x0c;
    pub const SDATA: u64 = 0x0d;
    pub const STRP: u64 = 0x0e;
    pub const UDATA: u64 = 0x0f;
    pub const REF_ADDR: u64 = 0x10;
    pub const REF1: u64 = 0x11;
    pub const REF2: u64 = 0x12;
    pub const REF4: u64 = 0x13;
    pub const REF8: u64 = 0x14;
    pub const REF_UDATA: u64 = 0x15;
    pub const SEC_OFFSET: u64 = 0x17;
    pub const EXPRLOC: u64 = 0x18;
    pub const FLAG_PRESENT: u64 = 0x19;
    pub const STRX: u64 = 0x1a;
    pub const ADDRX: u64 = 0x1b;
    pub const DATA16: u64 = 0x1e;
    pub const LINE_STRP: u64 = 0x1f;
    pub const REF_SIG8: u64 = 0x20;
    pub const IMPLICIT_CONST: u64 = 0x21;
    pub const LOCLISTX: u64 = 0x22;
    pub const RNGLISTX: u64 = 0x23;
    pub const STRX1: u64 = 0x25;
    pub const STRX2: u64 = 0x26;
    pub const STRX3: u64 = 0x27;
    pub const STRX4: u64 = 0x28;
    pub const ADDRX1: u64 = 0x29;
    pub const ADDRX2: u64 = 0x2a;
    pub const ADDRX3: u64 = 0x2b;
    pub const ADDRX4: u64 = 0x2c;
}

pub mod ut {
    pub const COMPILE: u8 = 1;
    pub const TYPE: u8 = 2;
    pub const PARTIAL: u8 = 3;
}
