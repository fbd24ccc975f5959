// Jumps in every shape: whatever blocks our module has instead of LLVM's, it goes the same ways.
//# rustc: -O
//# args: --no-entry --export=ways --export=search --export=classify --export=floats
//# compare: rust-lld
//# run: ways(3, 4) = 34
//# run: ways(4, 3) = 13
//# run: ways(4, 4) = 0
//# run: search(1234567) = 8
//# run: classify(0) = 10
//# run: classify(1) = 31
//# run: classify(5) = 9
//# run: classify(-7) = 6
//# run: floats(1, 2) = 1
//# run: floats(2, 1) = 2
#![no_std]

#[unsafe(no_mangle)]
pub extern "C" fn ways(a: u32, b: u32) -> u32 {
    if a == b {
        return 0;
    }
    let mut steps = 0u32;
    let mut left = a;
    while left < b.wrapping_mul(10) {
        if left & 1 == 0 {
            left = left.wrapping_add(3);
        } else if left % 3 == 0 {
            left = left.wrapping_add(1);
            steps = steps.wrapping_add(1);
        } else {
            left = left.wrapping_add(5);
            continue;
        }
        steps = steps.wrapping_add(2);
    }
    if a > b { 13 } else { steps.wrapping_add(left).wrapping_rem(10).wrapping_add(30) }
}

#[unsafe(no_mangle)]
pub extern "C" fn search(of: u32) -> u32 {
    let mut rest = of;
    let mut count = 1u32;
    'outer: loop {
        let mut digit = 0u32;
        while digit < 10 {
            if rest % 10 == digit {
                rest /= 10;
                count = count.wrapping_add(1);
                if rest == 0 {
                    break 'outer;
                }
                continue 'outer;
            }
            digit = digit.wrapping_add(1);
        }
    }
    count
}

#[unsafe(no_mangle)]
pub extern "C" fn classify(value: i32) -> i32 {
    match value {
        0 => 10,
        1 | 2 => 30i32.wrapping_add(value),
        3 => value.wrapping_mul(value),
        4..=6 => 9,
        i32::MIN..0 => value.wrapping_neg().wrapping_sub(1),
        _ => -1,
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn floats(a: i32, b: i32) -> i32 {
    let (a, b) = (a as f64, b as f64);
    if a < b {
        return 1;
    }
    if a.is_nan() || b != b { 0 } else { 2 }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
