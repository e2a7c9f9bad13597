//! The job machine, driven as a runner drives it.

#[cfg(test)]
mod denials;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod interruptions;
#[cfg(test)]
mod job;
#[cfg(test)]
mod logging;
#[cfg(test)]
mod masking;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod publishing;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod table;
#[cfg(test)]
mod tables;
