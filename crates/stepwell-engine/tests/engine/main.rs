//! The two machines, driven as a runner drives them.

#[cfg(test)]
mod denials;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod job;
#[cfg(test)]
mod logging;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod run;
