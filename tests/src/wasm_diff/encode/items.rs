//! What an object imports and defines: sections 2, 4, 13, 6 and 7.
//!
//! Spec: WebAssembly, "Modules" of the binary format.

use super::numbers::{constant, string, uleb};
use super::{What, Writer};

impl Writer<'_> {
    pub(super) fn imports(&mut self) -> Vec<u8> {
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

    pub(super) fn tables(&self) -> Vec<u8> {
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

    pub(super) fn tags(&mut self) -> Vec<u8> {
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

    pub(super) fn globals(&self) -> Vec<u8> {
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

    pub(super) fn exports(&self) -> Vec<u8> {
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
}

fn table_type(out: &mut Vec<u8>, element: u8, limits: (u32, Option<u32>), wide: bool) {
    out.push(element);
    out.push(u8::from(limits.1.is_some()) | if wide && element == 0x70 { 4 } else { 0 });
    uleb(out, limits.0.into());
    if let Some(most) = limits.1 {
        uleb(out, most.into());
    }
}
