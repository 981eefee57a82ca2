//! Whole stories through the engine: install, use, change, publish, import.
