//! Renders a drawing; the checksum of its pixels is what two links have to agree on.
static SVG: &str = include_str!("drawing.svg");
#[unsafe(no_mangle)]
pub extern "C" fn run(width: u32) -> u32 {
    let tree = resvg::usvg::Tree::from_str(SVG, &resvg::usvg::Options::default()).unwrap();
    let mut pixmap = resvg::tiny_skia::Pixmap::new(width, width).unwrap();
    let scale = width as f32 / tree.size().width();
    resvg::render(&tree, resvg::tiny_skia::Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    let png = pixmap.encode_png().unwrap();
    png.iter().fold(0x811c9dc5u32, |h, b| (h ^ *b as u32).wrapping_mul(0x01000193))
}
fn main() { std::process::exit(run(200) as i32) }
