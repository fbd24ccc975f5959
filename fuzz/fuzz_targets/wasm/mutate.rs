//! Changes of wasm objects that leave the frame whole.
//!
//! Lengths and counts stand before almost everything in a module, so bytes changed at random are
//! refused by the first reader. These changes take sections, symbols and relocations apart and
//! write sizes and counts anew, so that what is wrong is wrong deep inside.

use std::ops::Range;

/// libFuzzer's own way of changing bytes in a buffer: length before, capacity, length after.
type Bytes = fn(&mut [u8], usize, usize) -> usize;

/// Xorshift; what one seed does must be the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    fn chance(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    /// A number that is near another, or at an edge.
    fn number(&mut self, old: u64) -> u64 {
        const EDGES: [u64; 14] = [
            0,
            1,
            2,
            7,
            0x7f,
            0x80,
            0xffff,
            0x1_0000,
            0x7fff_ffff,
            0x8000_0000,
            0xffff_ffff,
            0x1_0000_0000,
            u64::MAX >> 1,
            u64::MAX,
        ];
        match self.below(6) {
            0 => old.wrapping_add(1),
            1 => old.wrapping_sub(1),
            2 => EDGES[self.below(EDGES.len())],
            3 => old ^ 1 << self.below(32),
            _ => self.below(24) as u64,
        }
    }
}

/// Changes an input of the target in place; gives its new length.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32, bytes: Bytes) -> usize {
    let mut dice = Dice(u64::from(seed) << 1 | 1);
    for _ in 0..4 {
        dice.below(1);
    }
    if size < 10 || dice.chance(16) {
        return bytes(data, size, max_size);
    }
    if dice.chance(8) {
        data[dice.below(2)] = dice.below(256) as u8;
        return size;
    }
    let Some(mut files) = Files::split(&data[2..size]) else {
        return bytes(data, size, max_size);
    };
    for _ in 0..=dice.below(3) {
        if !files.mutate(&mut dice, bytes) {
            return bytes(data, size, max_size);
        }
    }
    let new = files.join();
    if new.len() + 2 > max_size.min(data.len()) {
        return bytes(data, size, max_size);
    }
    data[2..new.len() + 2].copy_from_slice(&new);
    new.len() + 2
}

/// One object, or the members of an archive.
struct Files {
    archive: bool,
    members: Vec<Vec<u8>>,
}

impl Files {
    fn split(data: &[u8]) -> Option<Self> {
        if data.starts_with(b"\0asm") {
            return Some(Self {
                archive: false,
                members: vec![data.to_vec()],
            });
        }
        let members = xsys_fuzz::wasm::members(data)?;
        Some(Self {
            archive: true,
            members: members.into_iter().map(<[u8]>::to_vec).collect(),
        })
    }

    fn mutate(&mut self, dice: &mut Dice, bytes: Bytes) -> bool {
        let count = self.members.len();
        if count == 0 {
            return false;
        }
        let at = dice.below(count);
        match dice.below(24) {
            0 if count < 6 => {
                self.archive = true;
                self.members.push(self.members[at].clone());
                return true;
            }
            1 if count > 1 => {
                self.members.remove(at);
                return true;
            }
            2 => {
                let other = dice.below(count);
                self.members.swap(at, other);
                return true;
            }
            _ => {}
        }
        let Some(mut sections) = split(&self.members[at]) else {
            return false;
        };
        let other = split(&self.members[dice.below(count)]).unwrap_or_default();
        change(&mut sections, &other, dice, bytes);
        self.members[at] = join(&sections);
        true
    }

    fn join(&self) -> Vec<u8> {
        match self.archive {
            true => archive(&self.members),
            false => self.members.concat(),
        }
    }
}

type Section = (u8, Vec<u8>);

fn uleb(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0;
    for shift in (0..70).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Sections of a module, or subsections (without a header before them).
fn parts(bytes: &[u8], mut at: usize) -> Option<Vec<Section>> {
    let mut found = Vec::new();
    while at < bytes.len() {
        let id = bytes[at];
        at += 1;
        let size = uleb(bytes, &mut at)? as usize;
        let end = at.checked_add(size)?;
        found.push((id, bytes.get(at..end)?.to_vec()));
        at = end;
    }
    Some(found)
}

fn split(module: &[u8]) -> Option<Vec<Section>> {
    parts(module, 8).filter(|list| !list.is_empty())
}

fn put_parts(out: &mut Vec<u8>, parts: &[Section]) {
    for (id, payload) in parts {
        out.push(*id);
        put(out, payload.len() as u64);
        out.extend_from_slice(payload);
    }
}

fn join(sections: &[Section]) -> Vec<u8> {
    let mut out = b"\0asm\x01\0\0\0".to_vec();
    put_parts(&mut out, sections);
    out
}

/// Where a custom section's contents begin, and its name.
fn custom(payload: &[u8]) -> Option<(&[u8], usize)> {
    let mut at = 0;
    let length = uleb(payload, &mut at)? as usize;
    let name = payload.get(at..at.checked_add(length)?)?;
    Some((name, at + length))
}

fn change(sections: &mut Vec<Section>, other: &[Section], dice: &mut Dice, bytes: Bytes) {
    let at = dice.below(sections.len());
    match dice.below(16) {
        0 => {
            sections.remove(at);
        }
        1 => sections.insert(at, sections[at].clone()),
        2 => {
            let with = dice.below(sections.len());
            sections.swap(at, with);
        }
        3 if !other.is_empty() => sections[at] = other[dice.below(other.len())].clone(),
        4..=6 => linking(sections, dice, bytes),
        7..=10 => relocations(sections, dice),
        11 => raw(&mut sections[at].1, dice, bytes),
        12 => sections[at].0 = dice.below(15) as u8,
        _ => leb(&mut sections[at].1, dice),
    }
}

/// libFuzzer's change of a whole part.
fn raw(payload: &mut Vec<u8>, dice: &mut Dice, bytes: Bytes) {
    let size = payload.len();
    let room = size + 1 + dice.below(32);
    payload.resize(room, 0);
    let new = bytes(payload, size, room);
    payload.truncate(new);
}

/// Replaces what looks like a number.
fn leb(payload: &mut Vec<u8>, dice: &mut Dice) {
    if payload.is_empty() {
        return;
    }
    let from = dice.below(payload.len());
    let mut to = from;
    let Some(old) = uleb(payload, &mut to) else {
        return;
    };
    let mut new = Vec::new();
    put(&mut new, dice.number(old));
    if dice.chance(2) {
        // The old width, as relocatable fields have it.
        while new.len() < to - from {
            if let Some(last) = new.last_mut() {
                *last |= 0x80;
            }
            new.push(0);
        }
    }
    payload.splice(from..to, new);
}

/// Changes an entry of a `reloc.` section, and keeps their number right.
fn relocations(sections: &mut [Section], dice: &mut Dice) {
    let with: Vec<usize> = (0..sections.len())
        .filter(|&at| {
            let (id, payload) = &sections[at];
            *id == 0 && custom(payload).is_some_and(|(name, _)| name.starts_with(b"reloc."))
        })
        .collect();
    if with.is_empty() {
        return;
    }
    let payload = &mut sections[with[dice.below(with.len())]].1;
    let Some((mut head, mut entries)) = read_relocations(payload) else {
        return;
    };
    if entries.is_empty() {
        return;
    }
    let at = dice.below(entries.len());
    match dice.below(8) {
        0 => {
            entries.remove(at);
        }
        1 => entries.insert(at, entries[at].clone()),
        2 => {
            let with = dice.below(entries.len());
            entries.swap(at, with);
        }
        3 => entries[at][0] = dice.below(28) as u64,
        _ => {
            let field = 1 + dice.below(entries[at].len() - 1);
            entries[at][field] = dice.number(entries[at][field]);
        }
    }
    put(&mut head, entries.len() as u64);
    for entry in &entries {
        entry.iter().for_each(|&number| put(&mut head, number));
    }
    *payload = head;
}

/// Everything before the count, and the entries' numbers. Negative addends are left as they stand:
/// unsigned reading and writing gives their bytes back.
fn read_relocations(payload: &[u8]) -> Option<(Vec<u8>, Vec<Vec<u64>>)> {
    let (_, mut at) = custom(payload)?;
    uleb(payload, &mut at)?;
    let head = payload[..at].to_vec();
    let count = uleb(payload, &mut at)?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let ty = uleb(payload, &mut at)?;
        // Types with an addend (tool-conventions, `Linking.md`).
        let addend = matches!(ty, 3..=5 | 8 | 9 | 11 | 14..=17 | 21..=23 | 25);
        let mut entry = vec![ty];
        for _ in 0..2 + usize::from(addend) {
            entry.push(uleb(payload, &mut at)?);
        }
        entries.push(entry);
    }
    Some((head, entries))
}

/// Changes a subsection of `linking`: symbols one by one, the rest as bytes.
fn linking(sections: &mut [Section], dice: &mut Dice, bytes: Bytes) {
    let found = sections.iter_mut().find_map(|(id, payload)| {
        let is_linking = *id == 0 && custom(payload)?.0 == b"linking";
        is_linking.then_some(payload)
    });
    let Some(payload) = found else { return };
    let Some((_, start)) = custom(payload) else {
        return;
    };
    // The version follows the name.
    let head = payload[..(start + 1).min(payload.len())].to_vec();
    let Some(mut list) = parts(payload, head.len()).filter(|list| !list.is_empty()) else {
        return;
    };
    let at = dice.below(list.len());
    match dice.below(8) {
        0 => {
            list.remove(at);
        }
        1 => list.insert(at, list[at].clone()),
        2 => raw(&mut list[at].1, dice, bytes),
        _ if list[at].0 == 8 => symbols(&mut list[at].1, dice),
        _ => leb(&mut list[at].1, dice),
    }
    let mut out = head;
    put_parts(&mut out, &list);
    *payload = out;
}

/// Changes one symbol of a symbol table, and keeps their number right.
fn symbols(table: &mut Vec<u8>, dice: &mut Dice) {
    let Some(places) = symbol_places(table) else {
        return;
    };
    if places.is_empty() {
        return;
    }
    let mut symbols: Vec<Vec<u8>> = places.iter().map(|at| table[at.clone()].to_vec()).collect();
    let at = dice.below(symbols.len());
    match dice.below(8) {
        0 => {
            symbols.remove(at);
        }
        1 => symbols.insert(at, symbols[at].clone()),
        2 => symbols[at] = symbols[dice.below(places.len())].clone(),
        3 => symbols[at][0] = dice.below(6) as u8,
        4 | 5 => {
            // Flags: binding, visibility, undefined, exported, explicit name, no strip, TLS,
            // absolute.
            let mut to = 1;
            if let Some(old) = uleb(&symbols[at], &mut to) {
                let mut new = Vec::new();
                put(&mut new, old ^ 1 << dice.below(10));
                symbols[at].splice(1..to, new);
            }
        }
        _ => leb(&mut symbols[at], dice),
    }
    let mut out = Vec::new();
    put(&mut out, symbols.len() as u64);
    out.extend(symbols.concat());
    *table = out;
}

fn symbol_places(table: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut at = 0;
    let count = uleb(table, &mut at)?;
    let mut places = Vec::new();
    for _ in 0..count {
        let from = at;
        let kind = *table.get(at)?;
        at += 1;
        let flags = uleb(table, &mut at)?;
        let (undefined, explicit) = (flags & 0x10 != 0, flags & 0x40 != 0);
        let mut name = |at: &mut usize| {
            let length = uleb(table, at)? as usize;
            *at = at.checked_add(length).filter(|&end| end <= table.len())?;
            Some(())
        };
        match kind {
            1 => {
                name(&mut at)?;
                for _ in 0..if undefined { 0 } else { 3 } {
                    uleb(table, &mut at)?;
                }
            }
            3 => {
                uleb(table, &mut at)?;
            }
            _ => {
                uleb(table, &mut at)?;
                if !undefined || explicit {
                    name(&mut at)?;
                }
            }
        }
        places.push(from..at);
    }
    Some(places)
}

/// An archive of members, with an index of what they define.
fn archive(members: &[Vec<u8>]) -> Vec<u8> {
    let mut names = Vec::new();
    let mut owners = Vec::new();
    for (at, member) in members.iter().enumerate() {
        for name in xsys_link::wasm::object::defined_names(member).unwrap_or_default() {
            names.extend_from_slice(name.as_bytes());
            names.push(0);
            owners.push(at);
        }
    }
    let header = |name: &str, size: usize| {
        format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644).into_bytes()
    };
    let pad = |out: &mut Vec<u8>| {
        if out.len() % 2 == 1 {
            out.push(b'\n');
        }
    };
    let index = 4 + 4 * owners.len() + names.len();
    let mut at = 8 + 60 + index.next_multiple_of(2);
    let mut offsets = Vec::new();
    for member in members {
        offsets.push(at as u32);
        at += 60 + member.len().next_multiple_of(2);
    }
    let mut out = b"!<arch>\n".to_vec();
    out.extend(header("/", index));
    out.extend((owners.len() as u32).to_be_bytes());
    for owner in owners {
        out.extend(offsets[owner].to_be_bytes());
    }
    out.extend(names);
    pad(&mut out);
    for (at, member) in members.iter().enumerate() {
        out.extend(header(&format!("{at}.o/"), member.len()));
        out.extend(member);
        pad(&mut out);
    }
    out
}
