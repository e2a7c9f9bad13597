//! The language as a whole: tables of expressions with their results, properties, and bounds.

#[cfg(test)]
mod bound;
#[cfg(test)]
mod place;
#[cfg(test)]
mod property;
#[cfg(test)]
mod table;
#[cfg(test)]
mod world;
