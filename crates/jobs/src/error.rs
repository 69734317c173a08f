//! What can go wrong when jobs are put into the queue and looked after.

#[derive(Debug, thiserror::Error)]
pub enum JobsError {
    /// Somebody else has it by now, or it was cancelled: what this attempt did must not last.
    #[error("the job was lost to another attempt")]
    Lost,
    #[error("there is no such job")]
    NotFound,
    #[error("the job can't be written as JSON")]
    Payload(#[from] serde_json::Error),
    #[error("the schedule {name} has no time to run: {reason}")]
    Schedule { name: &'static str, reason: String },
    #[error(transparent)]
    Database(#[from] database::Error),
}
