//! Text messages of a WebSocket, translated on their way (RFC 6455). Everything else passes as it is.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::ids;

const HEAD_END: &[u8] = b"\r\n\r\n";
/// Bytes read from the socket at once.
const CHUNK: usize = 8 << 10;

/// What a connection has come to.
#[derive(Debug, Default)]
pub struct Progress {
    /// It became a WebSocket.
    pub is_socket: AtomicBool,
    /// Ids of its requests were hidden.
    hides_ids: AtomicBool,
}

/// The first bytes of a frame.
struct Header {
    /// Its own length.
    length: usize,
    is_last: bool,
    opcode: u8,
    mask: Option<[u8; 4]>,
    /// Bytes that follow.
    payload: usize,
}

impl Header {
    /// Reads a header; none if `bytes` end within it.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (&[first, second], rest) = bytes.split_first_chunk()?;
        let (payload, rest) = match second & 0x7f {
            126 => {
                let (length, rest) = rest.split_first_chunk()?;
                (u16::from_be_bytes(*length).into(), rest)
            }
            127 => {
                let (length, rest) = rest.split_first_chunk()?;
                let length = u64::from_be_bytes(*length);
                (usize::try_from(length).unwrap_or(usize::MAX), rest)
            }
            short => (short.into(), rest),
        };
        let (mask, rest) = if second & 0x80 == 0 {
            (None, rest)
        } else {
            let (mask, rest) = rest.split_first_chunk()?;
            (Some(*mask), rest)
        };
        Some(Self {
            length: bytes.len() - rest.len(),
            is_last: first & 0x80 != 0,
            opcode: first & 0x0f,
            mask,
            payload,
        })
    }

    /// Ping, pong and close, which may come between the frames of a message.
    fn is_control(&self) -> bool {
        self.opcode & 8 != 0
    }
}

/// One frame with a whole message, masked by zeros if it has to be.
fn frame(opcode: u8, masked: bool, message: &[u8]) -> Vec<u8> {
    let mask = if masked { 0x80 } else { 0 };
    let mut frame = vec![0x80 | opcode];
    match (u8::try_from(message.len()), u16::try_from(message.len())) {
        (Ok(length @ ..126), _) => frame.push(mask | length),
        (_, Ok(length)) => {
            frame.push(mask | 126);
            frame.extend(length.to_be_bytes());
        }
        _ => {
            frame.push(mask | 127);
            frame.extend((message.len() as u64).to_be_bytes());
        }
    }
    if masked {
        frame.extend([0; 4]);
    }
    frame.extend_from_slice(message);
    frame
}

/// One direction of a WebSocket.
#[derive(Debug, Default)]
struct Direction {
    /// Bytes that nothing was made of yet.
    pending: Vec<u8>,
    /// How many bytes pass unseen.
    passing: usize,
    /// Whether the rest of the message that is on its way passes unseen.
    unseen: bool,
    /// The frames of the message that is on its way, as they came, and what they say.
    frames: Vec<u8>,
    message: Vec<u8>,
    opcode: u8,
}

impl Direction {
    /// Takes bytes and appends what goes on to `out`. Messages of more than `limit` bytes are not translated.
    fn feed(
        &mut self,
        bytes: &[u8],
        limit: usize,
        translate: impl Fn(&[u8]) -> Option<Vec<u8>>,
        out: &mut Vec<u8>,
    ) {
        self.pending.extend_from_slice(bytes);
        loop {
            let passing = self.passing.min(self.pending.len());
            out.extend(self.pending.drain(..passing));
            self.passing -= passing;
            let Some(header) = Header::parse(&self.pending) else {
                return;
            };
            let whole = header.length.saturating_add(header.payload);
            let too_large = self.message.len().saturating_add(header.payload) > limit;
            if header.is_control() {
                self.passing = whole;
            } else if self.unseen || too_large {
                out.append(&mut self.frames);
                self.message.clear();
                self.unseen = !header.is_last;
                self.passing = whole;
            } else if self.pending.len() < whole {
                return;
            } else {
                self.take(&header, whole);
                if header.is_last {
                    self.finish(header.mask.is_some(), &translate, out);
                }
            }
        }
    }

    fn take(&mut self, header: &Header, whole: usize) {
        if self.frames.is_empty() {
            self.opcode = header.opcode;
        }
        let frame: Vec<u8> = self.pending.drain(..whole).collect();
        let mask = header.mask.unwrap_or_default();
        let plain = frame[header.length..].iter().zip(mask.iter().cycle());
        self.message.extend(plain.map(|(byte, mask)| byte ^ mask));
        self.frames.extend(frame);
    }

    fn finish(
        &mut self,
        masked: bool,
        translate: impl Fn(&[u8]) -> Option<Vec<u8>>,
        out: &mut Vec<u8>,
    ) {
        match translate(&self.message) {
            Some(message) => out.extend(frame(self.opcode, masked, &message)),
            None => out.extend_from_slice(&self.frames),
        }
        self.frames.clear();
        self.message.clear();
    }
}

/// Bytes that leave in the order in which they came.
#[derive(Debug, Default)]
struct Queue {
    bytes: Vec<u8>,
    /// How many have left.
    gone: usize,
}

impl Queue {
    fn rest(&self) -> &[u8] {
        &self.bytes[self.gone..]
    }

    fn advance(&mut self, count: usize) {
        self.gone += count;
        if self.gone == self.bytes.len() {
            self.bytes.clear();
            self.gone = 0;
        }
    }
}

/// A connection on which, once it has become a WebSocket, ids of requests are hidden from the server.
#[derive(Debug)]
pub struct Translated<S> {
    socket: S,
    progress: Arc<Progress>,
    limit: usize,
    inbound: Direction,
    outbound: Direction,
    /// Whether the answer that made it a WebSocket is on its way.
    greeted: bool,
    /// Read, and not handed on yet.
    unread: Queue,
    /// Written, and not sent yet.
    unsent: Queue,
}

impl<S> Translated<S> {
    /// Wraps a connection; messages of more than `limit` bytes are not translated.
    pub fn new(socket: S, progress: Arc<Progress>, limit: usize) -> Self {
        Self {
            socket,
            progress,
            limit,
            inbound: Direction::default(),
            outbound: Direction::default(),
            greeted: false,
            unread: Queue::default(),
            unsent: Queue::default(),
        }
    }

    fn is_socket(&self) -> bool {
        self.progress.is_socket.load(Ordering::Acquire)
    }

    fn receive(&mut self, bytes: &[u8]) {
        let hide = |message: &[u8]| {
            let hidden = ids::hide(message);
            if hidden.is_some() {
                self.progress.hides_ids.store(true, Ordering::Release);
            }
            hidden
        };
        self.inbound
            .feed(bytes, self.limit, hide, &mut self.unread.bytes);
    }

    fn send(&mut self, mut bytes: &[u8]) {
        if !self.greeted {
            let end = bytes
                .windows(HEAD_END.len())
                .position(|part| part == HEAD_END);
            let head = end.map_or(bytes.len(), |end| end + HEAD_END.len());
            self.greeted = end.is_some();
            self.unsent.bytes.extend_from_slice(&bytes[..head]);
            bytes = &bytes[head..];
        }
        let restores = self.progress.hides_ids.load(Ordering::Acquire);
        let limit = if restores { usize::MAX } else { 0 };
        self.outbound
            .feed(bytes, limit, ids::restore, &mut self.unsent.bytes);
    }
}

impl<S: AsyncWrite + Unpin> Translated<S> {
    fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.rest().is_empty() {
            let sent = ready!(Pin::new(&mut self.socket).poll_write(cx, self.unsent.rest()))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.unsent.advance(sent);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Translated<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.is_socket() {
            return Pin::new(&mut self.socket).poll_read(cx, buffer);
        }
        while self.unread.rest().is_empty() {
            let mut chunk = [0; CHUNK];
            let mut read = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut self.socket).poll_read(cx, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.receive(read.filled());
        }
        let length = self.unread.rest().len().min(buffer.remaining());
        buffer.put_slice(&self.unread.rest()[..length]);
        self.unread.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Translated<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if !self.is_socket() {
            return Pin::new(&mut self.socket).poll_write(cx, bytes);
        }
        ready!(self.poll_sent(cx))?;
        self.send(bytes);
        match self.poll_sent(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(bytes.len())),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if !self.is_socket() {
            return Pin::new(&mut self.socket).poll_write_vectored(cx, parts);
        }
        let first = parts.iter().find(|part| !part.is_empty());
        self.poll_write(cx, first.map_or(&[], |part| part))
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_sent(cx))?;
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_sent(cx))?;
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 100_000;

    fn masked(opcode: u8, is_last: bool, message: &[u8]) -> Vec<u8> {
        let mut bytes = frame(opcode, true, message);
        if !is_last {
            bytes[0] &= 0x7f;
        }
        let start = bytes.len() - message.len();
        let mask = [1, 2, 3, 4];
        bytes[start - 4..start].copy_from_slice(&mask);
        for (byte, mask) in bytes[start..].iter_mut().zip(mask.iter().cycle()) {
            *byte ^= mask;
        }
        bytes
    }

    /// What comes out if `bytes` come in pieces of `step`.
    fn fed(bytes: &[u8], step: usize) -> Vec<u8> {
        let upper = |message: &[u8]| {
            let changed = message.to_ascii_uppercase();
            (changed != message).then_some(changed)
        };
        let (mut direction, mut out) = (Direction::default(), Vec::new());
        for piece in bytes.chunks(step) {
            direction.feed(piece, LIMIT, upper, &mut out);
        }
        out
    }

    #[test]
    fn messages_are_translated_in_whatever_pieces_they_come() {
        let long = vec![b'x'; 70_000];
        let ping = masked(9, true, b"ping");
        let sent = [
            masked(1, true, b"one"),
            masked(1, false, b"tw"),
            ping.clone(),
            masked(0, true, b"o"),
            masked(1, true, b"AS IT IS"),
            masked(2, true, &long),
            masked(8, true, b""),
        ];
        let expected = [
            frame(1, true, b"ONE"),
            ping,
            frame(1, true, b"TWO"),
            masked(1, true, b"AS IT IS"),
            frame(2, true, &long.to_ascii_uppercase()),
            masked(8, true, b""),
        ];
        let (sent, expected) = (sent.concat(), expected.concat());
        for step in [1, 2, 3, 7, 100, 1_000_000] {
            assert!(fed(&sent, step) == expected, "in pieces of {step}");
        }
    }

    #[test]
    fn messages_beyond_the_limit_pass_and_those_behind_are_translated() {
        let long = vec![b'x'; LIMIT + 1];
        let parts = [
            masked(1, true, &long),
            masked(1, false, b"begun"),
            masked(0, false, &long),
            masked(0, true, b"ended"),
        ];
        let passing = parts.concat();
        let sent = [passing.clone(), masked(1, true, b"next")].concat();
        for step in [5, 4_096] {
            assert!(fed(&sent, step) == [passing.clone(), frame(1, true, b"NEXT")].concat());
        }
    }
}
