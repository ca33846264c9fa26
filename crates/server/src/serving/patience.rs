//! A stream that gives up on who takes nothing: what is being sent waits in memory for so long, and no longer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// The longest that something may wait to be taken whole, from the moment when the other side could take no
/// more. The largest answer that strangers can ask for, a spoken code of 176 kB, comes through a line
/// of 24 kbit/s in this time. A line on which little is sent now and then is not touched by it.
pub(super) const TAKE_TIME_MAX: Duration = Duration::from_mins(1);

/// A stream whose other side has to take what it is sent.
pub(super) struct Patient<S> {
    stream: S,
    /// Runs while something waits.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    /// A stream on which nothing waits.
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            deadline: None,
        }
    }

    /// What came of sending `length` bytes: whatever is taken in part only, or not at all, waits.
    fn sent(
        &mut self,
        context: &mut Context<'_>,
        length: usize,
        sent: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(taken) = sent {
            if taken.as_ref().is_ok_and(|&taken| taken == length) {
                self.deadline = None;
            }
            return Poll::Ready(taken);
        }
        ready!(self.waited(context));
        Poll::Ready(Err(too_long()))
    }

    /// Ready when something has waited for too long.
    fn waited(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let deadline = &mut self.deadline;
        let deadline = deadline.get_or_insert_with(|| Box::pin(sleep(TAKE_TIME_MAX)));
        deadline.as_mut().poll(context)
    }
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "what was sent was not taken")
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write(context, buffer);
        self.sent(context, buffer.len(), sent)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write_vectored(context, buffers);
        let length = buffers.iter().map(|buffer| buffer.len()).sum();
        self.sent(context, length, sent)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // What TLS has taken may still wait to be encrypted and sent.
        if let Poll::Ready(flushed) = Pin::new(&mut self.stream).poll_flush(context) {
            return Poll::Ready(flushed);
        }
        ready!(self.waited(context));
        Poll::Ready(Err(too_long()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Poll::Ready(ended) = Pin::new(&mut self.stream).poll_shutdown(context) {
            return Poll::Ready(ended);
        }
        ready!(self.waited(context));
        Poll::Ready(Err(too_long()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::Instant;

    use super::*;

    const MOMENT: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_given_up_after_a_minute() {
        let (near, _far) = duplex(64);
        let mut near = Patient::new(near);
        let begun = Instant::now();
        let error = near.write_all(&[0; 1000]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let waited = begun.elapsed();
        assert!(
            waited >= TAKE_TIME_MAX && waited < TAKE_TIME_MAX + MOMENT,
            "{waited:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_a_little_now_and_then_is_given_up_as_well() {
        let (near, mut far) = duplex(64);
        let mut near = Patient::new(near);
        let sending = tokio::spawn(async move { near.write_all(&vec![0; 100_000]).await });
        let begun = Instant::now();
        let mut taken = [0; 8];
        while !sending.is_finished() {
            tokio::time::sleep(MOMENT).await;
            // It fails when the other side is gone.
            let _ = far.read(&mut taken).await;
        }
        assert!(sending.await.unwrap().is_err());
        assert!(begun.elapsed() < TAKE_TIME_MAX + 10 * MOMENT);
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_all_in_time_may_listen_for_days() {
        let (near, mut far) = duplex(64);
        let mut near = Patient::new(near);
        let listening = tokio::spawn(async move {
            let mut heard = vec![0; 24 * 1000];
            far.read_exact(&mut heard).await.unwrap();
        });
        for _ in 0..24 {
            near.write_all(&[0; 1000]).await.unwrap();
            near.flush().await.unwrap();
            tokio::time::sleep(Duration::from_hours(1)).await;
        }
        listening.await.unwrap();
    }
}
