//! Records through sessions: the pipeline and the rights, on both databases.
mod orders;
mod world;
