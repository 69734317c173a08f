//! All that is kept of a workspace, for its owner: one ZIP file, written while it is read.
//!
//! Whose conversations are in it is a decision: administrators don't read members' chats, and an archive is no way
//! around that. It holds those of the owner who asks, and everybody's only where the operator has set that.

use std::{
    io,
    sync::{Arc, OnceLock},
};

use async_trait::async_trait;
use bytes::Bytes;
use contracts::{
    Audit as _, Identity, WorkspaceData,
    archive::{Archived, Key as _, PAGE, Page, Rows},
    audit::{Action, Entry, Origin},
};
use kernel::{Tasks, Timestamp, UserId, WorkspaceId};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;

use crate::{
    Actor, Chain, Tenancy, TenancyError,
    entry::present,
    store::{
        archive::{self, AuditStreamRow, Group, GroupMember, Invitation, InvitationUse, Role, Settings},
        audit,
    },
    zip::{Zip, safe_name},
};

/// Pieces that wait for a slow reader.
const AHEAD: usize = 4;
/// Archives that a process makes at a time: packing is work.
const AT_ONCE: usize = 2;
/// What the files mean; a change that readers would stumble over raises it.
const VERSION: u32 = 1;

/// The file in pieces; an error breaks it off, so that nobody takes half of it for the whole.
pub type Archive = ReceiverStream<Result<Bytes, io::Error>>;

/// What archives are made of.
pub(crate) struct Archives {
    parts: Vec<Arc<dyn WorkspaceData>>,
    everybodys: bool,
    tasks: Tasks,
    room: Arc<Semaphore>,
}

#[derive(Serialize)]
struct Manifest {
    version: u32,
    workspace_id: WorkspaceId,
    made_at: Timestamp,
    made_for: UserId,
    /// Whose conversations and files are in it.
    conversations_of: &'static str,
    files: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    name: String,
    /// Lines; of attachments, files.
    count: u64,
}

struct Members {
    db: database::Db,
    identity: Arc<dyn Identity>,
}

struct Log {
    db: database::Db,
    identity: Arc<dyn Identity>,
}

impl Tenancy {
    /// Hands over what archives are made of, its own part included. Once.
    pub fn keep_archives(&self, parts: Vec<Arc<dyn WorkspaceData>>, everybodys: bool, tasks: Tasks) {
        let room = Arc::new(Semaphore::new(AT_ONCE));
        let _ = self.archives.set(Archives { parts, everybodys, tasks, room });
    }

    /// What tenancy keeps of a workspace.
    pub fn workspace_data(&self, identity: Arc<dyn Identity>) -> Vec<Arc<dyn WorkspaceData>> {
        let db = &self.db;
        vec![
            Rows::<Settings>::of(db),
            Arc::new(Members { db: db.clone(), identity: Arc::clone(&identity) }),
            Rows::<Role>::of(db),
            Rows::<Group>::of(db),
            Rows::<GroupMember>::of(db),
            Rows::<Invitation>::of(db),
            Rows::<InvitationUse>::of(db),
            Rows::<AuditStreamRow>::of(db),
            Arc::new(Log { db: db.clone(), identity }),
        ]
    }

    /// Everything that archives are read from.
    pub fn archived_tables(&self) -> Vec<&'static str> {
        let parts = self.archives.get().map(|archives| archives.parts.as_slice()).unwrap_or_default();
        parts.iter().flat_map(|part| part.tables()).copied().collect()
    }

    /// The archive of the actor's workspace. It is no picture of one moment: what is changed meanwhile may be in it.
    pub async fn archive(self: &Arc<Self>, actor: &Actor) -> Result<Archive, TenancyError> {
        let archives = self.archives.get().ok_or(TenancyError::TooManyArchives)?;
        let room = Arc::clone(&archives.room).try_acquire_owned().map_err(|_| TenancyError::TooManyArchives)?;
        let entry = Entry::of(Action::WorkspaceExported, &actor.scope).about(actor.scope.workspace());
        let mut tx = self.db.begin(actor.scope).await?;
        self.record(&mut tx, entry.after(json!({ "members_chats": archives.everybodys }))).await?;
        tx.commit().await?;
        let of = Archived { scope: actor.scope, owner: actor.user, everybodys: archives.everybodys };
        let (out, pieces) = mpsc::channel(AHEAD);
        let (this, failed) = (Arc::clone(self), out.clone());
        archives.tasks.spawn(
            "an archive of a workspace",
            Origin::carry(async move {
                let _room = room;
                if let Err(error) = this.write_archive(&of, Zip::new(out)).await {
                    match &error {
                        // Whoever asked for it has left.
                        ArchiveError::Io(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                        error => tracing::error!(%error, "an archive of a workspace broke off"),
                    }
                    let _ = failed.send(Err(io::Error::other("the archive broke off"))).await;
                }
            }),
        );
        Ok(ReceiverStream::new(pieces))
    }

    async fn write_archive(&self, of: &Archived, mut zip: Zip) -> Result<(), ArchiveError> {
        let mut files = Vec::new();
        for part in self.archives.get().into_iter().flat_map(|archives| &archives.parts) {
            let name = format!("{}.jsonl", part.name());
            zip.begin(&name)?;
            let count = write_lines(part.as_ref(), of, &mut zip).await?;
            files.push(Listed { name, count });
            let folder = format!("{}/", part.name());
            let count = write_files(part.as_ref(), of, &folder, &mut zip).await?;
            if count > 0 {
                files.push(Listed { name: folder, count });
            }
        }
        let manifest = Manifest {
            version: VERSION,
            workspace_id: of.scope.workspace(),
            made_at: self.env.now(),
            made_for: of.owner,
            conversations_of: if of.everybodys { "everybody" } else { "made_for" },
            files,
        };
        zip.begin("manifest.json")?;
        zip.write(&serde_json::to_vec_pretty(&manifest)?).await?;
        Ok(zip.finish().await?)
    }
}

#[derive(Debug, thiserror::Error)]
enum ArchiveError {
    #[error(transparent)]
    Database(#[from] database::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// How many there were.
async fn write_lines(part: &dyn WorkspaceData, of: &Archived, zip: &mut Zip) -> Result<u64, ArchiveError> {
    let (mut after, mut count) = (None::<String>, 0);
    loop {
        let Page { items, next } = part.page(of, after.as_deref()).await?;
        for item in items {
            count += 1;
            let mut line = item.to_string();
            line.push('\n');
            zip.write(line.as_bytes()).await?;
        }
        if next.is_none() {
            return Ok(count);
        }
        after = next;
    }
}

/// The same of files.
async fn write_files(
    part: &dyn WorkspaceData,
    of: &Archived,
    folder: &str,
    zip: &mut Zip,
) -> Result<u64, ArchiveError> {
    let (mut after, mut count) = (None::<String>, 0);
    while let Some(file) = part.file(of, after.as_deref()).await? {
        count += 1;
        zip.begin(&format!("{folder}{}-{}", file.id, safe_name(&file.name)))?;
        zip.write(&file.content).await?;
        after = Some(file.id);
    }
    Ok(count)
}

#[async_trait]
impl WorkspaceData for Members {
    fn name(&self) -> &'static str {
        "members"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["memberships", "member_profiles"]
    }

    async fn page(&self, of: &Archived, after: Option<&str>) -> Result<Page, database::Error> {
        let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
        let members = archive::members(&self.db, &of.scope, UserId::read(after), limit).await?;
        let next = members.last().filter(|_| members.len() == PAGE).map(|last| last.user_id.to_string());
        let ids: Vec<UserId> = members.iter().map(|member| member.user_id).collect();
        let people = self.identity.users(&ids).await?;
        let items = members.into_iter().map(|member| {
            let person = people.iter().find(|person| person.id == member.user_id);
            json!({
                "user_id": member.user_id, "name": person.map(|person| &person.name),
                "email": person.map(|person| &person.email), "role": member.role, "role_id": member.role_id,
                "profile": member.attributes, "joined_at": member.joined_at,
            })
        });
        Ok(Page { items: items.collect(), next })
    }
}

#[async_trait]
impl WorkspaceData for Log {
    fn name(&self) -> &'static str {
        "audit_log"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["audit_entries"]
    }

    async fn page(&self, of: &Archived, after: Option<&str>) -> Result<Page, database::Error> {
        let chain = Chain(Some(of.scope.workspace()));
        let after = after.and_then(|position| position.parse().ok()).unwrap_or(0);
        let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
        let rows = audit::following(&self.db, chain.scope(), chain, after, limit).await?;
        let next = rows.last().filter(|_| rows.len() == PAGE).map(|last| last.position.to_string());
        let encode = |error: &dyn std::fmt::Display| database::Error::Encode(error.to_string());
        let entries = match present(&*self.identity, rows).await {
            Ok(entries) => entries,
            Err(TenancyError::Database(error)) => return Err(error),
            Err(error) => return Err(encode(&error)),
        };
        let lines: Result<Vec<Value>, _> = entries.iter().map(serde_json::to_value).collect();
        Ok(Page { items: lines.map_err(|error| encode(&error))?, next })
    }
}

/// Empty at first: other contexts are made after this one.
pub(crate) type Kept = OnceLock<Archives>;
