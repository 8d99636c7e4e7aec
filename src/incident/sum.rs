//! What a file was when it was looked at: enough to show later that it is still the same.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How long a file is, and the hash of all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    pub bytes: u64,
    /// SHA-256 (FIPS 180-4), in hex digits.
    pub sha256: String,
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes, SHA-256 {}", self.bytes, self.sha256)
    }
}

/// A sum that grows piece by piece, so that no file need be kept.
#[derive(Debug, Clone, Default)]
pub struct Adder {
    bytes: u64,
    hash: Sha256,
}

impl Adder {
    pub fn add(&mut self, piece: &[u8]) {
        self.bytes += piece.len() as u64;
        self.hash.update(piece);
    }

    /// Bytes so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn sum(self) -> Sum {
        Sum { bytes: self.bytes, sha256: hex::encode(self.hash.finalize()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_that_of_the_standard_however_the_pieces_came() {
        let mut adder = Adder::default();
        adder.add(b"a");
        adder.add(b"bc");
        // The example of FIPS 180-4.
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(adder.sum().to_string(), format!("3 bytes, SHA-256 {sha256}"));
    }
}
