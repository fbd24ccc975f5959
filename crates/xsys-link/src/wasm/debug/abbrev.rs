//! Abbreviation tables, compiled into steps for reading entries.
//!
//! Spec: DWARF 5, sections 7.5.3 (tables) and 7.5.6 (forms).
//!
//! Most attributes are only skipped, most of them by a fixed number of bytes. Adjacent ones are joined, so that a
//! typical entry takes two or three steps. Each abbreviation has two lists of steps, because entries are read twice:
//! `find` finds what an entry refers to and whether it is a root, `keep` finds what has to be rewritten if it is
//! kept.

use hashbrown::HashMap;

use super::constants::{at, form, tag};
use super::cursor::Cursor;
use super::layout::Layout;
use super::step::{Base, Step, Width};
use super::unit::{CONSTANT, Kind, SPECIAL};

/// An abbreviation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Abbrev {
    /// The kind of its entries.
    pub kind: Kind,
    /// Whether its entries have children.
    pub children: bool,
    /// Flags of its entries if no code has moved.
    flags: u8,
    /// Flags of its entries if code has moved.
    flags_moved: u8,
    /// Where the attributes of most of its entries are.
    pub layout: Option<Layout>,
    find: (u32, u32),
    keep: (u32, u32),
}

impl Abbrev {
    /// Flags of its entries; `moves` says whether code has moved.
    #[inline]
    pub(super) fn flags(&self, moves: bool) -> u8 {
        match moves {
            true => self.flags_moved,
            false => self.flags,
        }
    }
}

/// The end of the table at an offset.
pub(super) fn end(bytes: &[u8], offset: u32) -> Option<u32> {
    let mut cursor = Cursor::new(bytes, offset as usize);
    while cursor.uleb()? != 0 {
        cursor.skip_leb()?;
        cursor.skip(1)?;
        loop {
            let (attribute, shape) = (cursor.uleb()?, cursor.uleb()?);
            if shape == form::IMPLICIT_CONST {
                cursor.skip_leb()?;
            }
            if attribute == 0 && shape == 0 {
                break;
            }
        }
    }
    Some(cursor.pos() as u32)
}

/// The range of a table among all abbreviations of a file.
#[derive(Debug)]
struct Extent {
    first: u32,
    end: u32,
    /// Code and index, ascending, if codes do not count up from 1.
    odd: Option<Vec<(u64, u32)>>,
}

/// A table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'t> {
    list: &'t [Abbrev],
    odd: Option<&'t [(u64, u32)]>,
    steps: &'t [Step],
}

impl<'t> Table<'t> {
    /// The abbreviation of a code.
    #[inline]
    pub(super) fn get(&self, code: u64) -> Option<&'t Abbrev> {
        let at = match self.odd {
            None => code.checked_sub(1)?,
            Some(odd) => {
                let at = odd.binary_search_by_key(&code, |&(code, _)| code).ok()?;
                u64::from(odd[at].1)
            }
        };
        self.list.get(at as usize)
    }

    /// The steps that find what an entry refers to.
    #[inline]
    pub(super) fn find(&self, abbrev: &Abbrev) -> &'t [Step] {
        &self.steps[abbrev.find.0 as usize..abbrev.find.1 as usize]
    }

    /// The steps that rewrite an entry.
    #[inline]
    pub(super) fn keep(&self, abbrev: &Abbrev) -> &'t [Step] {
        &self.steps[abbrev.keep.0 as usize..abbrev.keep.1 as usize]
    }
}

/// All abbreviations of a file.
#[derive(Debug, Default)]
pub(super) struct Abbrevs {
    list: Vec<Abbrev>,
    steps: Vec<Step>,
    tables: Vec<Extent>,
    by_key: HashMap<Key, u32>,
    read: usize,
}

/// Section, offset, version of DWARF, width of addresses.
type Key = (u32, u32, u16, u8);

impl Abbrevs {
    /// Removes all tables, so that the memory can be used again.
    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.steps.clear();
        self.tables.clear();
        self.by_key.clear();
        self.read = 0;
    }

    /// A table.
    pub(super) fn table(&self, number: u32) -> Table<'_> {
        let extent = &self.tables[number as usize];
        Table {
            list: &self.list[extent.first as usize..extent.end as usize],
            odd: extent.odd.as_deref(),
            steps: &self.steps,
        }
    }

    /// Compiles the table at `offset` of a section, once for each kind of unit that uses it.
    pub(super) fn compile(
        &mut self,
        section: u32,
        bytes: &[u8],
        offset: u32,
        version: u16,
        address_size: u8,
    ) -> Option<u32> {
        let key = (section, offset, version, address_size);
        if let Some(&found) = self.by_key.get(&key) {
            return Some(found);
        }
        let first = self.list.len() as u32;
        let mut codes = Vec::new();
        let mut cursor = Cursor::new(bytes, offset as usize);
        loop {
            let code = cursor.uleb()?;
            if code == 0 {
                break;
            }
            codes.push((code, self.list.len() as u32 - first));
            let abbrev = self.abbrev(&mut cursor, version, address_size)?;
            self.list.push(abbrev);
        }
        let counts_up = codes.iter().zip(1..).all(|(&(code, _), n)| code == n);
        let odd = (!counts_up).then(|| {
            codes.sort_unstable();
            codes
        });
        // Only hostile files have many tables that overlap.
        self.read += cursor.pos() - offset as usize;
        if self.read > 16 * bytes.len() {
            return None;
        }
        self.by_key.insert(key, self.tables.len() as u32);
        let end = self.list.len() as u32;
        self.tables.push(Extent { first, end, odd });
        Some(self.tables.len() as u32 - 1)
    }

    fn abbrev(
        &mut self,
        cursor: &mut Cursor<'_>,
        version: u16,
        address_size: u8,
    ) -> Option<Abbrev> {
        let tag = cursor.uleb()?;
        let children = cursor.u8()? != 0;
        let kind = kind(tag);
        let mut constant = false;
        let (mut find, mut keep) = (Vec::new(), Vec::new());
        loop {
            let (attribute, shape) = (cursor.uleb()?, cursor.uleb()?);
            if shape == form::IMPLICIT_CONST {
                cursor.skip_leb()?;
            }
            if attribute == 0 && shape == 0 {
                break;
            }
            constant |= attribute == at::CONST_VALUE;
            let plain = plain(shape, version, address_size)?;
            let step = meaning(attribute, shape, version, address_size)?;
            let found = step.and_then(|step| step.to_find(kind));
            push(&mut find, found.unwrap_or(plain));
            push(
                &mut keep,
                step.filter(|step| step.to_keep()).unwrap_or(plain),
            );
        }
        let flags = |moves| {
            let special = keep.iter().any(|step| step.changes(moves));
            (u8::from(constant) * CONSTANT) | (u8::from(special) * SPECIAL)
        };
        Some(Abbrev {
            kind,
            children,
            flags: flags(false),
            flags_moved: flags(true),
            layout: Layout::of(&find),
            find: self.add(find),
            keep: self.add(keep),
        })
    }

    fn add(&mut self, steps: Vec<Step>) -> (u32, u32) {
        let from = self.steps.len() as u32;
        self.steps.extend(steps);
        (from, self.steps.len() as u32)
    }
}

impl Step {
    fn to_find(self, kind: Kind) -> Option<Step> {
        let has_code = matches!(kind, Kind::Unit | Kind::Subprogram);
        match self {
            Step::Sibling(_)
            | Step::Elsewhere
            | Step::Base(_)
            | Step::Length(_)
            | Step::LocationsIndex => None,
            Step::LowPc(_) | Step::LowPcIndex(_) | Step::Ranges | Step::RangesIndex
                if !has_code =>
            {
                None
            }
            Step::Location(width) if kind != Kind::Variable => Some(Step::Expression(width)),
            step => Some(step),
        }
    }

    /// Whether rewriting has to look at this step. References are known already.
    fn to_keep(self) -> bool {
        !matches!(
            self,
            Step::Reference(_) | Step::FarReference | Step::Expression(_) | Step::Location(_)
        )
    }

    /// Whether rewriting may change something at this step.
    fn changes(self, moves: bool) -> bool {
        match self {
            Step::Skip(_) | Step::Leb | Step::Text | Step::Block(_) => false,
            Step::LowPc(_) | Step::LowPcIndex(_) | Step::Length(_) => moves,
            _ => true,
        }
    }
}

fn push(steps: &mut Vec<Step>, step: Step) {
    match (steps.last_mut(), step) {
        (Some(Step::Skip(before)), Step::Skip(more)) => *before += more,
        (_, Step::Skip(0)) => {}
        _ => steps.push(step),
    }
}

fn kind(number: u64) -> Kind {
    match number {
        tag::COMPILE_UNIT | tag::PARTIAL_UNIT | tag::TYPE_UNIT | tag::SKELETON_UNIT => Kind::Unit,
        tag::NAMESPACE | tag::MODULE => Kind::Namespace,
        tag::SUBPROGRAM => Kind::Subprogram,
        tag::LEXICAL_BLOCK
        | tag::INLINED_SUBROUTINE
        | tag::ENTRY_POINT
        | tag::WITH_STMT
        | tag::TRY_BLOCK
        | tag::CATCH_BLOCK
        | tag::CALL_SITE
        | tag::GNU_CALL_SITE => Kind::Scope,
        tag::BASE_TYPE => Kind::BaseType,
        tag::VARIABLE => Kind::Variable,
        tag::IMPORTED_DECLARATION | tag::IMPORTED_MODULE | tag::IMPORTED_UNIT => Kind::Import,
        // A subrange is part of an array type if it is its child.
        tag::ARRAY_TYPE
        | tag::CLASS_TYPE
        | tag::ENUMERATION_TYPE
        | tag::POINTER_TYPE
        | tag::REFERENCE_TYPE
        | tag::STRING_TYPE
        | tag::STRUCTURE_TYPE
        | tag::SUBROUTINE_TYPE
        | tag::TYPEDEF
        | tag::UNION_TYPE
        | tag::PTR_TO_MEMBER_TYPE
        | tag::SET_TYPE
        | tag::CONST_TYPE
        | tag::FILE_TYPE
        | tag::PACKED_TYPE
        | tag::VOLATILE_TYPE
        | tag::RESTRICT_TYPE
        | tag::INTERFACE_TYPE
        | tag::UNSPECIFIED_TYPE
        | tag::SHARED_TYPE
        | tag::RVALUE_REFERENCE_TYPE
        | tag::TEMPLATE_ALIAS
        | tag::COARRAY_TYPE
        | tag::DYNAMIC_TYPE
        | tag::ATOMIC_TYPE
        | tag::IMMUTABLE_TYPE => Kind::Type,
        _ => Kind::Other,
    }
}

/// How to skip a form. `None` if it is unknown, or refers to another file (split or supplementary).
/// files beside the output (split and supplementary ones).
fn plain(shape: u64, version: u16, address_size: u8) -> Option<Step> {
    Some(match shape {
        form::ADDR => Step::Skip(u32::from(address_size)),
        form::BLOCK1 => Step::Block(Width::Fixed(1)),
        form::BLOCK2 => Step::Block(Width::Fixed(2)),
        form::BLOCK4 => Step::Block(Width::Fixed(4)),
        form::BLOCK | form::EXPRLOC => Step::Block(Width::Leb),
        form::DATA1 | form::FLAG | form::REF1 | form::STRX1 | form::ADDRX1 => Step::Skip(1),
        form::DATA2 | form::REF2 | form::STRX2 | form::ADDRX2 => Step::Skip(2),
        form::STRX3 | form::ADDRX3 => Step::Skip(3),
        form::DATA4
        | form::REF4
        | form::STRP
        | form::SEC_OFFSET
        | form::LINE_STRP
        | form::STRX4
        | form::ADDRX4 => Step::Skip(4),
        form::DATA8 | form::REF8 | form::REF_SIG8 => Step::Skip(8),
        form::DATA16 => Step::Skip(16),
        // In DWARF 2, such offsets are as wide as addresses.
        form::REF_ADDR => Step::Skip(if version < 3 { address_size.into() } else { 4 }),
        form::STRING => Step::Text,
        form::SDATA
        | form::UDATA
        | form::REF_UDATA
        | form::STRX
        | form::ADDRX
        | form::LOCLISTX
        | form::RNGLISTX => Step::Leb,
        form::FLAG_PRESENT | form::IMPLICIT_CONST => Step::Skip(0),
        _ => return None,
    })
}

/// What an attribute means for pruning; `Some(None)` if nothing.
fn meaning(attribute: u64, shape: u64, version: u16, address_size: u8) -> Option<Option<Step>> {
    let reference = match shape {
        form::REF1 => Some(Width::Fixed(1)),
        form::REF2 => Some(Width::Fixed(2)),
        form::REF4 => Some(Width::Fixed(4)),
        form::REF8 => Some(Width::Fixed(8)),
        form::REF_UDATA => Some(Width::Leb),
        _ => None,
    };
    if let Some(width) = reference {
        return Some(Some(match attribute {
            at::SIBLING => Step::Sibling(width),
            _ => Step::Reference(width),
        }));
    }
    // Split debug information is in files that the linker does not read.
    if matches!(attribute, at::DWO_NAME | at::GNU_DWO_NAME) {
        return None;
    }
    let index = match shape {
        form::ADDRX => Some(Width::Leb),
        form::ADDRX1 => Some(Width::Fixed(1)),
        form::ADDRX2 => Some(Width::Fixed(2)),
        form::ADDRX3 => Some(Width::Fixed(3)),
        form::ADDRX4 => Some(Width::Fixed(4)),
        _ => None,
    };
    let block = match shape {
        form::EXPRLOC | form::BLOCK => Some(Width::Leb),
        form::BLOCK1 => Some(Width::Fixed(1)),
        form::BLOCK2 => Some(Width::Fixed(2)),
        form::BLOCK4 => Some(Width::Fixed(4)),
        _ => None,
    };
    let offset = shape == form::SEC_OFFSET
        || (version < 4 && shape == form::DATA4 && points_elsewhere(attribute));
    Some(match attribute {
        _ if shape == form::REF_ADDR => {
            if version < 3 {
                return None;
            }
            Some(Step::FarReference)
        }
        at::STR_OFFSETS_BASE if offset => Some(Step::Base(Base::StringOffsets)),
        at::ADDR_BASE if offset => Some(Step::Base(Base::Addresses)),
        at::RNGLISTS_BASE if offset => Some(Step::Base(Base::RangeLists)),
        at::LOCLISTS_BASE if offset => Some(Step::Base(Base::LocationLists)),
        at::LOW_PC if shape == form::ADDR => Some(Step::LowPc(address_size)),
        at::LOW_PC if index.is_some() => index.map(Step::LowPcIndex),
        at::RANGES if offset => Some(Step::Ranges),
        at::RANGES if shape == form::RNGLISTX => Some(Step::RangesIndex),
        at::HIGH_PC | at::ENTRY_PC => match shape {
            form::DATA1 => Some(Step::Length(Width::Fixed(1))),
            form::DATA2 => Some(Step::Length(Width::Fixed(2))),
            form::DATA4 => Some(Step::Length(Width::Fixed(4))),
            form::DATA8 => Some(Step::Length(Width::Fixed(8))),
            form::UDATA => Some(Step::Length(Width::Leb)),
            _ => None,
        },
        at::LOCATION if block.is_some() => block.map(Step::Location),
        // A block can also be the bytes of a constant.
        _ if shape == form::EXPRLOC || (block.is_some() && version < 4 && computes(attribute)) => {
            block.map(Step::Expression)
        }
        _ if shape == form::LOCLISTX => Some(Step::LocationsIndex),
        _ if offset => Some(Step::Elsewhere),
        _ => None,
    })
}

/// Attributes that contain an offset in another section. Before DWARF 4, their form was that of a number.
fn points_elsewhere(attribute: u64) -> bool {
    matches!(
        attribute,
        at::STMT_LIST | at::RANGES | at::MACRO_INFO | at::START_SCOPE
    ) || attribute == at::LOCATION
        || computes(attribute) && attribute != at::DATA_MEMBER_LOCATION
}

/// Attributes that contain an expression.
fn computes(attribute: u64) -> bool {
    matches!(
        attribute,
        at::STRING_LENGTH
            | at::LOWER_BOUND
            | at::UPPER_BOUND
            | at::COUNT
            | at::RETURN_ADDR
            | at::DATA_MEMBER_LOCATION
            | at::FRAME_BASE
            | at::SEGMENT
            | at::STATIC_LINK
            | at::USE_LOCATION
            | at::VTABLE_ELEM_LOCATION
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(bytes: &[u8]) -> Option<(Abbrevs, u32)> {
        let mut abbrevs = Abbrevs::default();
        let table = abbrevs.compile(0, bytes, 0, 4, 4)?;
        Some((abbrevs, table))
    }

    #[test]
    fn fixed_sizes_are_joined() {
        // A formal parameter: location, name, declaration file and line, type.
        let bytes = [
            1, 0x05, 0, 0x02, 0x18, 0x03, 0x0e, 0x3a, 0x0b, 0x3b, 0x05, 0x49, 0x13, 0, 0, 0,
        ];
        let (abbrevs, table) = compile(&bytes).unwrap();
        let table = abbrevs.table(table);
        let reference = Step::Reference(Width::Fixed(4));
        assert_eq!(
            table.find(table.get(1).unwrap()),
            [Step::Expression(Width::Leb), Step::Skip(7), reference]
        );
        assert!(table.get(2).is_none());
        assert_eq!(end(&bytes, 0), Some(bytes.len() as u32));
    }

    #[test]
    fn codes_need_not_count_up() {
        let (abbrevs, table) = compile(&[9, 0x34, 0, 0, 0, 4, 0x39, 1, 0, 0, 0]).unwrap();
        let table = abbrevs.table(table);
        let kind = |code| table.get(code).map(|abbrev| abbrev.kind);
        assert_eq!(kind(9), Some(Kind::Variable));
        assert_eq!(kind(4), Some(Kind::Namespace));
        assert_eq!(kind(1), None);
    }

    #[test]
    fn unknown_forms_and_cut_tables_are_refused() {
        assert!(compile(&[1, 0x34, 0, 0x03, 0x70, 0, 0, 0]).is_none());
        assert!(compile(&[1, 0x34, 0, 0x03]).is_none());
        assert!(compile(&[]).is_none());
    }
}
