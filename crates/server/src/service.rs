//! One request: from hyper's parsed head to its response.
//!
//! In: a head the gate approved, and its body stream. Out: the handler's response, or the server's own where the
//! request broke a rule or has no route. The order is fixed: gate verdict, path, route, body, folder, handler.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

use covet_http::{Refusal, canonical};
use covet_router::{AllowedMethods, Found, Params, Router, SlashChange};
use http::header::{ACCEPT_ENCODING, CONNECTION, EXPECT, HOST, HeaderMap, HeaderValue, VARY};
use http::request::Parts;
use http::{Method, Request, Response, Version};
use http_body::Body as _;
use hyper::body::Incoming;

use crate::client::{Client, find_client};
use crate::conditional::{heed_conditions, kept};
use crate::decompress::{BodyCoding, Decoding, accepted_codings};
use crate::files::{
    Blocking, Failure, FileSource, FileVerdict, FolderAnswer, FolderMark, FolderRoute, answer_folder, finish, send_file,
};
use crate::gated_io::Verdicts;
use crate::handler::{Call, ConnectionHandler, Destination, RefusedRequest};
use crate::lent::LentBody;
use crate::options::ServerOptions;
use crate::panic::CatchPanic;
use crate::refuse;
use crate::reply_body::ReplyBody;
use crate::request_body::{RequestBody, open_body, pass_over};
use crate::vary::add_vary;

/// What all requests of one connection share.
pub(crate) struct Service<H> {
    pub(crate) handler: H,
    pub(crate) router: Arc<Router>,
    pub(crate) options: Rc<ServerOptions>,
    pub(crate) verdicts: Rc<Verdicts>,
    /// Who sent the connection's bytes; behind proxies, the nearest.
    pub(crate) peer: Client,
    pub(crate) blocking: Blocking,
    /// The socket's side knows bytes that stand in for a lent body.
    pub(crate) can_lend: bool,
    /// Requests hyper has handed over so far.
    pub(crate) served: Cell<u64>,
}

/// What the server itself says about a request.
enum Verdict {
    Refuse(Refusal),
    /// With headers that belong to it.
    RefuseWith(Refusal, Box<HeaderMap>),
    MethodNotAllowed(AllowedMethods),
    File(Box<FileVerdict>),
    /// Boxed: rare, and large beside the others.
    Answer(Box<Response<ReplyBody>>),
}

impl From<Refusal> for Verdict {
    fn from(refusal: Refusal) -> Self {
        Self::Refuse(refusal)
    }
}

impl From<FileVerdict> for Verdict {
    fn from(verdict: FileVerdict) -> Self {
        Self::File(Box::new(verdict))
    }
}

impl<H: ConnectionHandler> Service<H> {
    /// Answers one request; a panic on the way is a 500.
    pub(crate) fn call(
        self: &Rc<Self>,
        request: Request<Incoming>,
    ) -> impl Future<Output = Result<Response<ReplyBody>, Infallible>> + use<H> {
        let service = Rc::clone(self);
        let number = service.served.get();
        service.served.set(number + 1);
        async move {
            let (mut head, body) = request.into_parts();
            use_host_of_target(&mut head);
            service.verdicts.ends_by_close.set(head.version == Version::HTTP_10);
            let client = find_client(service.options.proxies.as_ref(), service.peer, &mut head);
            let mut body = Some(body);
            let outcome = CatchPanic::new(service.answer(&head, &mut body, number, client)).await;
            let verdict = match outcome {
                Ok(Ok(mut response)) => {
                    let goes_on = service.passes_over(&head, body).await;
                    close_unless(goes_on, &mut response);
                    return Ok(service.answered(response));
                }
                Ok(Err(verdict)) => verdict,
                Err(_panic) => Verdict::Refuse(Refusal::Internal),
            };
            let mut response = service.say(verdict, &head, client);
            if !response.headers().contains_key(CONNECTION) {
                let goes_on = service.passes_over(&head, body).await;
                close_unless(goes_on, &mut response);
            }
            service.verdicts.clock.on_answer();
            Ok(response)
        }
    }

    /// Tells the clock of an answer: a whole one now, a stream when it has ended, since until then it is owed.
    fn answered(&self, response: Response<ReplyBody>) -> Response<ReplyBody> {
        let verdicts = Rc::clone(&self.verdicts);
        response.map(|body| match body {
            ReplyBody::Full(_) => {
                verdicts.clock.on_answer();
                body
            }
            ReplyBody::Lent(lent) if self.can_lend => ReplyBody::stream(LentBody::new(lent, verdicts)),
            body => body.on_end(move || verdicts.clock.on_answer()),
        })
    }

    /// Whether a further request may follow on the connection. A body that nobody was given is read away where it is little:
    /// what of it is still to come would otherwise be taken for that request, or end the connection without a word.
    async fn passes_over(&self, head: &Parts, body: Option<Incoming>) -> bool {
        let expects = head.headers.contains_key(EXPECT);
        match body {
            Some(body) if body.is_end_stream() => true,
            Some(body) => !expects && pass_over(body, &self.verdicts).await,
            // Nobody has asked for the body: the peer may send it or not, and nobody can tell (RFC 9110 10.1.1).
            None => !expects || self.verdicts.is_invited.get(),
        }
    }

    /// Takes the body once somebody is there for it.
    async fn answer(
        &self,
        head: &Parts,
        body: &mut Option<Incoming>,
        number: u64,
        client: Client,
    ) -> Result<Response<ReplyBody>, Verdict> {
        if let Some((refused, refusal)) = self.verdicts.refused_head.get()
            && refused == number
        {
            return Err(refusal.into());
        }
        let raw_path = head.uri.path().as_bytes();
        if raw_path == b"*" {
            return Ok(refuse::server_options());
        }
        let path = canonical(raw_path)?;
        let path = str::from_utf8(&path).map_err(|_| Refusal::PathNotUtf8)?;
        let mut params = Params::new();
        let destination = self.route(head, path, &mut params)?;
        let body = self.body(body, head, destination).await?;
        let Client { remote, secure } = client;
        let call = Call { head, destination, path, params: &params, remote, secure, body };
        let mut response = match self.options.route(destination).and_then(|route| route.folder.as_ref()) {
            Some(folder) => self.serve_folder(folder, call).await?,
            None => self.ask_handler(call).await?,
        };
        let sends_plain = self.options.route(destination).is_some_and(|route| route.sends_plain);
        if let Some(compression) = &self.options.compression
            && !sends_plain
        {
            compression.apply(head, &mut response);
        }
        Ok(response)
    }

    /// Answers by the handler, and reads the file that it may name.
    async fn ask_handler(&self, call: Call<'_>) -> Result<Response<ReplyBody>, Verdict> {
        let head = call.head;
        let mut response = self.handler.handle(call).await?;
        match response.extensions_mut().remove::<Arc<FileSource>>() {
            Some(source) => {
                Ok(send_file(&self.blocking, source, head, self.options.compression.as_ref(), response).await?)
            }
            // The mark stands for a file, which has its own versions.
            None if response.extensions().get::<FolderMark>().is_some() => Ok(response),
            None => Ok(heed_conditions(head, response)
                .map_err(|headers| FileVerdict::Refuse(Refusal::PreconditionFailed, headers))?),
        }
    }

    /// Answers with a file of `folder`. What it does not have is a miss like any other.
    async fn serve_folder(&self, folder: &FolderRoute, mut call: Call<'_>) -> Result<Response<ReplyBody>, Verdict> {
        let (head, path) = (call.head, call.path);
        // The folder itself has no parameter: neither with its slash nor without.
        let answer = match call.params.raw(0) {
            None if !path.ends_with('/') => FolderAnswer::Redirect,
            rest => {
                let (rest, compression) = (rest.unwrap_or_default(), self.options.compression.as_ref());
                answer_folder(&self.blocking, &folder.folder, rest, head, compression).await
            }
        };
        let mut response = Response::new(ReplyBody::empty());
        if matches!(answer, FolderAnswer::Nothing | FolderAnswer::NoPage) {
            let varies = matches!(answer, FolderAnswer::NoPage);
            if !self.options.misses_reach_handler {
                return Err(not_found(varies));
            }
            call.destination = Destination::NotFound;
            response = self.ask_handler(call).await?;
            if varies {
                add_vary(response.headers_mut(), ACCEPT_NAME);
            }
            return Ok(response);
        }
        if folder.asks_handler {
            response = self.ask_handler(call).await?;
            if response.extensions_mut().remove::<FolderMark>().is_none() {
                self.blocking.drop(answer);
                return Ok(response);
            }
        }
        match answer {
            FolderAnswer::File(prepared) => Ok(finish(&self.blocking, *prepared, response)?),
            FolderAnswer::Failed(failure) => Err(FileVerdict::Failed(failure, kept(response)).into()),
            _ => {
                let mut redirect = refuse::redirect(SlashChange::Add.location(path), head.uri.query());
                // What layers say of every answer; where it leads is our word.
                let mut headers = kept(response);
                headers.extend(std::mem::take(redirect.headers_mut()));
                *redirect.headers_mut() = headers;
                Ok(redirect)
            }
        }
    }

    /// Asks the router where the request goes, and settles what needs no handler.
    fn route<'p>(&self, head: &Parts, path: &'p str, params: &mut Params<'p>) -> Result<Destination, Verdict> {
        let reach = self.options.misses_reach_handler;
        match self.router.find(method_of(&head.method), path, params) {
            Found::Route(route) | Found::Head(route) => Ok(Destination::Route(route)),
            Found::Options(methods) if reach => Ok(Destination::Options(methods)),
            Found::Options(methods) => Err(Verdict::Answer(Box::new(refuse::options(methods)))),
            Found::MethodNotAllowed(methods) if reach => Ok(Destination::MethodNotAllowed(methods)),
            Found::MethodNotAllowed(methods) => Err(Verdict::MethodNotAllowed(methods)),
            Found::Redirect(change) => {
                Err(Verdict::Answer(Box::new(refuse::redirect(change.location(path), head.uri.query()))))
            }
            Found::NotFound if reach => Ok(Destination::NotFound),
            Found::NotFound => Err(Refusal::NotFound.into()),
        }
    }

    async fn body(
        &self,
        incoming: &mut Option<Incoming>,
        head: &Parts,
        destination: Destination,
    ) -> Result<RequestBody, Verdict> {
        if incoming.as_ref().is_none_or(Incoming::is_end_stream) {
            return Ok(RequestBody::default());
        }
        let limit = self.options.max_body(destination);
        let expects = head.headers.contains_key(EXPECT);
        let decoding = self.decoding(head, destination, limit)?;
        let Some(body) = incoming.take() else { return Ok(RequestBody::default()) };
        Ok(open_body(body, decoding, limit, expects, &self.verdicts).await?)
    }

    /// What takes the coding off a body, where it has one.
    fn decoding(&self, head: &Parts, destination: Destination, limit: u64) -> Result<Option<Box<Decoding>>, Verdict> {
        let allowed = self.options.route(destination).and_then(|route| route.decompression.as_ref());
        match (BodyCoding::of(&head.headers, allowed), allowed) {
            (BodyCoding::Plain, _) => Ok(None),
            (BodyCoding::Coded(codings), Some(allowed)) => Ok(Some(Decoding::new(&codings, limit, allowed.max_ratio))),
            // A miss is to be a miss whatever its body is.
            _ if !matches!(destination, Destination::Route(_)) => Ok(Some(Decoding::refused())),
            _ => {
                let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, accepted_codings(allowed))]);
                Err(Verdict::RefuseWith(Refusal::UnsupportedCoding, Box::new(headers)))
            }
        }
    }

    /// Makes a verdict a response, and tells the handler of a refusal.
    fn say(&self, verdict: Verdict, head: &Parts, client: Client) -> Response<ReplyBody> {
        let (mut allow, mut kept, mut cause) = (None, None, None);
        let refusal = match verdict {
            Verdict::Answer(response) => return *response,
            Verdict::Refuse(refusal) => refusal,
            Verdict::RefuseWith(refusal, headers) => {
                kept = Some(*headers);
                refusal
            }
            Verdict::MethodNotAllowed(methods) => {
                allow = Some(methods);
                Refusal::MethodNotAllowed
            }
            Verdict::File(verdict) => match *verdict {
                FileVerdict::Refuse(refusal, headers) => {
                    kept = Some(headers);
                    refusal
                }
                FileVerdict::Failed(Failure { refusal, cause: error }, headers) => {
                    kept = Some(headers);
                    cause = Some(error.to_string());
                    refusal
                }
            },
        };
        // A refused head is not this one: hyper read a stand-in, which must shape neither the answer nor the log.
        let stand_in = self.verdicts.refused_head.get().is_some_and(|(number, _)| number + 1 == self.served.get());
        let headers = (!stand_in).then_some(&head.headers);
        let mut refused = refuse::refuse(refusal, headers, self.options.problem_details);
        if let Some(methods) = allow {
            refuse::allow(&mut refused.response, methods);
        }
        if let Some(headers) = kept {
            refused.response.headers_mut().extend(headers);
        }
        if !stand_in && !self.options.problem_details {
            add_vary(refused.response.headers_mut(), ACCEPT_NAME);
        }
        self.handler.refused(RefusedRequest {
            status: refusal.status(),
            code: refusal.code(),
            message: refusal.message(),
            error_id: refused.error_id.as_str().to_owned(),
            method: if stand_in { String::new() } else { head.method.to_string() },
            path: if stand_in { String::new() } else { head.uri.path().to_owned() },
            remote: client.remote,
            cause,
        });
        refused.response
    }
}

/// What the format of an error is chosen by, and whether a page is shown.
const ACCEPT_NAME: &str = "Accept";

fn not_found(varies: bool) -> Verdict {
    if varies {
        let headers = HeaderMap::from_iter([(VARY, HeaderValue::from_static(ACCEPT_NAME))]);
        return Verdict::RefuseWith(Refusal::NotFound, Box::new(headers));
    }
    Refusal::NotFound.into()
}

/// Announces the end of a connection that cannot go on.
fn close_unless(goes_on: bool, response: &mut Response<ReplyBody>) {
    if !goes_on {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
}

/// An absolute target names the host, and `Host` then says nothing (RFC 9112 3.2.2).
fn use_host_of_target(head: &mut Parts) {
    let host = head.uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    if let Some(host) = host {
        head.headers.insert(HOST, host);
    }
}

/// hyper's method as the router's. The gate has let only known ones through.
fn method_of(method: &Method) -> covet_router::Method {
    match *method {
        Method::HEAD => covet_router::Method::Head,
        Method::POST => covet_router::Method::Post,
        Method::PUT => covet_router::Method::Put,
        Method::PATCH => covet_router::Method::Patch,
        Method::DELETE => covet_router::Method::Delete,
        Method::OPTIONS => covet_router::Method::Options,
        _ => covet_router::Method::Get,
    }
}
