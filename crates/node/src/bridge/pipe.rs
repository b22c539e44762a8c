//! A connection whose peer is JavaScript of this process: two flows, one each way.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use covet_server::Pipe;

use super::from_js::FromJs;
use super::ready::Bell;
use super::shard::Shard;
use super::to_js::{End, ToJs};

/// The server's end of such a connection.
#[derive(Debug)]
pub(crate) struct JsPipe {
    from_js: Arc<FromJs>,
    to_js: Arc<ToJs>,
}

impl JsPipe {
    /// One between `shard`'s JS thread and I/O thread `port`.
    pub(crate) fn new(shard: &Arc<Shard>, port: usize) -> Self {
        Self { from_js: FromJs::new(Bell::new(shard, port)), to_js: ToJs::new(Bell::new(shard, port)) }
    }

    /// The other end's: what JavaScript writes to, and reads from.
    pub(crate) fn flows(&self) -> (Arc<FromJs>, Arc<ToJs>) {
        (Arc::clone(&self.from_js), Arc::clone(&self.to_js))
    }
}

impl Pipe for JsPipe {
    fn poll_take(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        self.from_js.poll_take(cx).map_err(|_| io::ErrorKind::ConnectionReset.into())
    }

    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.to_js.poll_room(cx).map(|wanted| if wanted { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) })
    }

    fn put(&mut self, bytes: Bytes) {
        self.to_js.put(bytes);
        self.to_js.tell();
    }

    fn finish(&mut self) {
        self.to_js.end(End::Complete);
    }
}

impl Drop for JsPipe {
    fn drop(&mut self) {
        self.from_js.close(false);
        self.to_js.end(End::Complete);
    }
}
