//! The router against a matcher that is slow and obvious: random tables, random paths, every method, every policy.
//!
//! The reference knows nothing of trees. It tests every route against the whole path and sorts those that match by the
//! rules of the manual. The seed is fixed, so a failure repeats.

use std::collections::{BTreeMap, HashSet};

use covet_router::{Found, Method, Params, RouteId, Router, TrailingSlash};

const TABLES: usize = 500;
const PATHS: usize = 40;

#[test]
fn agrees_with_the_reference() {
    let mut random = SplitMix(0x00C0_FFEE);
    let mut seen = BTreeMap::new();
    for _ in 0..TABLES {
        let policy = random.pick(&[TrailingSlash::Strict, TrailingSlash::Ignore, TrailingSlash::Redirect]);
        let table = Table::random(&mut random, policy);
        for _ in 0..PATHS {
            let path = table.path(&mut random);
            for method in Method::ALL {
                let mut params = Params::new();
                let found = table.router.find(method, &path, &mut params);
                let actual = Answer::of(found, &params);
                let expected = table.reference(method, &path);
                assert_eq!(actual, expected, "{method} {path:?} of {:?}", table.router);
                *seen.entry(expected.name()).or_insert(0_usize) += 1;
            }
        }
    }
    // A generator that produced only misses would agree with anything.
    for (answer, least) in [("route", 10_000), ("head", 1_000), ("options", 1_000), ("405", 10_000), ("308", 500)] {
        assert!(seen.get(answer).is_some_and(|count| *count >= least), "{answer} too rare: {seen:?}");
    }
}

#[derive(Debug, PartialEq)]
enum Answer {
    Route(u32, Vec<String>),
    Head(u32, Vec<String>),
    Options(String),
    MethodNotAllowed(String),
    Redirect,
    NotFound,
}

impl Answer {
    fn of(found: Found, params: &Params<'_>) -> Self {
        let values = params.iter().map(String::from).collect();
        match found {
            Found::Route(RouteId(id)) => Self::Route(id, values),
            Found::Head(RouteId(id)) => Self::Head(id, values),
            Found::Options(allowed) => Self::Options(allowed.to_string()),
            Found::MethodNotAllowed(allowed) => Self::MethodNotAllowed(allowed.to_string()),
            Found::Redirect(_) => Self::Redirect,
            Found::NotFound => Self::NotFound,
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Route(..) => "route",
            Self::Head(..) => "head",
            Self::Options(_) => "options",
            Self::MethodNotAllowed(_) => "405",
            Self::Redirect => "308",
            Self::NotFound => "404",
        }
    }
}

const LITERALS: [&str; 10] = ["a", "ab", "abc", "b", "1", "v1", "é", "a%2F", "F", "-"];
const AFFIXES: [&str; 8] = ["", "", "", "a", "v", "F", "é", "%25"];
const VALUES: [&str; 14] = [
    "a",
    "x",
    "1",
    "-12",
    "9007199254740992",
    "%2F",
    "%252F",
    "a%2F",
    "ü",
    "é",
    "123e4567-e89b-12d3-a456-426614174000",
    "v1",
    "aF",
    "",
];

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
enum Kind {
    Static,
    Int,
    Uuid,
    Text,
    Rest,
}

/// A segment of a pattern: `before` is the literal of a static one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Part {
    kind: Kind,
    before: &'static str,
    after: &'static str,
}

/// Smaller is more specific; compared segment by segment.
type Rank = Vec<(Kind, isize, isize)>;

struct Entry {
    id: u32,
    method: &'static str,
    parts: Vec<Part>,
}

struct Table {
    router: Router,
    entries: Vec<Entry>,
    policy: TrailingSlash,
}

impl Table {
    fn random(random: &mut SplitMix, policy: TrailingSlash) -> Self {
        let mut router = Router::new().with_trailing_slash(policy);
        let mut entries = Vec::new();
        let mut taken = HashSet::new();
        for _ in 0..1 + random.below(14) {
            let method = random.pick(&["GET", "GET", "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "*"]);
            let parts = random_parts(random);
            let inserted = router.insert(method, &to_pattern(&parts, random));
            if taken.insert((method, parts.clone())) {
                let id = inserted.expect("a shape that is new for its method").0;
                assert_eq!(id as usize, entries.len(), "ids are dense");
                entries.push(Entry { id, method, parts });
            } else {
                assert_eq!(inserted.expect_err("registered before").code(), "ROUTE_CONFLICT");
            }
        }
        Self { router, entries, policy }
    }

    /// A path that has something to do with the table, most of the time.
    fn path(&self, random: &mut SplitMix) -> String {
        let mut path = String::new();
        let entry = &self.entries[random.below(self.entries.len())];
        for part in &entry.parts {
            path.push('/');
            match (part.kind, random.below(8)) {
                (_, 0) => path.push_str(random.pick(&LITERALS)),
                (Kind::Static, _) => path.push_str(part.before),
                (Kind::Rest, n) => path.push_str(["a/b", "x", "1/", "/x", "", "a", "b", "v1"][n]),
                _ => {
                    path.push_str(part.before);
                    path.push_str(random.pick(&VALUES));
                    path.push_str(part.after);
                }
            }
        }
        match random.below(10) {
            0 => path.push('/'),
            1 => path.push_str("/a"),
            2 if path.len() > 1 && path.ends_with('/') => drop(path.pop()),
            _ => {}
        }
        path
    }

    fn reference(&self, method: Method, path: &str) -> Answer {
        let (answer, allowed) = self.exactly(method, path);
        let other = match path.strip_suffix('/') {
            _ if self.policy == TrailingSlash::Strict => None,
            Some("") => None,
            Some(other) if other.ends_with('/') => None,
            Some(other) => Some(other.to_owned()),
            None => Some(format!("{path}/")),
        };
        if let Some(answer) = answer {
            return answer;
        }
        let Some(other) = other else { return Self::miss(method, &allowed) };
        let (other_answer, other_allowed) = self.exactly(method, &other);
        if self.policy == TrailingSlash::Redirect && method != Method::Options {
            return match (allowed.is_empty(), other_allowed.is_empty()) {
                (true, false) => Answer::Redirect,
                _ => Self::miss(method, &allowed),
            };
        }
        other_answer.unwrap_or_else(|| Self::miss(method, &allowed.union(&other_allowed).copied().collect()))
    }

    fn miss(method: Method, allowed: &HashSet<Method>) -> Answer {
        if allowed.is_empty() {
            return Answer::NotFound;
        }
        let listed = Method::ALL.into_iter().filter(|method| *method == Method::Options || allowed.contains(method));
        let listed: Vec<&str> = listed.map(Method::as_str).collect();
        match method {
            Method::Options => Answer::Options(listed.join(", ")),
            _ => Answer::MethodNotAllowed(listed.join(", ")),
        }
    }

    /// The answer for this very form of the path, and all methods that any matching pattern serves.
    fn exactly(&self, method: Method, path: &str) -> (Option<Answer>, HashSet<Method>) {
        let mut matches: Vec<(Rank, Vec<String>, &Entry)> = self
            .entries
            .iter()
            .filter_map(|entry| to_values(&entry.parts, path).map(|values| (to_rank(&entry.parts), values, entry)))
            .collect();
        matches.sort_by(|a, b| a.0.cmp(&b.0));

        let mut allowed = HashSet::new();
        for (_, _, entry) in &matches {
            match entry.method {
                "*" => allowed.extend(Method::ALL),
                "GET" => allowed.extend([Method::Get, Method::Head]),
                name => allowed.extend(Method::from_name(name)),
            }
        }
        let mut answer = None;
        for group in matches.chunk_by(|a, b| a.0 == b.0) {
            let by = |name: &str| group.iter().find(|(_, _, entry)| entry.method == name);
            let own = by(method.as_str()).map(|(_, values, entry)| Answer::Route(entry.id, values.clone()));
            let head = || {
                let (_, values, entry) = by("GET").filter(|_| method == Method::Head)?;
                Some(Answer::Head(entry.id, values.clone()))
            };
            let any = || by("*").map(|(_, values, entry)| Answer::Route(entry.id, values.clone()));
            answer = own.or_else(head).or_else(any);
            if answer.is_some() {
                break;
            }
        }
        (answer, allowed)
    }
}

fn random_parts(random: &mut SplitMix) -> Vec<Part> {
    let length = 1 + random.below(4);
    let mut parts = Vec::new();
    for at in 0..length {
        let last = at + 1 == length;
        let kind = random.pick(&[Kind::Static, Kind::Static, Kind::Text, Kind::Int, Kind::Uuid, Kind::Rest]);
        let part = match kind {
            Kind::Rest if !last => Part { kind: Kind::Text, before: "", after: "" },
            Kind::Rest => Part { kind, before: "", after: "" },
            Kind::Static if last && random.below(5) == 0 => Part { kind, before: "", after: "" },
            Kind::Static => Part { kind, before: random.pick(&LITERALS), after: "" },
            _ => Part { kind, before: random.pick(&AFFIXES), after: random.pick(&AFFIXES) },
        };
        parts.push(part);
    }
    parts
}

fn to_pattern(parts: &[Part], random: &mut SplitMix) -> String {
    let mut pattern = String::new();
    for (at, Part { kind, before, after }) in parts.iter().enumerate() {
        // Names must not matter, so they differ from route to route.
        let name = format!("{}{at}", random.pick(&["id", "name", "_", "x-"]));
        pattern.push('/');
        pattern.push_str(&match kind {
            Kind::Static => (*before).to_owned(),
            Kind::Int => format!("{before}{{{name}:int}}{after}"),
            Kind::Uuid => format!("{before}{{{name}:uuid}}{after}"),
            Kind::Text if before.is_empty() && after.is_empty() && at % 2 == 0 => format!(":{name}"),
            Kind::Text => format!("{before}{{{name}}}{after}"),
            Kind::Rest => format!("{{*{name}}}"),
        });
    }
    pattern
}

fn to_rank(parts: &[Part]) -> Rank {
    parts
        .iter()
        .map(|part| match part.kind {
            Kind::Static => (Kind::Static, 0, 0),
            kind => (kind, -part.before.len().cast_signed(), -part.after.len().cast_signed()),
        })
        .collect()
}

/// The decoded values if the parts match the whole path.
fn to_values(parts: &[Part], path: &str) -> Option<Vec<String>> {
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let mut values = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let segment = *segments.get(at)?;
        if part.kind == Kind::Static {
            if segment != part.before {
                return None;
            }
            continue;
        }
        if segment.is_empty() {
            return None;
        }
        if part.kind == Kind::Rest {
            values.push(decode(&segments[at..].join("/")));
            return Some(values);
        }
        let value = strip(&to_units(segment), &to_units(part.before), &to_units(part.after))?;
        let matches = match part.kind {
            Kind::Int => is_int(&value),
            Kind::Uuid => is_uuid(&value),
            _ => true,
        };
        if !matches {
            return None;
        }
        values.push(decode(&value));
    }
    (segments.len() == parts.len()).then_some(values)
}

/// A segment as characters, an escape being one character.
fn to_units(text: &str) -> Vec<String> {
    let mut units = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let width = if first == '%' { 3 } else { first.len_utf8() };
        units.push(rest[..width].to_owned());
        rest = &rest[width..];
    }
    units
}

fn strip(segment: &[String], before: &[String], after: &[String]) -> Option<String> {
    let inner = segment.strip_prefix(before)?.strip_suffix(after)?;
    (!inner.is_empty()).then(|| inner.concat())
}

fn decode(value: &str) -> String {
    to_units(value).iter().map(|unit| unit.replace("%2F", "/").replace("%25", "%")).collect()
}

fn is_int(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    (1..=16).contains(&digits.len())
        && digits.chars().all(|digit| digit.is_ascii_digit())
        && value.parse::<i128>().is_ok_and(|number| number.abs() < 1 << 53)
}

fn is_uuid(value: &str) -> bool {
    let groups: Vec<&str> = value.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.concat().chars().all(|digit| digit.is_ascii_hexdigit())
}

/// Sebastiano Vigna's splitmix64.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("below a usize")
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}
