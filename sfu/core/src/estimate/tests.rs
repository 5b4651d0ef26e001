//! Behaviour on lines that are not what they should be.
