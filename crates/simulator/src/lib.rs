//! AWS on loopback or in process: real wire protocols, life cycles, faults.
