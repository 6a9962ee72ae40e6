//! Options against double precision, against the model, and their properties.

mod margins;
mod pricing;
