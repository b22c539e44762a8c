//! What the router remembers of a registered route, for whoever has to name it again.

use crate::method::Method;

/// A route's number: 0 for the first one inserted, then 1, 2, 3 …, so that it can index an array of handlers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteId(pub u32);

/// A registered route.
///
/// ```
/// use covet_router::{ParamKind, Router};
///
/// let mut router = Router::new();
/// let id = router.insert("GET", "/users/{id:int}")?;
/// let route = router.route(id).expect("just inserted");
/// assert_eq!(route.to_string(), "GET /users/{id:int}");
/// assert_eq!((route.params()[0].name(), route.params()[0].kind()), ("id", ParamKind::Int));
/// # Ok::<(), covet_router::InsertError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Route {
    pub(crate) method: Option<Method>,
    pub(crate) pattern: Box<str>,
    pub(crate) params: Box<[Param]>,
}

impl Route {
    /// The method, or `None` for a route of any method.
    #[must_use]
    pub const fn method(&self) -> Option<Method> {
        self.method
    }

    /// The method as it was registered: its name, or `*` for any.
    #[must_use]
    pub const fn method_name(&self) -> &'static str {
        match self.method {
            Some(method) => method.as_str(),
            None => "*",
        }
    }

    /// The pattern exactly as it was registered.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// The parameters in the order in which [`Params`](crate::Params) holds their values.
    #[must_use]
    pub fn params(&self) -> &[Param] {
        &self.params
    }
}

impl std::fmt::Display for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method_name(), self.pattern)
    }
}

/// A parameter's name and kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    name: Box<str>,
    kind: ParamKind,
}

impl Param {
    pub(crate) fn new(name: &str, kind: ParamKind) -> Self {
        Self { name: name.into(), kind }
    }

    /// The name, unique in its pattern.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its values look like.
    #[must_use]
    pub const fn kind(&self) -> ParamKind {
        self.kind
    }
}

/// What a parameter matches. The order of the variants is their precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ParamKind {
    /// `{name:int}`: an optional `-` and 1 to 16 digits, of magnitude at most 2^53 - 1, JavaScript's safe integers.
    Int,
    /// `{name:uuid}`: 8-4-4-4-12 hexadecimal digits of either case.
    Uuid,
    /// `{name}` or `:name`: one character or more, up to the next `/`.
    Text,
    /// `{*name}`: the rest of the path, at least one segment, of which the first is not empty.
    Rest,
}

impl ParamKind {
    /// `int`, `uuid`, `text` or `rest`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Uuid => "uuid",
            Self::Text => "text",
            Self::Rest => "rest",
        }
    }
}
