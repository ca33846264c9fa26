//! The fonts that are part of the program; `data/drawing/fonts/README.md` says whose they are.

/// Upright letters, of the characters of codes alone.
pub(super) const PRINTED: [&[u8]; 3] = [
    include_bytes!("../../data/drawing/fonts/code-slab.ttf"),
    include_bytes!("../../data/drawing/fonts/code-sans.ttf"),
    include_bytes!("../../data/drawing/fonts/code-school.ttf"),
];

/// Handwriting, of Latin letters without accents and the space.
pub(super) const WRITTEN: [&[u8]; 2] = [
    include_bytes!("../../data/drawing/fonts/hand-apple.ttf"),
    include_bytes!("../../data/drawing/fonts/hand-satisfy.ttf"),
];
