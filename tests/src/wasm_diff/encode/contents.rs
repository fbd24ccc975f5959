//! Code, data and custom sections, and where they have relocations.
//!
//! Spec: tool-conventions, `Linking.md`, "Relocation Sections". A relocation is its type, its offset in the section, its
//! index and its addend; those whose symbol is gone are left out.

use super::numbers::{constant, padded, padded_u32, string, uleb};
use super::{Custom, Field, I32, I64, Piece, Reloc, SIGNATURES, What, Writer, field};

impl Writer<'_> {
    /// The code section's contents; relocations as type, offset, index and addend.
    pub(super) fn code(&mut self, relocs: &mut Vec<[i64; 4]>) -> Vec<u8> {
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

    pub(super) fn data(&self, relocs: &mut Vec<[i64; 4]>) -> Vec<u8> {
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

    pub(super) fn custom(&self, custom: &Custom) -> (Vec<u8>, Vec<[i64; 4]>) {
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
}
