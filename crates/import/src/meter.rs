//! A file's bytes on their way in: lines are counted, and no piece may be longer than what its reader
//! is ready to hold. Not for deciding what a piece is: its reader marks where one begins.

use std::io::{self, BufRead, Read};

use crate::PIECE_MAX;

/// What a piece that is too long ends with.
pub(crate) const TOO_LONG: &str = "one piece of it is longer than 16384 bytes";

/// Counts what is read.
pub(crate) struct Metered<R> {
    inner: R,
    line: u64,
    piece: usize,
    too_long: bool,
}

impl<R: BufRead> Metered<R> {
    pub(crate) fn over(inner: R) -> Self {
        Self {
            inner,
            line: 1,
            piece: 0,
            too_long: false,
        }
    }

    /// The line that is being read, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// Says that a piece begins here.
    pub(crate) fn begin_piece(&mut self) {
        self.piece = 0;
    }

    /// Whether reading ended because a piece was too long.
    pub(crate) fn was_too_long(&self) -> bool {
        self.too_long
    }
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let room = PIECE_MAX.saturating_sub(self.piece);
        let buffer = self.inner.fill_buf()?;
        if room == 0 && !buffer.is_empty() {
            self.too_long = true;
            return Err(io::Error::other(TOO_LONG));
        }
        Ok(buffer.get(..room).unwrap_or(buffer))
    }

    fn consume(&mut self, amount: usize) {
        // What was given out is still in the buffer, so that nothing is read here.
        let buffer = self.inner.fill_buf().unwrap_or_default();
        let taken = buffer.get(..amount).unwrap_or(buffer);
        let lines = taken.split(|&byte| byte == b'\n').skip(1).count();
        self.line += lines as u64;
        self.piece = self.piece.saturating_add(amount);
        self.inner.consume(amount);
    }
}

impl<R: BufRead> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let buffer = self.fill_buf()?;
        let count = buffer.len().min(into.len());
        let (from, to) = (buffer.get(..count), into.get_mut(..count));
        if let (Some(from), Some(to)) = (from, to) {
            to.copy_from_slice(from);
        }
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_as_they_are_taken() {
        let mut metered = Metered::over(&b"one\ntwo\n\nfour"[..]);
        let mut line = Vec::new();
        for number in 1..=4 {
            assert_eq!(metered.line(), number);
            line.clear();
            metered.read_until(b'\n', &mut line).unwrap();
        }
        assert_eq!(line, b"four");
        assert_eq!(metered.line(), 4);
    }

    #[test]
    fn a_piece_of_the_longest_length_is_read_and_one_byte_more_is_not() {
        let mut piece = vec![b'x'; PIECE_MAX - 1];
        piece.push(b'\n');
        let file = piece.repeat(3);
        let mut metered = Metered::over(&file[..]);
        for _ in 0..3 {
            metered.begin_piece();
            let mut line = Vec::new();
            assert_eq!(metered.read_until(b'\n', &mut line).unwrap(), PIECE_MAX);
        }
        let file = vec![b'x'; PIECE_MAX + 1];
        let mut metered = Metered::over(&file[..]);
        let error = metered.read_until(b'\n', &mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), TOO_LONG);
        assert!(metered.was_too_long());
    }
}
