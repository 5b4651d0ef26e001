//! The binary `giaoban`.

fn main() {}
