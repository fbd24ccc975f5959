//! Hand-made `.eh_frame` sections, sound and damaged, and the headers that belong to them.

use super::*;

const LITTLE: Endianness = Endianness::Little;
const LP64: WordFormat = WordFormat {
    is_64: true,
    endian: LITTLE,
};
const ILP32_BIG: WordFormat = WordFormat {
    is_64: false,
    endian: Endianness::Big,
};

/// A record with its length in front.
fn record(id: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = (body.len() as u32 + 4).to_le_bytes().to_vec();
    bytes.extend(id.to_le_bytes());
    bytes.extend(body);
    bytes
}

/// Version 1, "zR", code 1, data −8, register 16, one byte of data: pcrel | sdata4.
const ZR: &[u8] = &[1, b'z', b'R', 0, 1, 0x78, 16, 1, 0x1b, 0, 0, 0];

#[test]
fn sections_are_cut_into_records() {
    let mut section = record(0, ZR); // 0x00, 20 bytes
    section.extend(record(0x18, &[0; 12])); // 0x14
    section.extend(record(0, ZR)); // 0x28
    section.extend(record(0x18, &[0; 8])); // 0x3c
    section.extend(record(0x50, &[0; 8])); // 0x4c, back to the first CIE
    section.extend([0; 4]);
    let records = parse(&section, LITTLE).expect("sound");
    let found: Vec<_> = records.iter().map(|r| (r.offset, r.size, r.kind)).collect();
    let fde = |cie| RecordKind::Fde { cie };
    assert_eq!(
        found,
        [
            (0x00, 20, RecordKind::Cie),
            (0x14, 20, fde(0)),
            (0x28, 20, RecordKind::Cie),
            (0x3c, 16, fde(2)),
            (0x4c, 16, fde(0)),
        ]
    );
    assert_eq!(parse(&[], LITTLE), Ok(vec![]));
}

#[test]
fn a_terminator_in_the_middle_hides_nothing() {
    let mut section = vec![0; 4];
    section.extend(record(0, ZR));
    section.extend([0; 4]);
    section.extend(record(0x1c, &[0; 8]));
    let records = parse(&section, LITTLE).expect("sound");
    assert_eq!(records.len(), 2);
    assert_eq!(records[1].kind, RecordKind::Fde { cie: 0 });
}

#[test]
fn damage_is_reported_with_its_offset() {
    let cie = record(0, ZR);
    let with = |tail: &[u8]| [&cie[..], tail].concat();
    let truncated = |needed, left| Error::Truncated {
        offset: 20,
        needed,
        left,
    };
    let cases = [
        (with(&[8, 0]), truncated(4, 2)),
        (with(&[8, 0, 0, 0, 0x18, 0]), truncated(12, 6)),
        (with(&[2, 0, 0, 0, 0, 0, 0, 0]), truncated(8, 8)),
        (with(&[0xff; 12]), Error::TooLarge { offset: 20 }),
        (
            with(&record(0x10, &[0; 4])),
            Error::NoCie {
                offset: 20,
                distance: 0x10,
            },
        ),
        (
            with(&record(0x1000, &[0; 4])),
            Error::NoCie {
                offset: 20,
                distance: 0x1000,
            },
        ),
    ];
    for (section, error) in cases {
        assert_eq!(parse(&section, LITTLE), Err(error));
    }
    assert_eq!(
        Error::NoCie {
            offset: 20,
            distance: 16
        }
        .to_string(),
        "frame at offset 0x14 refers to a common entry 0x10 bytes back, where none begins"
    );
}

#[test]
fn no_prefix_of_a_section_panics() {
    let mut section = record(0, ZR);
    section.extend(record(0x18, &[0; 12]));
    for end in 0..section.len() {
        let _ = parse(&section[..end], LITTLE);
        let _ = fde_encoding(&section[..end], true);
        let _ = read_code(&section[..end], 0, Encoding::PLACE_RELATIVE_32, LP64);
        // The length word is a lie.
        let mut short = section[..end].to_vec();
        if let Some(first) = short.first_mut() {
            *first = 0x7f;
        }
        let _ = parse(&short, LITTLE);
    }
}

#[test]
fn encodings_come_from_the_augmentation() {
    let cases: &[(&[u8], bool, Result<Encoding, Error>)] = &[
        (ZR, true, Ok(Encoding(0x1b))),
        // No augmentation.
        (&[1, 0, 1, 0x78, 16], true, Ok(Encoding::ABSOLUTE)),
        // zPLR: personality pcrel | sdata4, LSDA pcrel | sdata4, then R.
        (
            &[
                1, b'z', b'P', b'L', b'R', 0, 1, 0x78, 16, 7, 0x9b, 9, 9, 9, 9, 0x1b, 0x03,
            ],
            true,
            Ok(Encoding(0x03)),
        ),
        // An absolute personality has the size of an address.
        (
            &[
                1, b'z', b'P', b'R', 0, 1, 0x78, 16, 6, 0x00, 9, 9, 9, 9, 0x1b,
            ],
            false,
            Ok(Encoding(0x1b)),
        ),
        (
            &[
                1, b'z', b'P', b'R', 0, 1, 0x78, 16, 10, 0x00, 9, 9, 9, 9, 9, 9, 9, 9, 0x1b,
            ],
            true,
            Ok(Encoding(0x1b)),
        ),
        // Version 3 has the register as LEB128, version 4 two sizes more.
        (
            &[3, b'z', b'R', 0, 1, 0x7c, 0x81, 0x01, 1, 0x10],
            true,
            Ok(Encoding(0x10)),
        ),
        (
            &[4, b'z', b'R', 0, 8, 0, 1, 0x78, 30, 1, 0x1b],
            true,
            Ok(Encoding(0x1b)),
        ),
        // Signal frame and pointer authentication before R.
        (
            &[1, b'z', b'B', b'S', b'R', 0, 1, 0x78, 30, 1, 0x1b],
            true,
            Ok(Encoding(0x1b)),
        ),
        // eh: a pointer before the alignments.
        (
            &[1, b'e', b'h', 0, 0, 0, 0, 0, 1, 0x7c, 8],
            false,
            Ok(Encoding::ABSOLUTE),
        ),
        (&[2, 0, 1, 0x78, 16], true, Err(Error::Version(2))),
        (
            &[1, b'z', b'?', 0, 1, 0x78, 16, 0],
            true,
            Err(Error::Augmentation('?')),
        ),
        (
            &[1, b'z', b'P', b'R', 0, 1, 0x78, 16, 3, 0x50, 0, 0x1b],
            true,
            Err(Error::Encoding(0x50)),
        ),
        (
            &[1, b'z', b'R', 0, 1, 0x78, 16, 1],
            true,
            Err(Error::Short(16)),
        ),
    ];
    for (body, is_64, expected) in cases {
        assert_eq!(
            fde_encoding(&record(0, body), *is_64),
            *expected,
            "{body:x?}"
        );
    }
}

#[test]
fn function_addresses_are_read_in_all_encodings() {
    let fde = |bytes: &[u8]| record(0x18, bytes);
    let pc = |fde: &[u8], addr, encoding, format| {
        read_code(fde, addr, Encoding(encoding), format).map(|(pc, _)| pc)
    };
    let mut minus_16 = vec![0xf0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    minus_16.extend([0; 8]);
    let minus_16 = fde(&minus_16);
    let cases = [
        (0x1b, LP64, Ok(0x1008 - 16)),
        (0x1a, LP64, Ok(0x1008 - 16)),
        (0x1c, LP64, Ok(0x1008 - 16)),
        (0x10, LP64, Ok(0x1008 - 16)),
        (0x13, LP64, Ok(0x1008 + 0xffff_fff0)),
        (0x03, LP64, Ok(0xffff_fff0)),
        (0x02, LP64, Ok(0xfff0)),
        (0x0b, LP64, Ok(0xffff_ffff_ffff_fff0)),
        (0x00, LP64, Ok(0xffff_ffff_ffff_fff0)),
        (0x01, LP64, Err(Error::Encoding(0x01))),
        (0x9b, LP64, Err(Error::Encoding(0x9b))),
        (0x3b, LP64, Err(Error::Encoding(0x3b))),
        (0xff, LP64, Err(Error::Encoding(0xff))),
    ];
    for (encoding, format, expected) in cases {
        let read = pc(&minus_16, 0x1000, encoding, format);
        assert_eq!(read, expected, "{encoding:#x}");
    }
    let big = fde(&[0xff, 0xff, 0xff, 0xf0, 0, 0, 0, 6]);
    assert_eq!(pc(&big, 0x1000, 0x1b, ILP32_BIG), Ok(0xff8));
    let absolute = read_code(&big, 0x1000, Encoding::ABSOLUTE, ILP32_BIG);
    assert_eq!(absolute, Ok((0xffff_fff0, 6)));
    let half = fde(&[0xff, 0xf0, 0, 6]);
    let short = read_code(&half, 0, Encoding(0x02), ILP32_BIG);
    assert_eq!(short, Ok((0xfff0, 6)));
    assert_eq!(pc(&half, 0, 0x03, LP64), Err(Error::Short(12)));
}

#[test]
fn headers_are_sorted_and_have_each_function_once() {
    let mut table = vec![
        (0x40_2000, 0x40_0160),
        (0x40_1000, 0x40_0190),
        (0x40_1000, 0x40_0118),
        (0x3f_f000, 0x40_0130),
    ];
    let mut out = vec![0xee; header_size(4)];
    let count = write_header(&mut out, 0x40_0080, 0x40_0100, &mut table, LP64);
    assert_eq!(count, Ok(3));
    #[rustfmt::skip]
    let expected = [
        1, 0x1b, 0x03, 0x3b,
        0x7c, 0, 0, 0,
        3, 0, 0, 0,
        0x80, 0xef, 0xff, 0xff, 0xb0, 0, 0, 0,
        0x80, 0x0f, 0, 0, 0x98, 0, 0, 0,
        0x80, 0x1f, 0, 0, 0xe0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0,
    ];
    assert_eq!(out, expected);
}

#[test]
fn headers_are_big_endian_where_the_image_is() {
    let mut out = vec![0; header_size(1)];
    let mut table = vec![(0xffff_f000, 0x20)];
    assert_eq!(
        write_header(&mut out, 0x10, 0x18, &mut table, ILP32_BIG),
        Ok(1)
    );
    assert_eq!(
        out,
        [
            1, 0x1b, 3, 0x3b, 0, 0, 0, 4, 0, 0, 0, 1, 0xff, 0xff, 0xef, 0xf0, 0, 0, 0, 0x10
        ]
    );
}

#[test]
fn distances_of_headers_have_limits() {
    let header = 0x1_0000_0000;
    let mut out = vec![0; header_size(1)];
    for (pc, fits) in [
        (header + 0x7fff_ffff, true),
        (header + 0x8000_0000, false),
        (header - 0x8000_0000, true),
        (header - 0x8000_0001, false),
    ] {
        let result = write_header(&mut out, header, header, &mut vec![(pc, header)], LP64);
        let expected = if fits {
            Ok(1)
        } else {
            Err(Error::TooFar { addr: pc, header })
        };
        assert_eq!(result, expected, "{pc:#x}");
    }
    let short = write_header(
        &mut out[..12],
        header,
        header,
        &mut vec![(header, header)],
        LP64,
    );
    assert_eq!(
        short,
        Err(Error::NoRoom {
            needed: 20,
            left: 12
        })
    );
}

#[test]
fn moved_frames_find_their_entry() {
    let mut section = record(0, ZR);
    section.extend(record(0, ZR));
    section.extend(record(0xdead, &[0; 8]));
    set_cie_pointer(&mut section, 40, 20, LITTLE);
    let records = parse(&section, LITTLE).expect("sound");
    assert_eq!(records[2].kind, RecordKind::Fde { cie: 1 });
    let before = section.clone();
    set_cie_pointer(&mut section, 56, 20, LITTLE);
    assert_eq!(section, before, "outside of the section");
}

#[test]
fn entries_are_equal_with_bytes_and_targets() {
    let key = |bytes, target| CieKey {
        bytes,
        targets: vec![(17, target)],
    };
    assert_eq!(key(ZR, 7), key(ZR, 7));
    assert_ne!(key(ZR, 7), key(ZR, 8));
    assert_ne!(key(ZR, 7), key(&ZR[1..], 7));
}
