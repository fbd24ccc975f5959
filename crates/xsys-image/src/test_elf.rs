//! ELF files made by hand for tests: a header, LOAD segments, and sections over them.
//!
//! Written out byte by byte after the gABI ("ELF Header", "Program Header", "Sections"), so that
//! the readers under test are not checked against themselves.

pub(crate) struct Elf {
    entry: u64,
    wide: bool,
    big: bool,
    loads: Vec<(u64, u64, Vec<u8>)>,
    sections: Vec<(u64, u64)>,
}

impl Elf {
    pub(crate) fn new(entry: u64) -> Self {
        Self {
            entry,
            wide: false,
            big: false,
            loads: Vec::new(),
            sections: Vec::new(),
        }
    }

    pub(crate) fn class(mut self, wide: bool, big: bool) -> Self {
        (self.wide, self.big) = (wide, big);
        self
    }

    pub(crate) fn load(mut self, addr: u64, load_addr: u64, data: &[u8]) -> Self {
        self.loads.push((addr, load_addr, data.to_vec()));
        self
    }

    /// A PROGBITS section by its address; it must lie in a segment added before.
    pub(crate) fn section(mut self, addr: u64, size: u64) -> Self {
        self.sections.push((addr, size));
        self
    }

    pub(crate) fn build(&self) -> Vec<u8> {
        let (header_size, segment_size, section_size) = if self.wide {
            (64, 56, 64)
        } else {
            (52, 32, 40)
        };
        // The empty one in front and that of the names, `.s1`, `.s2`, … in their order.
        let section_count = if self.sections.is_empty() {
            0
        } else {
            self.sections.len() + 2
        };
        let mut names = vec![0];
        let mut name_offsets = Vec::new();
        for number in 1..=self.sections.len() {
            name_offsets.push(names.len() as u32);
            names.extend(format!(".s{number}\0").bytes());
        }
        let data_start = header_size + segment_size * self.loads.len();
        let data_size: usize = self.loads.iter().map(|load| load.2.len()).sum();
        let names_start = data_start + data_size;
        let section_start = names_start + names.len();

        let mut out = b"\x7fELF".to_vec();
        out.extend([1 + u8::from(self.wide), 1 + u8::from(self.big), 1]);
        out.resize(16, 0);
        self.half(&mut out, 2);
        self.half(&mut out, 40);
        self.word(&mut out, 1);
        self.addr(&mut out, self.entry);
        self.addr(&mut out, header_size as u64);
        self.addr(
            &mut out,
            if section_count == 0 {
                0
            } else {
                section_start as u64
            },
        );
        self.word(&mut out, 0);
        for half in [
            header_size,
            segment_size,
            self.loads.len(),
            section_size,
            section_count,
            section_count.saturating_sub(1),
        ] {
            self.half(&mut out, half as u16);
        }

        let mut offset = data_start as u64;
        let mut offsets = Vec::new();
        for (addr, load_addr, data) in &self.loads {
            offsets.push(offset);
            self.word(&mut out, 1);
            if self.wide {
                self.word(&mut out, 5);
            }
            for value in [
                offset,
                *addr,
                *load_addr,
                data.len() as u64,
                data.len() as u64,
            ] {
                self.addr(&mut out, value);
            }
            if !self.wide {
                self.word(&mut out, 5);
            }
            self.addr(&mut out, 1);
            offset += data.len() as u64;
        }
        for (.., data) in &self.loads {
            out.extend_from_slice(data);
        }
        if section_count != 0 {
            out.extend(&names);
            out.resize(out.len() + section_size, 0);
        }
        for (&(addr, size), name) in self.sections.iter().zip(name_offsets) {
            let (load, start) = self
                .loads
                .iter()
                .zip(&offsets)
                .find(|((start, _, data), _)| {
                    (*start..=*start + data.len() as u64).contains(&(addr + size))
                })
                .expect("the section lies in a segment");
            let place = [2, addr, start + (addr - load.0), size];
            self.section_header(&mut out, [name, 1], place);
        }
        if section_count != 0 {
            let place = [0, 0, names_start as u64, names.len() as u64];
            self.section_header(&mut out, [0, 3], place);
        }
        out
    }

    /// Name and type; flags, address, offset and size.
    fn section_header(&self, out: &mut Vec<u8>, words: [u32; 2], place: [u64; 4]) {
        for word in words {
            self.word(out, word);
        }
        for value in place {
            self.addr(out, value);
        }
        self.word(out, 0);
        self.word(out, 0);
        self.addr(out, 1);
        self.addr(out, 0);
    }

    fn half(&self, out: &mut Vec<u8>, value: u16) {
        out.extend(if self.big {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        });
    }

    fn word(&self, out: &mut Vec<u8>, value: u32) {
        out.extend(if self.big {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        });
    }

    fn addr(&self, out: &mut Vec<u8>, value: u64) {
        if !self.wide {
            return self.word(out, value as u32);
        }
        out.extend(if self.big {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        });
    }
}
