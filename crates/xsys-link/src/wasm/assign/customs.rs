//! Custom sections: which of the files' sections are written, and where each is in the output.

use hashbrown::HashMap;

use crate::wasm::WasmOptions;
use crate::wasm::ids::FileId;
use crate::wasm::layout::memory::{Part, Source};
use crate::wasm::layout::strings::MergedStrings;
use crate::wasm::layout::{COVERAGE_ALIGN, CustomPlace, Layout, OutputCustom};
use crate::wasm::symbols::Resolved;

impl<'a> Layout<'a> {
    /// Joins sections of the same name, and decides where each part is.
    pub(super) fn place_customs(&mut self, options: &WasmOptions, resolved: &Resolved<'a>) {
        let mut groups: Vec<(&'a str, Vec<(FileId, u32)>)> = Vec::new();
        let mut by_name: HashMap<&str, usize> = HashMap::new();
        let no_debug = options.strip_debug || options.strip_all;
        for (file, object) in resolved.files() {
            for (at, custom) in object.customs.iter().enumerate() {
                let key = (file, at as u32);
                // Custom sections of other tools are kept: wasm-bindgen, for one, needs them.
                let debug = custom.name.starts_with(".debug_");
                let kept = options.keeps_by_name(custom.name) && !options.shrink.compat;
                let stripped = no_debug && debug && !kept;
                let discarded = resolved.discarded.customs.contains(&key);
                let pruned = self.debug.drops(file, at as u32);
                // LLVM bitcode beside machine code, for link-time optimisation.
                let bitcode = matches!(custom.name, ".llvmbc" | ".llvmcmd");
                if stripped || discarded || pruned || bitcode || custom.data.is_empty() {
                    continue;
                }
                let group = *by_name.entry(custom.name).or_insert_with(|| {
                    groups.push((custom.name, Vec::new()));
                    groups.len() - 1
                });
                groups[group].1.push(key);
            }
        }
        for (name, inputs) in groups {
            self.place_custom(options, resolved, name, &inputs);
        }
    }

    fn place_custom(
        &mut self,
        options: &WasmOptions,
        resolved: &Resolved<'a>,
        name: &'a str,
        inputs: &[(FileId, u32)],
    ) {
        let data = |&(file, at): &(FileId, u32)| resolved.file(file).customs[at as usize].data;
        let output = self.customs.len() as u32;
        let mut whole = OutputCustom {
            name,
            size: 0,
            parts: Vec::new(),
            strings: MergedStrings::default(),
        };
        // Custom sections have no flags, so string tables are known by name.
        let pool = self.debug.pool(name);
        let merges = pool.is_none()
            && matches!(name, ".debug_str" | ".debug_line_str")
            && options.optimize > 0;
        if let Some(pool) = pool {
            whole.size = pool.size();
            whole.parts.push(Part {
                offset: 0,
                source: Source::Strings(0),
            });
        }
        if merges {
            let contents: Vec<&[u8]> = inputs.iter().map(data).collect();
            whole.strings = MergedStrings::build(&contents);
            whole.size = whole.strings.bytes.len() as u64;
            whole.parts.push(Part {
                offset: 0,
                source: Source::Strings(0),
            });
        }
        let align = alignment(name);
        for (number, input) in inputs.iter().enumerate() {
            let gap = whole.size.next_multiple_of(align) - whole.size;
            if gap > 0 {
                whole.parts.push(Part {
                    offset: whole.size,
                    source: Source::Gap(gap as usize),
                });
                whole.size += gap;
            }
            let place = CustomPlace {
                output,
                offset: if merges || pool.is_some() {
                    0
                } else {
                    whole.size
                },
                strings: merges.then_some(number as u32),
            };
            self.custom_places[input.0.0 as usize][input.1 as usize] = Some(place);
            if !merges && pool.is_none() {
                whole.parts.push(Part {
                    offset: whole.size,
                    source: Source::Input(input.0, input.1),
                });
                let pruned = self.debug.size(input.0, input.1);
                whole.size += pruned.unwrap_or(data(input).len() as u64);
            }
        }
        self.customs.push(whole);
    }
}

/// The alignment of parts of a custom section, in bytes. Objects do not specify it, but `llvm-cov` only finds
/// coverage records that are aligned as in memory (LLVM's coverage mapping format).
fn alignment(section: &str) -> u64 {
    match section {
        "__llvm_covfun" | "__llvm_covmap" => COVERAGE_ALIGN as u64,
        _ => 1,
    }
}
