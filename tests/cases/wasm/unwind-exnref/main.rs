// Exceptions of the finished proposal: `try_table`, `throw_ref`.
//# rustc: main.rs: -O -Cpanic=unwind -Ctarget-feature=+exception-handling -Cllvm-args=-wasm-use-legacy-eh=false
//# rustc: tag.s: -Ctarget-feature=+exception-handling
//# args: --no-entry --export=run
//# tags: (i32)
//# compare: rust-lld
#![no_std]
#![feature(core_intrinsics, link_llvm_intrinsics)]
#![allow(internal_features)]

unsafe extern "C-unwind" {
    #[link_name = "llvm.wasm.throw"]
    fn throw(tag: i32, thrown: *mut u8) -> !;
}

static mut CAUGHT: i32 = 0;

fn body(data: *mut u8) {
    if data.is_null() {
        return;
    }
    unsafe { throw(0, data) }
}

fn catch(data: *mut u8, _: *mut u8) {
    unsafe { CAUGHT = data as i32 };
}

#[unsafe(no_mangle)]
pub extern "C-unwind" fn run(data: *mut u8) -> i32 {
    let caught = unsafe { core::intrinsics::catch_unwind(body, data, catch) };
    match caught {
        0 => 20,
        _ => 10i32.wrapping_add(unsafe { CAUGHT }),
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
