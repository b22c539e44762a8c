//! Bodies that come in pieces, as JavaScript holds them.
//!
//! In: calls from JavaScript. Out: the same calls on the bridge's flows. An object that JavaScript lets go of unfinished
//! ends its flow, so that nobody waits for it.

use std::sync::Arc;

use covet_uploads::Spool;
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use napi::Env;
use napi::bindgen_prelude::BufferSlice;
use napi_derive::napi;

use crate::bridge::{End, FromJs, Lent, Served, Taken, ToJs, copy_body, fill_buffer};
use crate::error::{Coded, coded};

/// Why a body could not be read to its end: the refusal that the client gets unless the handler says otherwise.
#[napi(object, object_from_js = false)]
pub struct NativeFault {
    /// The status for it.
    pub status: u16,
    /// The error code for it.
    pub code: String,
    /// The text for it.
    pub message: String,
}

/// A flow of bytes to JavaScript.
#[napi]
pub struct NativeReader {
    flow: Arc<ToJs>,
    spool: Arc<Spool>,
    end: Option<End>,
}

impl NativeReader {
    pub(crate) fn new(flow: Arc<ToJs>, spool: Arc<Spool>) -> Self {
        Self { flow, spool, end: None }
    }

    /// Where a form's large files are kept.
    pub(crate) fn spool(&self) -> &Arc<Spool> {
        &self.spool
    }

    pub(crate) fn flow(&self) -> &Arc<ToJs> {
        &self.flow
    }
}

#[napi]
impl NativeReader {
    /// The number under which `takeReady` names it.
    #[napi(getter)]
    pub fn id(&self) -> u32 {
        self.flow.id()
    }

    /// Begins to read; until then nothing is taken from the client.
    #[napi]
    pub fn open(&self) {
        self.flow.open();
    }

    /// What has come, up to 256 KiB; null where nothing has, or nothing will: see `isEnded`.
    ///
    /// In a buffer of JavaScript's own, which its collector frees with the young ones; memory of ours that it is lent comes back
    /// only with the old ones, after hundreds of MiB. What lies in a socket is read straight into the
    /// buffer: a body of 1 MiB so takes 0.61 of the CPU that it takes by way of the I/O thread, and a form read by parts 0.80
    /// (64 connections; medians of 5 interleaved runs on a busy machine).
    #[napi]
    pub fn read<'env>(&mut self, env: &'env Env) -> napi::Result<Option<BufferSlice<'env>>> {
        match self.flow.take() {
            Taken::Nothing => Ok(None),
            Taken::End(end) => {
                self.end = Some(end);
                Ok(None)
            }
            Taken::Piece(piece) => BufferSlice::copy_from(env, piece).map(Some),
            Taken::Come(amount) => fill_buffer(env, amount, |room| self.flow.draw(room)),
        }
    }

    /// Whether the last `read` found the end.
    #[napi(getter)]
    pub fn is_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Why it ended too soon; null where it did not.
    #[napi(getter)]
    pub fn fault(&self) -> Option<NativeFault> {
        let Some(End::Refused(refusal)) = self.end else { return None };
        Some(NativeFault {
            status: refusal.status(),
            code: refusal.code().to_owned(),
            message: refusal.message().to_owned(),
        })
    }

    /// Nobody wants what is left.
    #[napi]
    pub fn cancel(&self) {
        self.flow.cancel();
    }
}

impl Drop for NativeReader {
    fn drop(&mut self) {
        self.flow.cancel();
    }
}

/// A flow of bytes from JavaScript.
#[napi]
pub struct NativeWriter {
    flow: Arc<FromJs>,
}

impl NativeWriter {
    pub(crate) fn new(flow: Arc<FromJs>) -> Self {
        Self { flow }
    }
}

#[napi]
impl NativeWriter {
    /// The number under which `takeReady` names it.
    #[napi(getter)]
    pub fn id(&self) -> u32 {
        self.flow.id()
    }

    /// Sends bytes; false where the writer should wait until the flow is ready, or is closed.
    #[napi]
    pub fn write(&self, bytes: &[u8]) -> bool {
        self.flow.put(copy_body(bytes))
    }

    /// Whether the writer need not wait.
    #[napi(getter)]
    pub fn has_room(&self) -> bool {
        self.flow.has_room()
    }

    /// Whether the client takes nothing any more.
    #[napi(getter)]
    pub fn is_closed(&self) -> bool {
        self.flow.is_closed()
    }

    /// Nothing more will come; `trailers` are `name:value` lines.
    #[napi]
    pub fn end(&self, trailers: Option<&[u8]>) -> Result<(), Coded> {
        self.flow.finish(trailers.map(to_fields).transpose()?);
        Ok(())
    }

    /// Breaks off: the client sees a connection that ends within the body.
    #[napi]
    pub fn abort(&self) {
        self.flow.break_off();
    }
}

impl Drop for NativeWriter {
    fn drop(&mut self) {
        self.flow.break_off();
    }
}

/// Bytes that JavaScript keeps, and sends from when their turn has come.
#[napi]
pub struct NativeLent {
    lent: Arc<Lent>,
}

impl NativeLent {
    pub(crate) fn new(lent: Arc<Lent>) -> Self {
        Self { lent }
    }
}

#[napi]
impl NativeLent {
    /// The number under which `takeReady` names it.
    #[napi(getter)]
    pub fn id(&self) -> u32 {
        self.lent.id()
    }

    /// Sends what can be sent of the bytes, which must be those that were lent; one of the `LENT_*` values.
    #[napi]
    pub fn serve(&self, bytes: &[u8]) -> u32 {
        match self.lent.serve(bytes) {
            Served::GoesOn => LENT_GOES_ON,
            Served::Over => LENT_OVER,
            Served::Changed => LENT_CHANGED,
        }
    }
}

impl Drop for NativeLent {
    fn drop(&mut self) {
        self.lent.break_off();
    }
}

/// The bytes are still needed.
#[napi]
pub const LENT_GOES_ON: u32 = 0;
/// The bytes are not needed any more.
#[napi]
pub const LENT_OVER: u32 = 1;
/// The bytes are not those that were lent, and the answer breaks off.
#[napi]
pub const LENT_CHANGED: u32 = 2;

fn to_fields(block: &[u8]) -> Result<HeaderMap, Coded> {
    let mut fields = HeaderMap::new();
    for line in block.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let field = line.iter().position(|byte| *byte == b':').and_then(|colon| {
            let name = HeaderName::from_bytes(&line[..colon]).ok()?;
            Some((name, HeaderValue::from_bytes(&line[colon + 1..]).ok()?))
        });
        let (name, value) =
            field.ok_or_else(|| coded("INVALID_HEADER", "a trailer has a name or a value no field may have"))?;
        fields.append(name, value);
    }
    Ok(fields)
}
