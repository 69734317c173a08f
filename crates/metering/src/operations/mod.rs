pub(crate) mod record;
pub(crate) mod report;
