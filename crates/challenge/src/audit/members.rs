//! Bytes put together so that they can be digested. What they mean is not known here.

use aws_lc_rs::digest::{Context, SHA256};

use super::chain::{Digest, ORIGIN};

/// Names and values one after the other, each behind its length in four bytes, so that no two events have
/// the same bytes. What is absent is left out: a member that a later version adds changes no older event.
pub(super) struct Members(pub(super) Vec<u8>);

impl Members {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(512))
    }

    pub(super) fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.bytes(name, value.as_bytes());
        }
    }

    pub(super) fn bytes(&mut self, name: &str, value: &[u8]) {
        for part in [name.as_bytes(), value] {
            // No text in an event is anywhere near 4 GB.
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            self.0.extend_from_slice(&length.to_be_bytes());
            self.0.extend_from_slice(part);
        }
    }
}

/// SHA-256 over parts, one after the other: each but the last has a length of its own.
pub(super) fn digest(parts: &[&[u8]]) -> Digest {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = ORIGIN;
    for (place, byte) in out.iter_mut().zip(context.finish().as_ref()) {
        *place = *byte;
    }
    out
}
