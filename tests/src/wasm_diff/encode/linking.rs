//! The `linking` section: symbols, segments, initialisers and groups.
//!
//! Spec: tool-conventions, `Linking.md`, "Linking Metadata Section".

use super::numbers::{padded_u32, string, uleb};
use super::{What, Writer, flag};

impl Writer<'_> {
    pub(super) fn linking(&self, custom_numbers: &[u64]) -> Vec<u8> {
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
            // Another name is of the same kind.
            let what = match symbol.what {
                What::Alias(of) => object.symbol(of).map_or(&symbol.what, |of| &of.what),
                _ => &symbol.what,
            };
            let kind = match what {
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
}
