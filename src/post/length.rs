//! Post length by the rules of twitter-text.
