//! The linker-script language: text → tokens → tree → values.
//!
//! [`parse`] turns files into a [`Script`](ast::Script); the layout passes walk the tree and evaluate
//! expressions with their own [`Scope`](eval::Scope). Nothing here knows how an ELF file is laid out.

pub mod ast;
pub mod builtin;
pub mod eval;
#[cfg(test)]
mod eval_test;
pub mod glob;
mod lex;
pub mod overlay;
pub mod parse;
