//! System tables of a tenant, one file of fixed SQL each.
