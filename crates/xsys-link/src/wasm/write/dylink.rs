//! The section `dylink.0`: what a dynamic loader needs to know about a module that imports addresses.
//!
//! Such a module is the result of `--unresolved-symbols=import-dynamic`: its undefined symbols are looked up at run
//! time, in modules that are loaded with it. The module's own addresses are fixed, so it requests no memory. Imports
//! that may be missing are listed.
//!
//! Spec: tool-conventions, `DynamicLinking.md`.

use wasmparser::SymbolFlags;

use crate::wasm::ids::SymbolKind;
use crate::wasm::layout::module::Module;
use crate::wasm::leb;
use crate::wasm::live::externals::import_name;
use crate::wasm::options::Unresolved;

/// Types of subsections.
const MEM_INFO: u8 = 1;
const EXPORT_INFO: u8 = 3;
const IMPORT_INFO: u8 = 4;

/// The section's contents; `None` if there is none.
pub(crate) fn contents(module: &Module<'_, '_>) -> Option<Vec<u8>> {
    let options = module.options;
    // wasm-ld writes the section into objects, too.
    let object = options.relocatable && !options.shrink.compat;
    if options.unresolved != Unresolved::Import || object {
        return None;
    }
    let mut out = Vec::new();
    leb::string(&mut out, "dylink.0");
    let segments = module.layout.memory.segments.iter();
    let mut info = Vec::new();
    // Size and alignment (as a power of two) of the requested memory, then of the requested table slots.
    leb::uleb(&mut info, 0);
    let align = segments.map(|segment| segment.align).max().unwrap_or(0);
    leb::uleb(&mut info, u64::from(align));
    leb::uleb(&mut info, module.layout.indexes.elements.len() as u64);
    leb::uleb(&mut info, 0);
    subsection(&mut out, MEM_INFO, &info);

    let live = |id: crate::wasm::ids::SymbolId| module.live.symbols[id.0 as usize];
    let named = module.resolved.named().filter(|&(id, _)| live(id));
    let (mut exported, mut optional) = (Vec::new(), Vec::new());
    for (_, symbol) in named {
        let mut item = Vec::new();
        if symbol.is_tls()
            && symbol.is_defined()
            && crate::wasm::live::externals::is_exported(options, symbol)
        {
            leb::string(&mut item, symbol.name);
            let mut flags = symbol.flags;
            if options.entry.as_deref() == Some(symbol.name) {
                flags.remove(SymbolFlags::VISIBILITY_HIDDEN);
            }
            leb::uleb(&mut item, u64::from(flags.bits()));
            exported.push(item);
        } else if symbol.is_undefined() && symbol.is_weak() && symbol.kind != SymbolKind::Section {
            let from = import_name(symbol);
            leb::string(&mut item, from.module);
            leb::string(&mut item, from.field);
            let flags = match symbol.demoted && options.shrink.compat {
                true => SymbolFlags::BINDING_WEAK,
                false => symbol.flags | SymbolFlags::UNDEFINED,
            };
            leb::uleb(&mut item, u64::from(flags.bits()));
            optional.push(item);
        }
    }
    for (id, items) in [(EXPORT_INFO, exported), (IMPORT_INFO, optional)] {
        if !items.is_empty() {
            let mut list = Vec::new();
            leb::uleb(&mut list, items.len() as u64);
            list.extend(items.concat());
            subsection(&mut out, id, &list);
        }
    }
    Some(out)
}

fn subsection(out: &mut Vec<u8>, id: u8, contents: &[u8]) {
    out.push(id);
    leb::uleb(out, contents.len() as u64);
    out.extend_from_slice(contents);
}
