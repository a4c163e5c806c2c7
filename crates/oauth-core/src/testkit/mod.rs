//! For tests alone: a storage in memory, a clock that stands still, chance that repeats itself, and the contract that every
//! storage passes.

mod contract;
mod memory;
mod ports;

pub use contract::{CONTRACT, ContractTest, Opened, samples};
pub use memory::MemoryStorage;
pub use ports::{FixedClock, NoRemote, ScriptedRandom};
