//! What must hold when processes and servers come and go: several nodes, a power cut, a database that restarts.
mod changes_under_load;
mod database_restart;
mod two_nodes;
