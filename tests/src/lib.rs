//! End to end, across crates, and against peers.
