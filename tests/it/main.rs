//! What a user relies on, tried from outside the library.

mod publishers;
