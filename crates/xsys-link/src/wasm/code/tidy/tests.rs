use super::*;

/// A body without locals that consists of these instructions.
fn body(code: &[u8]) -> Vec<u8> {
    let mut body = vec![0];
    body.extend(code);
    body.push(END);
    body
}

/// Checks that functions `(i32, i32) -> i32` with these bodies are valid.
fn validate(bodies: &[&[u8]]) {
    let mut module = crate::wasm::object::MAGIC.to_vec();
    let mut section = |id: u8, contents: Vec<u8>| {
        module.push(id);
        leb::uleb(&mut module, contents.len() as u64);
        module.extend(contents);
    };
    section(1, vec![2, 0x60, 2, 0x7f, 0x7f, 1, 0x7f, 0x60, 0, 0]);
    section(3, vec![1, 0]);
    section(4, vec![1, 0x70, 0, 1]);
    let mut code = vec![1];
    for body in bodies {
        leb::uleb(&mut code, body.len() as u64);
        code.extend(*body);
    }
    section(10, code);
    wasmparser::Validator::new()
        .validate_all(&module)
        .unwrap_or_else(|error| panic!("{bodies:02x?}: {error}"));
}

/// Checks what a body becomes, and that both are valid.
fn check(code: &[u8], expected: Option<&[u8]>) {
    let arities = Arities {
        functions: vec![Some((2, 1))],
        types: vec![Some((2, 1)), Some((0, 0))],
    };
    let input = body(code);
    validate(&[&input]);
    let mut tidying = Tidying::default();
    let found = tidying.shorten(&input, &arities).map(<[u8]>::to_vec);
    if let Some(found) = &found {
        validate(&[found]);
    }
    let expected = expected.map(body);
    assert_eq!(
        found, expected,
        "{code:02x?}\n{found:02x?}\n{expected:02x?}"
    );
}

const GET0: [u8; 2] = [0x20, 0];
const GET1: [u8; 2] = [0x20, 1];
const SET0: [u8; 2] = [0x21, 0];
const SET1: [u8; 2] = [0x21, 1];

fn code(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

#[test]
fn tests_are_turned_round() {
    for (test, turned) in [
        (&[0x45][..], &[][..]),
        (&[0x20, 1, 0x46], &[0x20, 1, 0x47]),
        (&[0x20, 1, 0x48], &[0x20, 1, 0x4e]),
        (&[0x20, 1, 0x4b], &[0x20, 1, 0x4d]),
        // With NaN, neither `lt` nor `ge` is true.
        (
            &[0xb2, 0x20, 1, 0xb2, 0x5d],
            &[0xb2, 0x20, 1, 0xb2, 0x5d, 0x45],
        ),
        (&[0xb2, 0x20, 1, 0xb2, 0x5b], &[0xb2, 0x20, 1, 0xb2, 0x5c]),
        (&[], &[0x45]),
        (&[0xac, 0x50], &[0xac, 0x50, 0x45]),
    ] {
        check(
            &code(&[
                &[BLOCK, EMPTY],
                &GET0,
                test,
                &[BR_IF, 0],
                &GET1,
                &SET0,
                &[END],
                &GET0,
            ]),
            Some(&code(&[
                &GET0,
                turned,
                &[IF, EMPTY],
                &GET1,
                &SET0,
                &[END],
                &GET0,
            ])),
        );
    }
}

#[test]
fn every_inverse_has_an_inverse() {
    for test in 0..=255 {
        if let Some(turned) = inverse(test) {
            assert_eq!(inverse(turned), Some(test), "{test:#x}");
        }
    }
}

#[test]
fn labels_are_counted_anew() {
    // A branch to the outer block from the code that moves out, and one from inside of the `if`.
    check(
        &code(&[
            &[BLOCK, EMPTY, LOOP, EMPTY, BLOCK, EMPTY],
            &GET1,
            &[BR_IF, 2],
            &GET0,
            &[BR_IF, 0],
            &GET1,
            &[BR_IF, 1],
            &GET1,
            &[BR_IF, 0],
            &GET0,
            &[BR_TABLE, 2, 0, 1, 2],
            &[END, END, END],
            &GET0,
        ]),
        Some(&code(&[
            &[BLOCK, EMPTY, LOOP, EMPTY],
            &GET1,
            &[BR_IF, 1],
            &GET0,
            &[I32_EQZ, IF, EMPTY],
            &GET1,
            &[BR_IF, 1],
            &GET1,
            &[BR_IF, 0],
            &GET0,
            &[BR_TABLE, 2, 0, 1, 2],
            &[END, END, END],
            &GET0,
        ])),
    );
}

#[test]
fn then_and_else() {
    let then = code(&[&GET1, &SET0]);
    let other = code(&[&GET0, &SET1]);
    check(
        &code(&[
            &[BLOCK, EMPTY],
            &GET1,
            &SET1,
            &[BLOCK, EMPTY],
            &GET0,
            &[I32_EQZ, BR_IF, 0],
            &then,
            &[BR, 1, END],
            &other,
            &GET0,
            &[BR_IF, 0],
            &other,
            &[END],
            &GET0,
        ]),
        Some(&code(&[
            &GET1,
            &SET1,
            &GET0,
            &[IF, EMPTY],
            &then,
            &[ELSE],
            &other,
            &GET0,
            &[BR_IF, 0],
            &other,
            &[END],
            &GET0,
        ])),
    );
    // In a chain, the second `if` is in the `else` of the first.
    check(
        &code(&[
            &[BLOCK, EMPTY, BLOCK, EMPTY],
            &GET0,
            &[I32_EQZ, BR_IF, 0],
            &then,
            &[BR, 1, END],
            &[BLOCK, EMPTY],
            &GET1,
            &[I32_EQZ, BR_IF, 0],
            &other,
            &[BR, 1, END],
            &then,
            &[END],
            &GET0,
        ]),
        Some(&code(&[
            &GET0,
            &[IF, EMPTY],
            &then,
            &[ELSE],
            &GET1,
            &[IF, EMPTY],
            &other,
            &[BR, 1, END],
            &then,
            &[END],
            &GET0,
        ])),
    );
    // There is another branch to the second part, so it cannot become an `else`, which has no label.
    check(
        &code(&[
            &[BLOCK, EMPTY, BLOCK, EMPTY],
            &GET0,
            &[I32_EQZ, BR_IF, 0],
            &GET1,
            &[BR_IF, 0],
            &then,
            &[BR, 1, END],
            &other,
            &[END],
            &GET0,
        ]),
        Some(&code(&[
            &[BLOCK, EMPTY],
            &GET0,
            &[IF, EMPTY],
            &GET1,
            &[BR_IF, 0],
            &then,
            &[BR, 1, END],
            &other,
            &[END],
            &GET0,
        ])),
    );
}

#[test]
fn what_has_to_stay() {
    for stays in [
        // An operand from before the branch is used behind it.
        code(&[
            &[BLOCK, EMPTY],
            &GET0,
            &GET1,
            &[BR_IF, 0],
            &SET1,
            &[END],
            &GET0,
        ]),
        // Another branch goes to the end first.
        code(&[
            &[BLOCK, EMPTY, BLOCK, EMPTY],
            &GET0,
            &[BR_IF, 1, END],
            &GET1,
            &[BR_IF, 0],
            &SET_BOTH,
            &[END],
            &GET0,
        ]),
        // The block has a result.
        code(&[&[BLOCK, 0x7f], &GET0, &GET1, &[BR_IF, 0, END]]),
        // The branch is unreachable.
        code(&[
            &[BLOCK, EMPTY],
            &GET0,
            &[RETURN],
            &GET1,
            &[BR_IF, 0, END],
            &GET0,
        ]),
        // Branches to a loop's label go to its start.
        code(&[&[LOOP, EMPTY], &GET0, &[BR_IF, 0, END], &GET0]),
        code(&[&GET0]),
    ] {
        check(&stays, None);
    }
}

const SET_BOTH: [u8; 4] = [0x20, 1, 0x21, 0];

#[test]
fn what_is_not_understood() {
    let mut tidying = Tidying::default();
    let arities = Arities::default();
    for bytes in [
        &[][..],
        &[0],
        &[0xff],
        &[1, 1],
        &[0, BLOCK],
        &[0, BLOCK, EMPTY, END],
        &[0, CALL, 0, END],
        &[0, CALL_INDIRECT, 0, 0, END],
        &[0, BR, 7, END],
        &[0, BR_TABLE, 0xff, 0xff, 0xff, 0xff, 0x0f, 0],
        &[0, ELSE, END],
        &[0, END, END],
        &[0, BLOCK, 0x05, END, END],
        &[0, 0xfe, 0, END],
        &[0, 0x1f, EMPTY, 0, END, END],
    ] {
        assert_eq!(tidying.shorten(bytes, &arities), None, "{bytes:02x?}");
    }
    assert_eq!(arity(&[0x60, 2, 0x7f, 0x7e, 1, 0x7d]), Some((2, 1)));
    assert_eq!(arity(&[0x60, 1, 0x64, 0x70, 0]), None);
    assert_eq!(arity(&[0x60, 9]), None);
}

#[test]
fn what_follows_the_last_change_stays() {
    // Nothing in here can become an `if`; branches out of it keep their labels.
    let rest = code(&[
        &[BLOCK, EMPTY, LOOP, EMPTY],
        &GET0,
        &[BR_IF, 1, BLOCK, EMPTY, BR, 1, END, END, END],
        &GET0,
    ]);
    let (before, after) = (
        code(&[&[BLOCK, EMPTY], &GET0, &GET1, &[0x46, BR_IF, 0]]),
        code(&[&GET0, &GET1, &[0x47, IF, EMPTY]]),
    );
    let then = code(&[&GET1, &SET0, &[END]]);
    check(
        &code(&[&before, &then, &rest]),
        Some(&code(&[&after, &then, &rest])),
    );
    // With enclosing blocks that stay.
    let (open, close) = ([BLOCK, EMPTY, BLOCK, EMPTY], [BR, 1, END, BR, 0, END]);
    check(
        &code(&[&open, &before, &then, &close, &rest]),
        Some(&code(&[&open, &after, &then, &close, &rest])),
    );
    check(&rest, None);
}
