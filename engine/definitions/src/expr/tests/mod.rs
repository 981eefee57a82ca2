//! The expression language against its vectors (`tests/cases/expressions`), and what must hold for any text.
mod arithmetic;
mod properties;
mod sample;
mod vectors;
