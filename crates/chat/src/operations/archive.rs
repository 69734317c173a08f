//! What the chat gives to a workspace's archive.

use std::sync::Arc;

use async_trait::async_trait;
use contracts::{
    WorkspaceData,
    archive::{Archived, ArchivedFile, Key as _, Page, Rows},
};
use database::Db;
use kernel::FileId;

use crate::{
    Chat,
    store::archive::{self, Attachment, Conversation, File, Message, Run},
};

/// Files: what is known of each, and its bytes.
struct Files {
    lines: Arc<dyn WorkspaceData>,
    db: Db,
}

impl Chat {
    /// A workspace's conversations and files.
    pub fn workspace_data(&self) -> Vec<Arc<dyn WorkspaceData>> {
        let db = &self.engine().db;
        let files = Files { lines: Rows::<File>::of(db), db: db.clone() };
        vec![
            Rows::<Conversation>::of(db),
            Rows::<Message>::of(db),
            Rows::<Run>::of(db),
            Rows::<Attachment>::of(db),
            Arc::new(files),
        ]
    }
}

#[async_trait]
impl WorkspaceData for Files {
    fn name(&self) -> &'static str {
        self.lines.name()
    }

    fn tables(&self) -> &'static [&'static str] {
        self.lines.tables()
    }

    async fn page(&self, of: &Archived, after: Option<&str>) -> Result<Page, database::Error> {
        self.lines.page(of, after).await
    }

    async fn file(&self, of: &Archived, after: Option<&str>) -> Result<Option<ArchivedFile>, database::Error> {
        let found = archive::content(&self.db, &of.scope, of, FileId::read(after)).await?;
        Ok(found.map(|(id, name, content)| ArchivedFile { id: id.to_string(), name, content: content.into() }))
    }
}
