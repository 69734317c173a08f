//! One operation a file: recording a use, reporting on many.

pub(crate) mod record;
pub(crate) mod report;
