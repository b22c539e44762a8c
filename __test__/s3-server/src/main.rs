//! An S3 server for the tests of `S3Storage`: `covet-test-s3-server <folder> <port>`, with the one pair of keys it
//! knows in `S3_ACCESS_KEY` and `S3_SECRET_KEY`. Says `port=<n>` when it listens; a bucket is a folder in `<folder>`.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::S3Result;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::SimpleAuth;
use s3s::s3_error;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tokio::net::TcpListener;

/// Who may do what: everybody with a signature everything, in the buckets there are. s3s-fs would make a bucket of the
/// folder that a first object needs.
struct Buckets {
    folder: PathBuf,
}

#[async_trait::async_trait]
impl S3Access for Buckets {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        if context.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "a signature is required"));
        }
        match context.s3_path().get_bucket_name() {
            Some(bucket) if !self.folder.join(bucket).is_dir() => Err(s3_error!(NoSuchBucket)),
            _ => Ok(()),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("the folder is missing")?;
    let port: u16 = args.next().ok_or("the port is missing")?.parse()?;
    let access_key = std::env::var("S3_ACCESS_KEY")?;
    let secret_key = std::env::var("S3_SECRET_KEY")?;

    let files = FileSystem::new(&folder).map_err(|error| format!("{error:?}"))?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(SimpleAuth::from_single(access_key, secret_key));
    builder.set_access(Buckets { folder: PathBuf::from(folder) });
    let service = builder.build();

    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let mut out = std::io::stdout();
    writeln!(out, "port={}", listener.local_addr()?.port())?;
    out.flush()?;

    let connections = Builder::new(TokioExecutor::new()).http1_only();
    loop {
        let (socket, _) = listener.accept().await?;
        let connection = connections.serve_connection(TokioIo::new(socket), service.clone()).into_owned();
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                eprintln!("{error}");
            }
        });
    }
}
