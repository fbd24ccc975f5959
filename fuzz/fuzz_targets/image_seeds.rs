//! Writes the good files that fuzzing of images begins with, each in each wrap and once as it is wrapped.

#[path = "../image/mod.rs"]
mod image;

fn main() {
    let folder = std::env::args_os().nth(1).expect("a folder");
    for (number, format) in image::FORMATS.iter().enumerate() {
        let good = (format.good)();
        for wrap in 0..format.wraps.len() {
            let as_it_is = (format.wraps[wrap])(&good);
            for (form, bytes) in [(wrap, &good), (format.wraps.len(), &as_it_is)] {
                let input = [&[number as u8, form as u8], &bytes[..]].concat();
                let path =
                    std::path::Path::new(&folder).join(format!("seed-{number}-{wrap}-{form}"));
                std::fs::write(path, input).expect("a folder for seeds");
            }
        }
    }
}
