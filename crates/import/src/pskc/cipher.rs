//! Decrypting what a key of a file opens: AES-CBC and AES key wrap, by their names in XML Encryption.

use aes::cipher::block_padding::NoPadding;
use aes::cipher::consts::U16;
use aes::cipher::{BlockCipherDecrypt, BlockModeDecrypt, BlockSizeUser, KeyIvInit};
use aes::{Aes128, Aes192, Aes256};
use aes_kw::{
    AesKw, AesKwp, KeyInit, KwAes128, KwAes192, KwAes256, KwpAes128, KwpAes192, KwpAes256,
};
use zeroize::Zeroizing;

use super::Fault;

const BLOCK: usize = 16;

/// The algorithms by the ends of their names, and the bytes of their keys.
const ALGORITHMS: [(&str, Algorithm, usize); 6] = [
    ("#aes128-cbc", Algorithm::Cbc, 16),
    ("#aes192-cbc", Algorithm::Cbc, 24),
    ("#aes256-cbc", Algorithm::Cbc, 32),
    ("#kw-aes128", Algorithm::Wrap, 16),
    ("#kw-aes192", Algorithm::Wrap, 24),
    ("#kw-aes256", Algorithm::Wrap, 32),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Cbc,
    Wrap,
}

/// A way to decrypt, and the key to do it with.
pub(super) struct Cipher<'a> {
    algorithm: Algorithm,
    key: &'a [u8],
}

impl<'a> Cipher<'a> {
    /// The way that a file names, with a key that must have its length.
    pub(super) fn named(name: &str, key: &'a [u8]) -> Result<Self, Fault> {
        let known = ALGORITHMS.into_iter().find(|(end, ..)| name.ends_with(end));
        let Some((_, algorithm, length)) = known else {
            let text = "the encryption algorithm is not known; ask for a file encrypted with \
                        AES-CBC (aes128-cbc, aes192-cbc, aes256-cbc)";
            return Err(Fault::file(text));
        };
        if key.len() != length {
            let (bits, own) = (length * 8, key.len() * 8);
            let text =
                format!("the key has {own} bits, and the file wants {bits}; give another one");
            return Err(Fault::file(text));
        }
        Ok(Self { algorithm, key })
    }

    /// Whether a change of what was encrypted is found without a MAC.
    pub(super) fn is_authentic(&self) -> bool {
        self.algorithm == Algorithm::Wrap
    }

    /// Decrypts; nothing where the key cannot be the one, or what was encrypted was changed.
    pub(super) fn open(&self, sealed: &[u8], iv: Option<&[u8]>) -> Option<Zeroizing<Vec<u8>>> {
        match self.algorithm {
            Algorithm::Cbc => self.open_cbc(sealed, iv),
            Algorithm::Wrap => self.unwrap(sealed),
        }
    }

    /// The first block is the initialisation vector, unless the file has one for all (XML Encryption,
    /// section 5.2).
    fn open_cbc(&self, sealed: &[u8], iv: Option<&[u8]>) -> Option<Zeroizing<Vec<u8>>> {
        let (iv, blocks) = match iv {
            Some(iv) => (iv, sealed),
            None => sealed.split_at_checked(BLOCK)?,
        };
        if blocks.is_empty() || blocks.len() % BLOCK != 0 {
            return None;
        }
        let mut plain = Zeroizing::new(blocks.to_vec());
        match self.key.len() {
            16 => decrypt::<cbc::Decryptor<Aes128>>(self.key, iv, &mut plain)?,
            24 => decrypt::<cbc::Decryptor<Aes192>>(self.key, iv, &mut plain)?,
            _ => decrypt::<cbc::Decryptor<Aes256>>(self.key, iv, &mut plain)?,
        }
        // The last byte tells how many go; the others of the padding may be anything.
        let padding = usize::from(*plain.last()?);
        let length = plain.len().checked_sub(padding)?;
        if !(1..=BLOCK).contains(&padding) {
            return None;
        }
        plain.truncate(length);
        Some(plain)
    }

    /// RFC 3394, or RFC 5649 where the length made padding necessary.
    fn unwrap(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let key = self.key;
        match key.len() {
            16 => unwrapped(
                &KwAes128::new_from_slice(key).ok()?,
                &KwpAes128::new_from_slice(key).ok()?,
                sealed,
            ),
            24 => unwrapped(
                &KwAes192::new_from_slice(key).ok()?,
                &KwpAes192::new_from_slice(key).ok()?,
                sealed,
            ),
            _ => unwrapped(
                &KwAes256::new_from_slice(key).ok()?,
                &KwpAes256::new_from_slice(key).ok()?,
                sealed,
            ),
        }
    }
}

fn unwrapped<C>(whole: &AesKw<C>, padded: &AesKwp<C>, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>>
where
    C: BlockCipherDecrypt + BlockSizeUser<BlockSize = U16>,
{
    let mut plain = Zeroizing::new(vec![0; sealed.len().checked_sub(8)?]);
    if whole.unwrap_key(sealed, &mut plain).is_ok() {
        return Some(plain);
    }
    let length = padded.unwrap_key(sealed, &mut plain).ok()?.len();
    plain.truncate(length);
    Some(plain)
}

fn decrypt<D: BlockModeDecrypt + KeyIvInit>(key: &[u8], iv: &[u8], text: &mut [u8]) -> Option<()> {
    let decryptor = D::new_from_slices(key, iv).ok()?;
    decryptor.decrypt_padded::<NoPadding>(text).ok()?;
    Some(())
}
