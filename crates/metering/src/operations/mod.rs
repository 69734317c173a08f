//! One operation a file: recording a use, keeping room for one, reporting on many, the
//! budgets and the plans that bound them.

mod archive;
pub(crate) mod budgets;
pub(crate) mod quotas;
pub(crate) mod reconcile;
pub(crate) mod record;
pub(crate) mod report;
