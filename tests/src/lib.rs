//! What no crate can show alone. The library is what fuzz targets share, whoever drives them; everything else is in the
//! one test binary, `tests/all.rs`.
//!
//! 1. `interop/media`    what publishers send, with marks by which receivers know it again
//! 2. `interop/client`   a client on the `webrtc` crate: a stack that shares nothing with ours
//! 3. `interop/room`     a real node with one room, and clients in it
//! 4. `interop/stories`  what they live through
//! 5. `interop/door`     signaling of a few lines in front of a real node, for the load tester
//! 6. `interop/load`     the load tester's figures against what the node counted
//! 7. `scenarios/setup`  a province, its communes, and the words of signaling in those of the SFU
//! 8. `scenarios/world`  a hub and an engine on one virtual clock, and clients of both
//! 9. `scenarios/stage`  who is seen and who is heard: facts on one side, packets on the other
//! 10. `src/fuzz`        what must hold of every reader of foreign bytes, a mutator, and a search of given length
//! 11. `replay`          the committed corpora of `fuzz/corpus`, and some mutations of each, in every test run
//! 12. `fuzz`            the same targets for libFuzzer, a package of its own

pub mod clock;
pub mod fuzz;
