//! Base32 as people type it: any case, grouped, padded or not (RFC 4648 section 6).
//! Not for writing it; `data-encoding` does that.

use zeroize::Zeroizing;

use crate::KeyError;

/// Decodes `text`, ignoring case, spaces, hyphens and the padding at the end. Bits that do not
/// fill a byte are dropped, as authenticator apps do.
pub(crate) fn decode(text: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() * 5 / 8 + 1));
    let mut pending = Zeroizing::new(0_u32);
    let mut pending_bits = 0_u32;
    let mut padded = false;
    for (at, symbol) in text.char_indices() {
        let value = match symbol {
            ' ' | '-' => continue,
            '=' => {
                padded = true;
                continue;
            }
            _ if padded => return Err(KeyError::NotBase32 { at }),
            'A'..='Z' => u32::from(symbol) - u32::from('A'),
            'a'..='z' => u32::from(symbol) - u32::from('a'),
            '2'..='7' => u32::from(symbol) - u32::from('2') + 26,
            _ => return Err(KeyError::NotBase32 { at }),
        };
        *pending = (*pending << 5) | value;
        pending_bits += 5;
        if pending_bits >= 8 {
            pending_bits -= 8;
            let [.., byte] = (*pending >> pending_bits).to_be_bytes();
            bytes.push(byte);
            *pending &= (1 << pending_bits) - 1;
        }
    }
    // Five bits or more left over is a symbol too many or one that was lost.
    if pending_bits >= 5 {
        Err(KeyError::CutShort)
    } else {
        Ok(bytes)
    }
}
