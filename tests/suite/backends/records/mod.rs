//! Records through sessions: the pipeline and the rights, on both databases.
mod duplicates;
mod groups;
mod orders;
mod rights;
mod rollups;
mod seals;
mod search;
mod sorting;
mod together;
mod traces;
mod verify;
mod world;
