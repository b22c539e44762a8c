//! One request: from hyper's parsed head to its response.
//!
//! In: a head the gate approved, and its body stream. Out: the handler's response, or the server's own where the
//! request broke a rule or has no route. The order is fixed: gate verdict, path, route, body, handler.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use covet_http::{Refusal, canonical};
use covet_router::{AllowedMethods, Found, Params, Router};
use http::header::{HOST, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response};
use hyper::body::Incoming;

use crate::gated_io::Verdicts;
use crate::handler::{Call, ConnectionHandler, Destination, RefusedRequest, ReplyBody};
use crate::options::ServerOptions;
use crate::panic::CatchPanic;
use crate::refuse;
use crate::request_body::{ReadError, read_whole};

/// What all requests of one connection share.
pub(crate) struct Service<H> {
    pub(crate) handler: H,
    pub(crate) router: Arc<Router>,
    pub(crate) options: Rc<ServerOptions>,
    pub(crate) verdicts: Rc<Verdicts>,
    pub(crate) remote: SocketAddr,
    /// Requests hyper has handed over so far.
    pub(crate) served: Cell<u64>,
}

/// What the server itself says about a request.
enum Verdict {
    Refuse(Refusal),
    MethodNotAllowed(AllowedMethods),
    /// Boxed: rare, and large beside the others.
    Answer(Box<Response<ReplyBody>>),
}

impl From<Refusal> for Verdict {
    fn from(refusal: Refusal) -> Self {
        Self::Refuse(refusal)
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
            let outcome = CatchPanic::new(service.answer(&head, body, number)).await;
            let verdict = match outcome {
                Ok(Ok(response)) => {
                    service.verdicts.clock.on_answer();
                    return Ok(response);
                }
                Ok(Err(verdict)) => verdict,
                Err(_panic) => Verdict::Refuse(Refusal::Internal),
            };
            service.verdicts.clock.on_answer();
            Ok(service.say(verdict, &head))
        }
    }

    async fn answer(&self, head: &Parts, body: Incoming, number: u64) -> Result<Response<ReplyBody>, Verdict> {
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
        let body = self.body(body).await?;
        Ok(self.handler.handle(Call { head, destination, path, params: &params, body }).await?)
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

    async fn body(&self, body: Incoming) -> Result<Bytes, Verdict> {
        read_whole(body, self.options.limits.max_body).await.map_err(|error| {
            let refusal = match error {
                ReadError::Refused(refusal) => refusal,
                ReadError::Broken => self.verdicts.refused_body.get().unwrap_or(Refusal::IncompleteRequest),
            };
            refusal.into()
        })
    }

    /// Makes a verdict a response, and tells the handler of a refusal.
    fn say(&self, verdict: Verdict, head: &Parts) -> Response<ReplyBody> {
        let (refusal, allow) = match verdict {
            Verdict::Answer(response) => return *response,
            Verdict::Refuse(refusal) => (refusal, None),
            Verdict::MethodNotAllowed(methods) => (Refusal::MethodNotAllowed, Some(methods)),
        };
        // A refused head is not this one: hyper read a stand-in, which must shape neither the answer nor the log.
        let stand_in = self.verdicts.refused_head.get().is_some_and(|(number, _)| number + 1 == self.served.get());
        let headers = (!stand_in).then_some(&head.headers);
        let mut refused = refuse::refuse(refusal, headers, self.options.problem_details);
        if let Some(methods) = allow {
            refuse::allow(&mut refused.response, methods);
        }
        self.handler.refused(RefusedRequest {
            status: refusal.status(),
            code: refusal.code(),
            message: refusal.message(),
            error_id: refused.error_id.as_str().to_owned(),
            method: if stand_in { String::new() } else { head.method.to_string() },
            path: if stand_in { String::new() } else { head.uri.path().to_owned() },
            remote: self.remote,
        });
        refused.response
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
