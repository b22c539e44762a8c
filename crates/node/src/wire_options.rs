//! Options of proxies and of content codings in, the server's own out.

use covet_coding::Level;
use covet_http::{Coding, ForwardedHeader, TrustedProxies};
use covet_server::{Compression, Decompression};
use napi_derive::napi;

use crate::error::{Coded, coded};

/// Whose word about clients is taken: a count of hops, or networks.
#[napi(object, object_to_js = false)]
pub struct NativeProxies {
    /// So many of the nearest proxies.
    pub hops: Option<u32>,
    /// Addresses, networks in CIDR form, and names of them.
    pub networks: Option<Vec<String>>,
    /// They write `Forwarded`, not `X-Forwarded-*`.
    pub standard_header: bool,
}

impl NativeProxies {
    fn into_trusted(self) -> Result<TrustedProxies, Coded> {
        let header = if self.standard_header { ForwardedHeader::Forwarded } else { ForwardedHeader::XForwarded };
        let Some(networks) = self.networks else { return Ok(TrustedProxies::hops(self.hops.unwrap_or(0), header)) };
        TrustedProxies::networks(networks.iter().map(String::as_str), header)
            .map_err(|error| coded("INVALID_OPTION", error.to_string()))
    }

    pub(crate) fn into_option(native: Option<Self>) -> Result<Option<TrustedProxies>, Coded> {
        native.map(Self::into_trusted).transpose()
    }
}

/// Throws where an entry is no address, no network and no name of one.
#[napi]
pub fn check_networks(networks: Vec<String>) -> Result<(), Coded> {
    NativeProxies { hops: None, networks: Some(networks), standard_header: false }.into_trusted().map(drop)
}

/// How answers are coded.
#[napi(object, object_to_js = false)]
pub struct NativeCompression {
    /// Bytes below which a body goes as it is.
    pub threshold: u32,
    /// The codings offered, the favourite first.
    pub codings: Vec<NativeCoding>,
    /// Media types coded beside the usual ones.
    pub types: Vec<String>,
}

/// One content coding.
#[napi(object, object_to_js = false)]
pub struct NativeCoding {
    /// `zstd`, `br` or `gzip`.
    pub name: String,
    /// How hard to try; the coding's default where it is left out.
    pub level: Option<u8>,
}

fn to_coding(name: &str) -> Result<Coding, Coded> {
    Coding::from_name(name.as_bytes()).ok_or_else(|| coded("INVALID_OPTION", format!("'{name}' is no content coding")))
}

impl NativeCoding {
    fn into_coding(self) -> Result<(Coding, Level), Coded> {
        let coding = to_coding(&self.name)?;
        let Some(level) = self.level else { return Ok((coding, Level::default_of(coding))) };
        let (least, most) = Level::range(coding);
        let level = Level::new(coding, level).ok_or_else(|| {
            coded("INVALID_OPTION", format!("a level of {} is from {least} to {most}, not {level}", self.name))
        })?;
        Ok((coding, level))
    }
}

impl NativeCompression {
    pub(crate) fn into_option(native: Option<Self>) -> Result<Option<Compression>, Coded> {
        let Some(native) = native else { return Ok(None) };
        let codings = native.codings.into_iter().map(NativeCoding::into_coding).collect::<Result<_, _>>()?;
        Ok(Some(Compression { threshold: native.threshold.into(), codings, types: native.types }))
    }
}

/// Which coded request bodies are taken.
#[napi(object, object_to_js = false)]
pub struct NativeDecompression {
    /// `zstd`, `br` and `gzip`, or some of them: the favourite first.
    pub codings: Vec<String>,
    /// Bytes that may come of one byte that was sent.
    pub max_ratio: u32,
}

impl NativeDecompression {
    pub(crate) fn into_decompression(self) -> Result<Decompression, Coded> {
        let codings = self.codings.iter().map(|name| to_coding(name)).collect::<Result<_, _>>()?;
        Ok(Decompression { codings, max_ratio: self.max_ratio })
    }
}
