//! Other gateways, as far as `scripts/peers.sh` has set them up. They run bare: no keys, no
//! ledger, no logs. What is absent is left out, and the table says so.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::Context as _;
use tokio::{fs, process::Command};

use super::{loader::Target, upstream};
use crate::process::{Process, free_address, pinned};

const CHAT: &str = "/v1/chat/completions";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    LiteLlmRs,
    TensorZero,
    Portkey,
    LiteLlm,
}

/// The quickest first.
pub const ALL: [Peer; 4] = [Peer::LiteLlmRs, Peer::TensorZero, Peer::Portkey, Peer::LiteLlm];

/// Where and with what a peer runs.
pub struct Place<'a> {
    /// What `scripts/peers.sh` has filled.
    pub peers: &'a Path,
    /// For its configuration and its log.
    pub folder: &'a Path,
    pub upstream: SocketAddr,
    pub core: Option<usize>,
}

impl Peer {
    pub const fn name(self) -> &'static str {
        match self {
            Self::LiteLlmRs => "litellm-rs",
            Self::TensorZero => "TensorZero",
            Self::Portkey => "Portkey",
            Self::LiteLlm => "LiteLLM",
        }
    }

    /// What is run, below the folder of all peers.
    const fn program(self) -> &'static str {
        match self {
            Self::LiteLlmRs => "litellm-rs/bin/gateway",
            Self::TensorZero => "tensorzero/bin/python",
            Self::Portkey => "portkey/node_modules/@portkey-ai/gateway/build/start-server.js",
            Self::LiteLlm => "litellm/bin/litellm",
        }
    }

    /// Which version is set up; none: it is not.
    pub async fn version(self, peers: &Path) -> Option<String> {
        fs::metadata(peers.join(self.program())).await.ok()?;
        let folder = self.program().split('/').next().unwrap_or_default();
        let version = fs::read_to_string(peers.join(folder).join("version")).await.ok()?;
        Some(version.trim().to_owned())
    }

    /// Starts it, and gives what to ask. It may still need a moment.
    pub async fn start(self, place: &Place<'_>) -> anyhow::Result<(Process, Target)> {
        let program = std::path::absolute(place.peers.join(self.program()))?;
        let address = free_address().await?;
        let mut headers = Vec::new();
        let (process, path, model) = match self {
            Self::LiteLlmRs => {
                let file =
                    configure(place, "gateway.yaml", include_str!("../../peers/litellm-rs.yaml"), address).await?;
                let mut command = pinned(place.core, &program);
                command.arg("--config").arg(file).env("RUST_LOG", "off");
                (listen(command, place, address).await?, CHAT, upstream::MODEL)
            }
            Self::TensorZero => {
                let file =
                    configure(place, "tensorzero.toml", include_str!("../../peers/tensorzero.toml"), address).await?;
                let script =
                    configure(place, "start.py", include_str!("../../peers/start_tensorzero.py"), address).await?;
                let mut command = pinned(place.core, &program);
                command.arg(script).arg(file).current_dir(place.folder);
                let log = std::fs::File::create(place.folder.join("log"))?;
                let process = Process::announced(command, Stdio::from(log)).await?;
                (process, "/openai/v1/chat/completions", "tensorzero::model_name::gpt-4o-mini")
            }
            Self::Portkey => {
                let mut command = pinned(place.core, Path::new("node"));
                command.arg(program).arg(format!("--port={}", address.port())).arg("--headless");
                command.env("NODE_ENV", "production").env("TRUSTED_CUSTOM_HOSTS", "127.0.0.1,localhost");
                headers.push(("x-portkey-provider".to_owned(), "openai".to_owned()));
                headers.push(("x-portkey-custom-host".to_owned(), format!("http://{}/v1", place.upstream)));
                (listen(command, place, address).await?, CHAT, upstream::MODEL)
            }
            Self::LiteLlm => {
                let file = configure(place, "litellm.yaml", include_str!("../../peers/litellm.yaml"), address).await?;
                let mut command = pinned(place.core, &program);
                command.arg("--config").arg(file).args(["--host", "127.0.0.1", "--num_workers", "1"]);
                command.arg("--port").arg(address.port().to_string());
                command.env("LITELLM_LOCAL_MODEL_COST_MAP", "True").env("LITELLM_LOG", "ERROR");
                // Without keys, as all peers run.
                command.env("LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY", "true");
                (listen(command, place, address).await?, CHAT, upstream::MODEL)
            }
        };
        // Clients send a key even where nobody looks at it.
        headers.push(("authorization".to_owned(), "Bearer sk-bench".to_owned()));
        let target = Target { address: process.address, path: path.to_owned(), headers, model: model.to_owned() };
        Ok((process, target))
    }
}

async fn listen(mut command: Command, place: &Place<'_>, address: SocketAddr) -> anyhow::Result<Process> {
    command.current_dir(place.folder);
    Process::listening(command, address, place.folder).await
}

/// Writes a configuration that points at the upstream.
async fn configure(place: &Place<'_>, name: &str, template: &str, own: SocketAddr) -> anyhow::Result<PathBuf> {
    let text = template.replace("{upstream}", &place.upstream.to_string()).replace("{port}", &own.port().to_string());
    let file = place.folder.join(name);
    fs::write(&file, text).await.with_context(|| format!("write {}", file.display()))?;
    Ok(file)
}
