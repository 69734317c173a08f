//! Asks DNS whether somebody governs a domain: they publish a text that we gave them.

use std::{net::SocketAddr, sync::OnceLock, time::Duration};

use hickory_resolver::{
    Resolver, TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig},
    net::{NetError, runtime::TokioRuntimeProvider},
    proto::rr::RData,
};

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(3);

pub(crate) struct Dns {
    /// None: the machine's own.
    server: Option<SocketAddr>,
    /// Made at the first question: it reads the machine's settings.
    resolver: OnceLock<TokioResolver>,
}

impl Dns {
    pub const fn new(server: Option<SocketAddr>) -> Self {
        Self { server, resolver: OnceLock::new() }
    }

    fn resolver(&self) -> Result<&TokioResolver, NetError> {
        if let Some(resolver) = self.resolver.get() {
            return Ok(resolver);
        }
        let mut builder = match self.server {
            None => Resolver::builder_tokio()?,
            Some(server) => {
                let (mut udp, mut tcp) = (ConnectionConfig::udp(), ConnectionConfig::tcp());
                (udp.port, tcp.port) = (server.port(), server.port());
                let server = NameServerConfig::new(server.ip(), true, vec![udp, tcp]);
                let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
                Resolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
        };
        let options = builder.options_mut();
        options.timeout = PATIENCE;
        options.attempts = 2;
        // Whoever has just published a record asks at once.
        options.cache_size = 0;
        let resolver = builder.build()?;
        Ok(self.resolver.get_or_init(|| resolver))
    }

    /// The texts (TXT records) of a name; none if there are none.
    pub async fn texts(&self, name: &str) -> Result<Vec<String>, NetError> {
        // The dot at the end keeps the machine's search list out.
        match self.resolver()?.txt_lookup(format!("{name}.")).await {
            Ok(found) => Ok(found.answers().iter().filter_map(|record| text(&record.data)).collect()),
            Err(error) if error.is_no_records_found() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

/// The parts of a text belong together (RFC 7208, 3.3).
fn text(data: &RData) -> Option<String> {
    let RData::TXT(text) = data else { return None };
    String::from_utf8(text.txt_data.concat()).ok()
}
