//! The parser from outside: bodies in, parts out.

mod bodies;
mod body;
mod check;
mod forms;
mod fuzz;
mod limits;
mod properties;
#[path = "../../../http/tests/wire/random.rs"]
mod random;
mod splits;
