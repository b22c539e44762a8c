//! The gate over whole connections: rules as tables, shared vectors, and properties that hold for any bytes.

mod connection;
mod limits;
mod properties;
mod random;
mod rules;
mod vectors;
