pub(crate) mod draft;
